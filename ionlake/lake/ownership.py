"""Which machine writes to a lake in an object store, and how another one takes over.

A store has no locks, and a ledger cannot live there. The ledger stays with its writer, and two
things in the store tell of it: ``lake.json`` names the writer's machine, folder and mark, and
``ledger-backup.sqlite`` is the ledger as of the last publication. A ledger holds the marks of all
writers it has been with. One that holds the mark of ``lake.json`` may go on; on another machine
than the one that is named there, it is a copy, and going on from it makes a new mark, which shuts
out the ledger that was left behind.

None of this concerns a lake in a folder, whose lock and ledger lie in the folder.
"""

import secrets
import socket
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from ionlake.errors import LakeError
from ionlake.lake import files, objects
from ionlake.lake.layout import LakeLayout
from ionlake.lake.ledger import Ledger
from ionlake.lake.location import is_remote
from ionlake.lake.marker import change_description, read_description

_WRITER: Final = "writer"


def require_ledger(layout: LakeLayout) -> None:
    """Refuse to begin an empty ledger for a lake in a store that has one elsewhere.

    Args:
        layout: Paths of the lake, locked for writing.

    Raises:
        LakeError: The ledger is elsewhere; the message says where and what to do.
    """
    if not is_remote(layout.root) or layout.ledger.exists():
        return
    writer = read_description(layout).get(_WRITER)
    if writer is not None:
        raise LakeError(
            f"{_whose(layout, writer)}, and there is no ledger of it in {layout.home}: write from"
            f" there, or, if that machine is lost, {_take_over(layout)}"
        )
    if files.names_in(layout.releases):
        raise LakeError(
            f"the lake {layout.root} has releases, but there is no ledger of it in {layout.home}:"
            f" copy the ledger.sqlite of the lake it was copied from to {layout.ledger}"
        )


def claim(layout: LakeLayout, ledger: Ledger) -> None:
    """Be the writer that ``lake.json`` names, or take over from it with a copy of its ledger.

    Args:
        layout: Paths of the lake, locked for writing.
        ledger: Its ledger, open.

    Raises:
        LakeError: The lake has gone on without this ledger, or the store refuses.
    """
    if not is_remote(layout.root):
        return
    writer = read_description(layout).get(_WRITER)
    if writer is not None:
        _require_mark(layout, ledger, writer)
        if _is_here(layout, writer) and ledger.claims()[-1] == writer["mark"]:
            return
        _require_all_published(layout, ledger, writer)
    mark = secrets.token_hex(8)
    ledger.add_claim(mark)
    back_up(layout, ledger)
    here = {"mark": mark, "host": socket.gethostname(), "home": str(layout.home)}
    since = datetime.now(UTC).isoformat(timespec="seconds")
    change_description(layout, {_WRITER: here | {"since": since}})


def require_claim(layout: LakeLayout, ledger: Ledger) -> None:
    """Refuse to publish to a lake in a store that another machine has taken over meanwhile.

    Raises:
        LakeError: Another machine has; what was committed stays in this ledger, unpublished.
    """
    if is_remote(layout.root):
        _require_mark(layout, ledger, read_description(layout).get(_WRITER) or {})


def back_up(layout: LakeLayout, ledger: Ledger) -> None:
    """Put a copy of the ledger into the store, in place of the one before.

    Args:
        layout: Paths of the lake.
        ledger: Its ledger; that of a lake in a folder is not copied.

    Raises:
        LakeError: It cannot be copied, or the store does not answer or refuses.
    """
    if not is_remote(layout.root):
        return
    with TemporaryDirectory(dir=layout.home, prefix=".ledger-") as temporary:
        copy = Path(temporary) / layout.ledger.name
        ledger.copy_to(copy)
        objects.upload(copy, layout.ledger_backup)


@contextmanager
def read_ledger(layout: LakeLayout) -> Iterator[Ledger]:
    """The ledger of a lake, open to look at it, also while a writer is at work.

    Away from the writer of a lake in a store it is the copy of the last publication.

    Raises:
        LakeError: There is none, or it cannot be opened.
    """
    if is_with_writer(layout):
        with Ledger.open_read_only(layout.ledger) as ledger:
            yield ledger
        return
    with TemporaryDirectory(prefix="ionlake-ledger-") as temporary:
        copy = Path(temporary) / layout.ledger.name
        try:
            objects.download(layout.ledger_backup, copy)
        except FileNotFoundError:
            raise LakeError(
                f"there is no ledger in {layout.home} and no copy of one at {layout.ledger_backup}:"
                " nothing was written to this lake yet, or it was copied without its ledger"
            ) from None
        with Ledger.open_read_only(copy) as ledger:
            yield ledger


def is_with_writer(layout: LakeLayout) -> bool:
    """Whether the ledger that counts is the one at hand."""
    if not is_remote(layout.root):
        return True
    if not layout.ledger.exists():
        return False
    writer = read_description(layout).get(_WRITER)
    with closing(Ledger.open_read_only(layout.ledger)) as ledger:
        return writer is None or writer["mark"] in ledger.claims()


def _require_all_published(layout: LakeLayout, ledger: Ledger, writer: Mapping[str, Any]) -> None:
    """Refuse a copy that is older than the current release."""
    from ionlake.lake.release import current_release  # which asks this module before it publishes

    current = current_release(layout)
    if current is not None and current.ledger_revision > ledger.revision:
        raise _left_behind(layout, writer)


def _require_mark(layout: LakeLayout, ledger: Ledger, writer: Mapping[str, Any]) -> None:
    if writer.get("mark") in ledger.claims():
        return
    raise _left_behind(layout, writer)


def _left_behind(layout: LakeLayout, writer: Mapping[str, Any]) -> LakeError:
    return LakeError(
        f"{_whose(layout, writer)}: the ledger in {layout.home} was left behind; write from there,"
        f" or move that folder aside and {_take_over(layout)}"
    )


def _is_here(layout: LakeLayout, writer: Mapping[str, Any]) -> bool:
    return (writer["host"], writer["home"]) == (socket.gethostname(), str(layout.home))


def _whose(layout: LakeLayout, writer: Mapping[str, Any]) -> str:
    return (
        f"the lake {layout.root} is written from {writer.get('host')}, where its ledger lies in"
        f" {writer.get('home')}, since {writer.get('since')}"
    )


def _take_over(layout: LakeLayout) -> str:
    return f"take over: download {layout.ledger_backup} to {layout.ledger}"
