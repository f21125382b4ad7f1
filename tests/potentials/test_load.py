"""From a name to a potential, and clear words where there is none."""

import numpy as np
import pytest
import torch

from ionlake.errors import PotentialError, SettingsError
from ionlake.potentials import load
from ionlake.potentials.analytic import CosineLandscape
from ionlake.potentials.load import load_potential, resolve_device


def test_a_loaded_potential_is_passed_through():
    landscape = CosineLandscape(mobile=11)
    assert load_potential(landscape) is landscape
    assert load_potential("analytic") == CosineLandscape()


@pytest.mark.parametrize("thing", [None, 7, CosineLandscape, np.zeros(3), ["sevennet-0"]])
def test_other_things_are_no_potentials(thing):
    with pytest.raises(PotentialError, match=r"as potential; expected a name or an object"):
        load_potential(thing)


@pytest.mark.parametrize("name", ["7net-9", "", "@PBE", "no/such/file.pth"])
def test_unknown_names(name):
    with pytest.raises(PotentialError, match="no potential named") as caught:
        load_potential(name, device="cpu")
    assert "use one of sevennet-0" in str(caught.value)


def test_files_that_are_no_checkpoints(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("not a checkpoint\n")
    with pytest.raises(PotentialError, match=r"cannot read notes\.txt as a SevenNet checkpoint"):
        load_potential(str(path), device="cpu")
    torch.save({"weights": torch.zeros(3)}, tmp_path / "other.pth")
    with pytest.raises(PotentialError, match=r"cannot read other\.pth") as caught:
        load_potential(str(tmp_path / "other.pth"), device="cpu")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("7net-mf-0@PBE", ("7net-mf-0", "PBE")),
        ("7net-mf-0", ("7net-mf-0", None)),
        ("7net-mf-0@", ("7net-mf-0", None)),
        ("runs@home/best.pth@R2SCAN", ("runs@home/best.pth", "R2SCAN")),
    ],
)
def test_the_modality_follows_the_last_at_sign(given, expected):
    assert load.split_modality(given) == expected


def test_a_path_may_hold_an_at_sign(tmp_path):
    path = tmp_path / "me@home.pth"
    path.touch()
    assert load.split_modality(str(path)) == (str(path), None)
    assert load.split_modality(f"{path}@PBE") == (str(path), "PBE")


@pytest.mark.parametrize("dtype", ["float16", "double", ""])
@pytest.mark.parametrize("name", ["sevennet-0", "analytic"])
def test_unknown_precision(name, dtype):
    with pytest.raises(SettingsError, match="expected float32 or float64"):
        load_potential(name, dtype=dtype)


@pytest.mark.parametrize("device", ["gpu", "CUDA", "cuda:", "cuda:x", "cuda:-1", "cpu:0", "mps"])
def test_unknown_devices(device):
    with pytest.raises(SettingsError, match="expected auto, cpu, cuda or cuda:N"):
        load_potential("analytic", device=device)


def test_without_a_gpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert resolve_device("auto") == "cpu"
    assert resolve_device("cpu") == "cpu"
    for device in ("cuda", "cuda:0"):
        with pytest.raises(SettingsError, match=r"no GPU is visible: use device cpu or auto"):
            load_potential("sevennet-0", device=device)


def test_with_two_gpus(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert resolve_device("auto") == "cuda"
    for device in ("cpu", "cuda", "cuda:0", "cuda:1"):
        assert resolve_device(device) == device
    with pytest.raises(SettingsError, match="2 GPUs are visible, numbered from 0"):
        resolve_device("cuda:2")


def test_the_device_reaches_the_network(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    calls = []
    monkeypatch.setattr(load, "load_sevennet", lambda *args, **options: calls.append(options))
    load_potential("7net-mf-0@PBE", device="auto", dtype="float64")
    load_potential("sevennet-0", device="cuda:1")
    assert calls == [
        {"modality": "PBE", "device": "cuda", "dtype": "float64"},
        {"modality": None, "device": "cuda:1", "dtype": "float32"},
    ]
