"""Opening a lake to write to it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

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
        path: Folder of the lake.
        create: Make the lake where there is nothing yet.

    Raises:
        LakeError: No lake, not a lake, another format, or another writer (`LakeLockedError`).
    """
    layout = find_or_create_lake(path) if create else find_lake(path)
    require_current_format(layout)
    with writer_lock(layout), Ledger.open(layout.ledger) as ledger:
        yield LakeWriter(layout, ledger)
