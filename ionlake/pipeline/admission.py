"""Whether workers compute what the run that sends them work would compute.

Workers that were started by hand, or by jobs that waited for long, may have another ionlake or
another checkpoint than the run. Those that are there are asked before anything is sent; every piece
of work says again what it expects, so that one that joins later is found at its first piece. A
worker that differs ends the run: nothing of it is committed, and no material is blamed.
"""

import socket
from collections.abc import Mapping
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, Final

from ionlake.algorithms import algorithm_versions
from ionlake.errors import ClusterError
from ionlake.potentials.interface import PotentialCard

PATIENCE_S: Final = 20.0
"""So long the workers that are there may take to answer."""


class WorkerRefusedError(ClusterError):
    """A worker that has another ionlake or another potential than the run."""


def require_versions(expected: Mapping[str, str]) -> None:
    """Refuse to work, on a worker, for a run of other versions.

    Args:
        expected: Those of the run.

    Raises:
        WorkerRefusedError: Naming this machine and both versions.
    """
    problem = difference(expected, algorithm_versions())
    if problem is not None:
        raise WorkerRefusedError(_refusal(socket.gethostname(), problem))


def require_potential(card: PotentialCard, expected: str) -> None:
    """Refuse to work, on a worker, with another potential than that of the run.

    Args:
        card: The potential that was loaded here.
        expected: Identity of the run's.

    Raises:
        WorkerRefusedError: Naming this machine and both identities.
    """
    if card.potential_id != expected:
        raise WorkerRefusedError(
            f"the worker on {socket.gethostname()} has another potential {card.name} than this"
            f" run: its identity is {card.potential_id} (checkpoint {card.checkpoint_sha256}),"
            f" expected {expected}: give all workers the same checkpoint and the same sevenn, and"
            " run again; what was committed stands"
        )


def require_workers(client: Any) -> None:
    """Ask all workers that are there for their versions.

    Where one does not answer, all are asked again by their first piece of work.

    Args:
        client: A Dask client.

    Raises:
        WorkerRefusedError: One of them differs, or cannot import this ionlake.
    """
    here = algorithm_versions()
    for address, answer in _answers(client).items():
        if isinstance(answer, ImportError | AttributeError):
            raise WorkerRefusedError(no_such_ionlake(address, answer))
        if not isinstance(answer, BaseException):
            host, found = answer
            problem = difference(here, found)
            if problem is not None:
                raise WorkerRefusedError(_refusal(f"{host} ({address})", problem))


def versions_here() -> tuple[str, dict[str, str]]:
    """The name of this machine and the versions that it has."""
    return socket.gethostname(), algorithm_versions()


def difference(expected: Mapping[str, str], found: Mapping[str, str]) -> str | None:
    """The first version in which a worker differs from the run, None where it does not."""
    for name in (*expected, *found):
        ours, theirs = expected.get(name), found.get(name)
        if ours != theirs:
            of = "" if name == "ionlake" else "ionlake's version of "
            return f"{of}{name} {theirs or 'unknown'}, this run has {ours or 'none'}"
    return None


def no_such_ionlake(where: str, error: BaseException) -> str:
    """What to say of a worker that cannot even find what it shall do."""
    return (
        f"the worker {where} cannot import what this run sends it ({error}): install ionlake"
        f" {algorithm_versions()['ionlake']} there and run again; what was committed stands"
    )


def _answers(client: Any) -> Mapping[str, Any]:
    """What each worker says, or the error it gave; nothing if one of them is silent for long."""
    answers: SimpleQueue[Mapping[str, Any]] = SimpleQueue()

    def ask() -> None:
        with suppress(OSError):
            answers.put(client.run(versions_here, on_error="return"))

    Thread(target=ask, daemon=True).start()
    with suppress(Empty):
        return answers.get(timeout=PATIENCE_S)
    return {}


def _refusal(who: str, problem: str) -> str:
    return (
        f"the worker on {who} has {problem}: install the same ionlake everywhere, start the worker"
        " anew and run again; what was committed stands"
    )
