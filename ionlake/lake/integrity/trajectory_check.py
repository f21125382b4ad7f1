"""Whether stored trajectories are those that their rows describe."""

from collections.abc import Iterable
from dataclasses import replace

from ionlake.errors import LakeError
from ionlake.lake import files
from ionlake.lake.digests import folder_sha256
from ionlake.lake.integrity.findings import Finding, Kind, finding
from ionlake.lake.layout import LakeLayout
from ionlake.lake.rows import Row
from ionlake.lake.trajectories import POSITION, open_trajectory


def trajectory_findings(layout: LakeLayout, rows: Iterable[Row], *, deep: bool) -> list[Finding]:
    """What is wrong with the trajectories that rows name.

    Args:
        layout: Paths of the lake.
        rows: Rows of ``md_runs`` of the ledger.
        deep: Compare every byte with the digest, instead of opening only.
    """
    found = []
    for row in rows:
        problem = _problem(layout, row, deep=deep)
        if problem is not None:
            about = finding(*problem, row["trajectory_path"])
            found.append(replace(about, scan_id=row["md_run_id"], in_ledger=True))
    return found


def _problem(layout: LakeLayout, row: Row, *, deep: bool) -> tuple[Kind, str] | None:
    try:
        folder = layout.resolve(row["trajectory_path"])
        if not files.names_in(folder):
            return Kind.TRAJECTORY_LOST, "the trajectory is gone"
        if deep and folder_sha256(folder) != row["trajectory_sha256"]:
            return Kind.TRAJECTORY_DAMAGED, "its files are not those that were written (SHA-256)"
        shape = open_trajectory(folder)[POSITION].shape
    except (LakeError, OSError, KeyError, ValueError) as error:
        return Kind.TRAJECTORY_DAMAGED, f"it cannot be read ({type(error).__name__}: {error})"
    expected = (row["n_frames"], row["n_atoms"], 3)
    if shape == expected:
        return None
    return Kind.TRAJECTORY_DAMAGED, f"its positions have shape {shape}, the row says {expected}"
