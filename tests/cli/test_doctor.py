"""The check-up of a machine: what it advises, and what it says is wrong."""

import json
from dataclasses import replace

import pytest

from ionlake.pipeline.doctor import checkup
from ionlake.pipeline.doctor.checkup import Gpu, advise, examine
from ionlake.pipeline.doctor.trial import Trial, try_device

GPU = Gpu("cuda:0", "A GPU", 80.0, 79.0)


def test_gpus_are_advised_where_they_are_faster_than_all_cores():
    trials = [Trial("cpu", "p", 100.0), Trial("cuda:0", "g", 900.0), Trial("cuda:1", "g", 900.0)]
    assert advise(trials, 16) == ({"cluster": {"kind": "cuda", "workers": 2}}, 1800.0)
    assert advise(trials, 32) == ({"cluster": {"kind": "local", "workers": 32}}, 3200.0)
    broken = [*trials[:2], Trial("cuda:1", "g", 900.0, problem="off by 1 eV")]
    assert advise(broken, 4)[0] == {"cluster": {"kind": "cuda", "workers": 1}}
    assert advise([Trial("cpu", "p", problem="no weights")], 4)[1] is None


def test_a_machine_without_gpu_has_the_figures_of_its_processor(monkeypatch):
    monkeypatch.setattr(checkup, "has_driver", lambda: False)
    found = examine(0.05, "analytic")
    (trial,) = found.trials
    assert (trial.device, trial.error_ev, found.gpus) == ("cpu", 0.0, ())
    assert trial.points_per_s > 0
    assert found.recipe == {"cluster": {"kind": "local", "workers": found.cores}}
    assert found.points_per_s == pytest.approx(found.cores * trial.points_per_s)
    assert found.problems == ()


def test_a_gpu_that_does_not_work_is_said_to_be_wrong(monkeypatch):
    monkeypatch.setattr(checkup, "find_gpus", lambda: (GPU,))
    found = examine(0.05, "analytic")
    assert found.problems == (
        "cuda:0: SettingsError: device is 'cuda:0' but no GPU is visible: use device cpu or auto",
    )
    assert found.recipe["cluster"]["kind"] == "local"


def test_each_gpu_is_compared_with_a_core_for_plans(command, monkeypatch):
    rates = {"cpu": 100.0, "cuda:0": 5000.0, "cuda:1": None}

    def tried(device, name, *_):
        return Trial(device, name, rates[device], problem=None if rates[device] else "broken")

    gpus = (GPU, replace(GPU, device="cuda:1"))
    monkeypatch.setattr(checkup, "find_gpus", lambda: gpus)
    monkeypatch.setattr(checkup, "try_device", tried)
    assert examine(0.05).cores_per_gpu == [50.0, None]
    status, out, _ = command("doctor", "--seconds", "0.1")
    assert status == 1
    assert "cuda:0 does the work of 50 cores: ionlake plan --cores-per-gpu 50" in out
    assert "cuda:1 does" not in out


def test_a_driver_without_a_gpu_for_torch_is_said(monkeypatch):
    monkeypatch.setattr(checkup, "has_driver", lambda: True)
    assert "torch sees none" in examine(0.05, "analytic").problems[0]


@pytest.mark.model
def test_the_potential_is_tried_and_compared():
    trial = try_device("cpu", "a processor", 0.1)
    assert trial.problem is None
    assert 0 < trial.error_ev < 1e-4
    assert trial.preparing_s > 0


def test_the_command_tells_people_and_machines(command, monkeypatch):
    monkeypatch.setattr(checkup, "has_driver", lambda: False)
    status, out, said = command("doctor", "--seconds", "0.1", "--potential", "analytic")
    assert (status, "trying cpu" in said) == (0, True)
    assert "no GPU: scans run on the processor" in out
    assert "cluster: {kind: local, workers:" in out
    status, out, _ = command("doctor", "--seconds", "0.1", "--potential", "analytic", "--json")
    assert json.loads(out)["trials"][0]["device"] == "cpu"
