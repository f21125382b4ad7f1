"""Fill in the migration paths of scans that an ionlake without them has described."""

from dataclasses import dataclass
from pathlib import Path

from ionlake.catalog.publish import publish
from ionlake.descriptors.pathways import PATHWAY_VERSION
from ionlake.errors import LakeError
from ionlake.lake import schema
from ionlake.lake.grids import open_grid
from ionlake.lake.progress import Progress, followed, unfollowed
from ionlake.lake.writer import LakeWriter, open_writer
from ionlake.pipeline.rows import Row, pathway_rows


@dataclass(frozen=True)
class Traced:
    """What was filled in.

    Attributes:
        n_scans: Scans whose paths were found.
        unreadable: What is wrong with the grids of the others.
    """

    n_scans: int
    unreadable: tuple[str, ...]


def trace_lake(lake: str | Path, progress: Progress = unfollowed) -> Traced:
    """Find the paths that table ``pathways`` lacks in the stored grids, and publish.

    Descriptors stay as they are and no energy is evaluated. What was found before an interruption
    stands.

    Args:
        lake: Folder of the lake, or its URL.
        progress: Who follows the work.

    Raises:
        LakeError: No lake, another format, another writer, or a ledger that cannot be written.
    """
    unreadable = []
    with open_writer(lake) as writer:
        missing = writer.ledger.untraced_descriptors(PATHWAY_VERSION)
        try:
            for descriptors, scan in followed(progress, "scans traced", missing):
                try:
                    rows = _found(writer, descriptors, scan)
                except LakeError as error:
                    unreadable.append(str(error))
                else:
                    writer.ledger.put_pathways(descriptors, rows)
        finally:
            publish(writer.layout, writer.ledger)
    return Traced(len(missing) - len(unreadable), tuple(unreadable))


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
