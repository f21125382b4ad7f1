"""One writer at a time."""

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

import filelock

from ionlake.errors import LakeError
from ionlake.lake.atomic import replace_text
from ionlake.lake.layout import LakeLayout


@dataclass(frozen=True)
class LockHolder:
    """The process that writes to a lake.

    Attributes:
        pid: Its process id.
        host: Name of its machine.
        started_at: When it took the lock, ISO time, UTC.
    """

    pid: int
    host: str
    started_at: str


class LakeLockedError(LakeError):
    """Another process writes to the lake.

    Attributes:
        holder: That process, None where it left no note of itself.
    """

    def __init__(self, message: str, holder: LockHolder | None) -> None:
        super().__init__(message)
        self.holder = holder


@contextmanager
def writer_lock(layout: LakeLayout) -> Iterator[LockHolder]:
    """Be the one writer of a lake for the length of the block; readers never ask.

    The operating system gives the lock back when a process ends, however it ends, so the lock of
    a dead process never blocks. It does not wait.

    Yields:
        This process as the others see it.

    Raises:
        LakeLockedError: Another writer is at work; the message says which.
        LakeError: The folder cannot be written to.
    """
    lock = filelock.FileLock(layout.lock_file, timeout=0, thread_local=False)
    try:
        lock.acquire()
    except filelock.Timeout:
        raise locked_error(layout) from None
    except OSError as error:
        raise LakeError(
            f"the lake {layout.root} cannot be locked for writing ({error.strerror}):"
            " check the permissions of the folder"
        ) from error
    try:
        holder = LockHolder(
            os.getpid(), socket.gethostname(), datetime.now(UTC).isoformat(timespec="seconds")
        )
        replace_text(layout.holder_file, json.dumps(asdict(holder)) + "\n")
        yield holder
    finally:
        layout.holder_file.unlink(missing_ok=True)
        lock.release()


def read_holder(layout: LakeLayout) -> LockHolder | None:
    """Who noted itself as the writer; a killed writer's note stays until the next writer's."""
    try:
        return LockHolder(**json.loads(layout.holder_file.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def active_holder(layout: LakeLayout) -> LockHolder | None:
    """The writer at work, as far as its note tells; a dead process on this machine is none."""
    holder = read_holder(layout)
    if holder is None or holder.host != socket.gethostname():
        return holder
    try:
        os.kill(holder.pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        pass
    return holder


def locked_error(layout: LakeLayout) -> LakeLockedError:
    """What to say of a lake that another process writes to."""
    holder = active_holder(layout)
    who = (
        "another process"
        if holder is None
        else f"process {holder.pid} on {holder.host}, since {holder.started_at}"
    )
    return LakeLockedError(
        f"the lake {layout.root} is being written by {who}: wait until it ends, or end it; reading"
        " needs no lock",
        holder,
    )
