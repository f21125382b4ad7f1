"""Workers that have another ionlake or another checkpoint than the run."""

import socket
import threading
from collections import deque
from types import SimpleNamespace
from unittest.mock import Mock

import pytest

import ionlake
from ionlake.algorithms import algorithm_versions
from ionlake.errors import ClusterError
from ionlake.lake import schema
from ionlake.lake.ledger import Ledger
from ionlake.pipeline import admission, steps
from ionlake.pipeline.admission import WorkerRefusedError, difference
from ionlake.pipeline.md.dispatch import MdDispatcher
from ionlake.pipeline.run import run_recipe
from ionlake.potentials.analytic import CosineLandscape

OURS = algorithm_versions()
OLD = OURS | {"ionlake": "0.0.9"}
HOST = socket.gethostname()


@pytest.fixture
def old_workers(monkeypatch):
    """Whoever is not this thread, that of the run, has an older ionlake."""
    here = threading.current_thread()
    monkeypatch.setattr(
        admission,
        "algorithm_versions",
        lambda: OURS if threading.current_thread() is here else OLD,
    )


def failures_of(lake):
    with Ledger.open_read_only(lake / "ledger.sqlite") as ledger:
        return {row["stage"] for row in ledger.rows(schema.FAILURES)}


def test_workers_that_are_there_are_asked_before_anything_is_sent(recipe, lake, old_workers):
    words = rf"worker on {HOST} \(.*\) has ionlake 0.0.9, this run has {ionlake.__version__}"
    with pytest.raises(WorkerRefusedError, match=words):
        run_recipe(recipe, lake)
    assert failures_of(lake) == {"read", "check"}


def test_a_worker_that_joins_later_is_refused_at_its_first_piece(
    recipe, lake, old_workers, monkeypatch, all_large
):
    """As if there had been nobody to ask."""
    monkeypatch.setattr("ionlake.pipeline.cluster.require_workers", lambda _client: None)
    words = f"worker on {HOST} has ionlake 0.0.9, this run has {ionlake.__version__}"
    with pytest.raises(WorkerRefusedError, match=words):
        run_recipe(recipe, lake)
    assert failures_of(lake) == {"read", "check"}
    with Ledger.open_read_only(lake / "ledger.sqlite") as ledger:
        assert ledger.finished_scans() == set()
        assert [run["status"] for run in ledger.rows(schema.RUNS)] == ["failed"]


def test_a_worker_with_another_checkpoint_is_refused(recipe, lake, monkeypatch):
    other = CosineLandscape(amplitudes_ev=(0.1, 0.1, 0.1))
    monkeypatch.setattr(steps, "worker_potential", lambda _settings: other)
    words = rf"worker on {HOST} has another potential .* {other.card.potential_id} .*checkpoint"
    with pytest.raises(WorkerRefusedError, match=words):
        run_recipe(recipe, lake)
    assert failures_of(lake) == {"read", "check"}


@pytest.mark.parametrize("error", [ModuleNotFoundError("No module named 'ionlake'"), OSError()])
def test_a_worker_without_ionlake_is_named_and_a_silent_one_waits_for_its_first_piece(error):
    client = SimpleNamespace(run=lambda _function, on_error: {"tcp://far:1": error})
    if isinstance(error, OSError):
        admission.require_workers(client)
        return
    with pytest.raises(ClusterError, match=r"tcp://far:1 cannot import.*No module named 'ionlake'"):
        admission.require_workers(client)


def test_workers_that_never_answer_do_not_hold_up_a_run(monkeypatch):
    silent = threading.Event()
    monkeypatch.setattr(admission, "PATIENCE_S", 0.05)
    client = SimpleNamespace(run=lambda *_args, **_options: silent.wait(60))
    admission.require_workers(client)
    silent.set()


def test_a_difference_says_what_differs():
    assert difference(OURS, OURS) is None
    assert difference(OURS, OURS | {"scans": "0"}).startswith("ionlake's version of scans 0, this")
    assert "scans unknown" in difference(OURS, {k: v for k, v in OURS.items() if k != "scans"})
    assert "pressure 1" in difference(OURS, OURS | {"pressure": "1"})


def test_runs_of_dynamics_say_what_they_expect_too():
    sent = []

    def submit(function, *args, **_options):
        sent.append((function.func, function.args, args))
        return Mock()

    workers = {"workers": {"tcp://far:1": None}}
    client = SimpleNamespace(scheduler_info=lambda n_workers: workers, submit=submit)
    run = SimpleNamespace(
        next_step=lambda: SimpleNamespace(function=print, args=("work",)),
        task=SimpleNamespace(label="label"),
    )
    MdDispatcher(client, None, None, None)._fill(deque(), deque([run]), float("inf"))
    assert sent == [(steps.admitted, (OURS,), (print, "work"))]
