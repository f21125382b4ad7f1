"""Opening a lake to write to it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ionlake.lake import ownership
from ionlake.lake.files import make_folder
from ionlake.lake.layout import LakeLayout
from ionlake.lake.ledger import Ledger
from ionlake.lake.lock import writer_lock
from ionlake.lake.marker import find_lake, find_or_create_lake, require_current_format


@dataclass(frozen=True)
class LakeWriter:
    """A lake that this process alone may write to.

    Attributes:
        layout: Its paths.
        ledger: Its ledger, open for writing.
    """

    layout: LakeLayout
    ledger: Ledger


@contextmanager
def open_writer(path: str | Path, *, create: bool = False) -> Iterator[LakeWriter]:
    """Be the writer of a lake for the length of the block.

    Args:
        path: Folder of the lake, or its URL.
        create: Make the lake where there is nothing yet.

    Raises:
        LakeError: No lake, not a lake, another format, another writer (`LakeLockedError`), or a
            store that is written from another machine.
    """
    layout = find_or_create_lake(path) if create else find_lake(path)
    require_current_format(layout)
    make_folder(layout.home)
    with writer_lock(layout):
        ownership.require_ledger(layout)
        with Ledger.open(layout.ledger) as ledger:
            ownership.claim(layout, ledger)
            yield LakeWriter(layout, ledger)
