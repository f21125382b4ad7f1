"""Fill in what an older ionlake left out of described scans: paths, and statistics of chunks."""

from dataclasses import dataclass
from pathlib import Path

from ionlake.catalog.publish import publish
from ionlake.descriptors.pathways import PATHWAY_VERSION
from ionlake.errors import LakeError
from ionlake.lake import schema
from ionlake.lake.derived import Row, chunk_rows, pathway_rows
from ionlake.lake.grids import open_grid
from ionlake.lake.progress import Progress, followed, unfollowed
from ionlake.lake.writer import LakeWriter, open_writer


@dataclass(frozen=True)
class Traced:
    """What was filled in.

    Attributes:
        n_scans: Scans whose paths were found.
        n_grids: Grids of whose chunks the statistics were taken.
        unreadable: What is wrong with the grids of the others.
    """

    n_scans: int
    n_grids: int
    unreadable: tuple[str, ...]


def trace_lake(lake: str | Path, progress: Progress = unfollowed) -> Traced:
    """Find in the stored grids what tables ``pathways`` and ``grid_chunks`` lack, and publish.

    Descriptors stay as they are and no energy is evaluated. What was found before an interruption
    stands.

    Args:
        lake: Folder of the lake, or its URL.
        progress: Who follows the work.

    Raises:
        LakeError: No lake, another format, another writer, or a ledger that cannot be written.
    """
    with open_writer(lake) as writer:
        try:
            n_scans, untraced = _fill_paths(writer, progress)
            n_grids, uncounted = _fill_chunks(writer, progress)
        finally:
            publish(writer.layout, writer.ledger)
    return Traced(n_scans, n_grids, tuple(dict.fromkeys([*untraced, *uncounted])))


def _fill_paths(writer: LakeWriter, progress: Progress) -> tuple[int, list[str]]:
    """How many scans got their paths, and what is wrong with the others."""
    unreadable = []
    missing = writer.ledger.untraced_descriptors(PATHWAY_VERSION)
    for descriptors, scan in followed(progress, "scans traced", missing):
        try:
            rows = _found(writer, descriptors, scan)
        except LakeError as error:
            unreadable.append(str(error))
        else:
            writer.ledger.put_pathways(descriptors, rows)
    return len(missing) - len(unreadable), unreadable


def _fill_chunks(writer: LakeWriter, progress: Progress) -> tuple[int, list[str]]:
    """How many grids got the statistics of their chunks, and what is wrong with the others."""
    unreadable = []
    missing = writer.ledger.scans_without_chunks()
    for scan_id in followed(progress, "grids looked through", missing):
        scan = writer.ledger.row(schema.SCANS, scan_id)
        try:
            grid = open_grid(writer.layout.resolve(scan["grid_path"])).load() if scan else None
        except LakeError as error:
            unreadable.append(str(error))
        else:
            if grid is not None:
                writer.ledger.put_grid_chunks(scan_id, chunk_rows(grid))
    return len(missing) - len(unreadable), unreadable


def _found(writer: LakeWriter, descriptor_id: str, scan_id: str) -> list[Row]:
    """Rows of the paths of one scan; their run is the one that described it."""
    ledger = writer.ledger
    scan = ledger.row(schema.SCANS, scan_id)
    described = ledger.row(schema.DESCRIPTOR_VALUES, descriptor_id)
    if scan is None or described is None:
        raise LakeError(f"scan {scan_id} is not in the ledger: run ionlake verify")
    grid = open_grid(writer.layout.resolve(scan["grid_path"])).load()
    ions = list(ledger.rows(schema.MOBILE_IONS, descriptor_id=descriptor_id))
    rows = pathway_rows(grid, ions, described["run_id"])
    return [row | {"descriptor_id": descriptor_id} for row in rows]
