"""Repairing and pruning a lake together with its catalog."""

from dataclasses import dataclass
from pathlib import Path

from ionlake.catalog.publish import refresh_catalog
from ionlake.lake.integrity.findings import Report
from ionlake.lake.integrity.repair import Deed, plan_repair, release_files, repair_lake
from ionlake.lake.integrity.verify import Depth, verify_lake
from ionlake.lake.progress import Progress, unfollowed
from ionlake.lake.prune import Pruning, plan_pruning, prune_lake
from ionlake.lake.writer import open_writer


@dataclass(frozen=True)
class Repair:
    """What a repair found and did.

    Attributes:
        report: What was found before.
        deeds: What was done, or would be.
        trash: Folder of what was moved, relative to the lake; None if nothing was.
    """

    report: Report
    deeds: tuple[Deed, ...]
    trash: str | None = None


def repair(
    path: str | Path,
    depth: Depth | None = None,
    *,
    dry_run: bool = False,
    progress: Progress = unfollowed,
) -> Repair:
    """Check a lake as its writer and mend what can be mended; nothing is deleted.

    Args:
        path: Folder of the lake, or its URL.
        depth: How closely to look.
        dry_run: Change nothing, say what would be done.
        progress: Who follows the check.

    Raises:
        LakeError: No lake, another format, another writer, or a file that cannot be written.
    """
    with open_writer(path) as writer:
        layout = writer.layout
        report = verify_lake(layout, depth, progress=progress, writing=True)
        deeds = plan_repair(report.findings, release_files(layout))
        if dry_run:
            return Repair(report, deeds)
        trash = repair_lake(writer, deeds) if deeds else None
        refresh_catalog(layout)
    return Repair(report, deeds, trash)


def prune(path: str | Path, keep: int, *, dry_run: bool = False) -> Pruning:
    """Drop old releases, what neither the ledger nor a kept release names, and replaced summaries.

    Args:
        path: Folder of the lake, or its URL.
        keep: How many of the newest releases stay; the current one always does.
        dry_run: Drop nothing, say what would be dropped.

    Raises:
        LakeError: No lake, another format, another writer, or a kept release that is damaged.
        SettingsError: None would stay.
    """
    with open_writer(path) as writer:
        pruning = plan_pruning(writer, keep)
        if not dry_run:
            prune_lake(writer, pruning)
            refresh_catalog(writer.layout)
    return pruning
