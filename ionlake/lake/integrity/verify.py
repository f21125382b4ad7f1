"""Checking a whole lake: rows against files, and as deep as asked for."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from ionlake.descriptors.identity import descriptor_id
from ionlake.lake import files, schema
from ionlake.lake.grids import open_grid
from ionlake.lake.integrity.findings import Finding, Kind, Report, finding
from ionlake.lake.integrity.grid_check import check_grid
from ionlake.lake.integrity.listing import (
    Listing,
    NamedGrid,
    list_files,
    lost_blocks,
    named_grids,
    orphans,
)
from ionlake.lake.integrity.recompute import (
    Potentials,
    derived_findings,
    descriptor_findings,
    energy_findings,
)
from ionlake.lake.integrity.release_check import CheckedRelease, check_release, current_finding
from ionlake.lake.integrity.trajectory_check import trajectory_findings
from ionlake.lake.layout import LakeLayout
from ionlake.lake.ledger import Ledger
from ionlake.lake.lock import active_holder
from ionlake.lake.marker import require_current_format
from ionlake.lake.ownership import is_with_writer, read_ledger
from ionlake.lake.progress import Progress, followed, unfollowed
from ionlake.lake.rows import Row


@dataclass(frozen=True)
class Depth:
    """How closely a lake is looked at.

    Attributes:
        deep: Read every byte and every number, instead of opening only.
        sample: How many scans are described and evaluated again.
        seed: Which ones, and which of their points; None for others each time.
    """

    deep: bool = False
    sample: int = 0
    seed: int | None = None


def verify_lake(
    layout: LakeLayout,
    depth: Depth | None = None,
    *,
    progress: Progress = unfollowed,
    writing: bool = False,
) -> Report:
    """Check that a lake is what its rows say; takes no lock and changes nothing.

    Args:
        layout: Paths of the lake.
        depth: How closely to look.
        progress: Who follows the work.
        writing: Whether this process itself is the lake's writer.

    Raises:
        LakeError: There is no ledger, it cannot be opened, the lake has an older format, or the
            store does not answer or refuses.
    """
    depth = depth or Depth()
    require_current_format(layout)
    listing = list_files(layout)  # before the rows, so that what is committed meanwhile has one
    with read_ledger(layout) as ledger:
        damage = ledger.damage()
        if damage:
            what = f"SQLite finds it damaged ({damage[0]})"
            return Report((finding(Kind.LEDGER_DAMAGED, what, "ledger.sqlite"),))
        with ledger.snapshot():
            scans = list(ledger.rows(schema.SCANS))
            staged = list(ledger.rows(schema.STAGED_BLOCKS))
            md_runs = _rows_if_any(ledger, schema.MD_RUNS)
            pieces = _rows_if_any(ledger, schema.STAGED_PIECES)
        releases = _check_releases(layout, listing, scans, depth, progress)
        named = named_grids(scans, {r.number: r.grids for r in releases if r.grids is not None})
        found = _grid_findings(layout, listing, named, depth, progress)
        sample = _sample(scans, found, depth)
        again, notes = _recomputed(layout, ledger, sample, depth, progress)
        found += trajectory_findings(layout, md_runs, deep=depth.deep)
    paths = [row["staging_path"] for row in (*staged, *pieces)]
    trajectories = [row["trajectory_path"] for row in md_runs]
    loose, loose_notes = _loose(
        layout, listing, (named, paths, trajectories), releases, writing=writing
    )
    of_releases = [problem for release in releases for problem in release.findings]
    of_releases += _pointer_findings(layout, releases)
    release_notes = [release.note for release in releases if release.note is not None]
    return Report(
        (*of_releases, *found, *again, *lost_blocks(listing, staged), *loose),
        (*release_notes, *notes, *loose_notes),
        {
            "releases": len(releases),
            "grids": len(named),
            "staged_blocks": len(staged),
            "trajectories": len(md_runs),
            "scans_recomputed": len(sample),
        },
    )


def _rows_if_any(ledger: Ledger, table: schema.Table) -> list[Row]:
    """The rows of a table that an older ionlake may not have made."""
    return list(ledger.rows(table)) if ledger.has(table) else []


def _check_releases(
    layout: LakeLayout, listing: Listing, scans: Iterable[Row], depth: Depth, progress: Progress
) -> list[CheckedRelease]:
    known = {row["grid_path"] for row in scans}
    numbers = followed(progress, "releases", listing.releases)
    return [check_release(layout, number, known, deep=depth.deep) for number in numbers]


def _grid_findings(
    layout: LakeLayout,
    listing: Listing,
    named: dict[str, NamedGrid],
    depth: Depth,
    progress: Progress,
) -> list[Finding]:
    grids = followed(progress, "grids", list(named.values()))
    checked = (check_grid(layout, grid, deep=depth.deep, listed=listing.sizes) for grid in grids)
    return [found for found in checked if found is not None]


def _pointer_findings(layout: LakeLayout, releases: Sequence[CheckedRelease]) -> list[Finding]:
    """What is wrong with the two files that name the current release."""
    good = [
        release.number
        for release in releases
        if all(f.where != layout.relative(layout.release(release.number)) for f in release.findings)
    ]
    text = _content(layout.current)
    broken = current_finding(text, good, [release.number for release in releases])
    if broken is not None:
        return [broken]
    if text is not None and text.strip() not in (_content(layout.catalog_file) or ""):
        what = f"the Intake catalog is not that of {text.strip()}"
        return [finding(Kind.CATALOG_OUTDATED, what, "catalog.yaml")]
    return []


def _content(path: Path) -> str | None:
    try:
        return files.read_text(path)
    except FileNotFoundError:
        return None


def _loose(
    layout: LakeLayout,
    listing: Listing,
    named: tuple[Iterable[str], Iterable[str], Iterable[str]],
    releases: Sequence[CheckedRelease],
    *,
    writing: bool,
) -> tuple[list[Finding], list[str]]:
    """Files without a row, where that can be told."""
    holder = None if writing else active_holder(layout)
    if holder is not None:
        note = f"process {holder.pid} on {holder.host} writes: files without a row may be its own"
        return [], [note]
    if not is_with_writer(layout):
        return [], [_FOREIGN]
    unread = [release.number for release in releases if release.grids is None]
    if unread:
        numbers = ", ".join(map(str, unread))
        note = f"grids without a row were not looked for: release {numbers} may name them"
        return orphans(replace(listing, grids=frozenset()), *named), [note]
    return orphans(listing, *named), []


_FOREIGN: Final = (
    "the ledger is the copy of the last publication: files without a row may be the writer's own"
)


def _sample(scans: Sequence[Row], found: Sequence[Finding], depth: Depth) -> list[Row]:
    """Some scans whose grids are good."""
    bad = {problem.scan_id for problem in found}
    good = [scan for scan in scans if scan["scan_id"] not in bad]
    random = np.random.default_rng(depth.seed)
    chosen = random.choice(len(good), size=min(depth.sample, len(good)), replace=False)
    return [good[index] for index in chosen]


def _recomputed(
    layout: LakeLayout, ledger: Ledger, scans: Sequence[Row], depth: Depth, progress: Progress
) -> tuple[list[Finding], list[str]]:
    """Describe and evaluate some scans again."""
    from ionlake.potentials.load import load_potential

    potentials = Potentials(load_potential)
    random = np.random.default_rng(depth.seed)
    findings: list[Finding] = []
    notes: dict[str, None] = {}
    for scan in followed(progress, "scans recomputed", scans):
        grid = open_grid(layout.resolve(scan["grid_path"])).load()
        key = descriptor_id(scan["scan_id"])
        row = ledger.row(schema.DESCRIPTOR_VALUES, key)
        if row is not None:
            ions = list(ledger.rows(schema.MOBILE_IONS, descriptor_id=key))
            paths = list(ledger.rows(schema.PATHWAYS, descriptor_id=key))
            chunks = list(ledger.rows(schema.GRID_CHUNKS, scan_id=scan["scan_id"]))
            findings += descriptor_findings(grid, scan, row, ions) or derived_findings(
                grid, scan, ions, paths, chunks
            )
        potential = potentials.of(scan)
        if isinstance(potential, str):
            notes[f"energies were not computed again: {potential}"] = None
        else:
            findings += energy_findings(grid, scan, potential, random)
    return findings, list(notes)
