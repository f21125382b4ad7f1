"""What lies in a lake and what its rows name. Files are listed here and looked at elsewhere."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from ionlake.lake import files
from ionlake.lake.integrity.findings import Finding, Kind, finding
from ionlake.lake.layout import LakeLayout, release_number
from ionlake.lake.location import is_remote
from ionlake.lake.rows import Row

_TEMPORARY: Final = (
    ".release-*",
    ".CURRENT.*",
    ".lake.json.*",
    ".catalog.yaml.*",
    ".writer.json.*",
)


@dataclass(frozen=True)
class Listing:
    """Files and folders of a lake, relative to it.

    Attributes:
        grids: Zarr groups, whole or not.
        staged: Staged blocks and pieces.
        trajectories: Zarr groups of trajectories, whole or not.
        temporary: Files that were being written when their process ended.
        releases: Numbers of the releases.
        sizes: In an object store, names and sizes of the files of each grid, which come with the
            listing; empty for a folder, where they are asked for when they are wanted.
    """

    grids: frozenset[str]
    staged: frozenset[str]
    trajectories: frozenset[str]
    temporary: frozenset[str]
    releases: tuple[int, ...]
    sizes: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


@dataclass(frozen=True)
class NamedGrid:
    """A grid that rows name.

    Attributes:
        path: Its folder, relative to the lake.
        row: Its row of ``scans``; that of the ledger if it has one.
        in_ledger: Whether the ledger names it.
        releases: Numbers of the releases that name it.
    """

    path: str
    row: Row
    in_ledger: bool
    releases: tuple[int, ...] = ()


def list_files(layout: LakeLayout) -> Listing:
    """Look what lies in a lake."""
    if is_remote(layout.root):
        return _list_objects(layout)

    def found(pattern: str) -> frozenset[str]:
        return frozenset(layout.relative(path) for path in layout.root.glob(pattern))

    temporary = frozenset[str]().union(
        *(found(pattern) | found(f"releases/{pattern}") for pattern in _TEMPORARY)
    )
    return Listing(
        grids=found("grids/*/*"),
        staged=found("staging/*/*"),
        trajectories=found("trajectories/*"),
        temporary=temporary,
        releases=tuple(release_sizes(layout)),
    )


def release_sizes(layout: LakeLayout) -> dict[int, int]:
    """Sizes in bytes of all releases, by number, the oldest first."""
    found = files.sizes_below(layout.releases).items()
    numbered = ((release_number(name), size) for name, size in found)
    return dict(sorted((number, size) for number, size in numbered if number is not None))


def _list_objects(layout: LakeLayout) -> Listing:
    """As `list_files`, in a store: a few listings, where files are never half written."""
    grids = _grouped(layout, "grids")
    return Listing(
        grids=frozenset(grids),
        staged=frozenset(_grouped(layout, "staging")),
        trajectories=frozenset(
            f"trajectories/{name}" for name in files.names_in(layout.root / "trajectories")
        ),
        temporary=frozenset(),
        releases=tuple(release_sizes(layout)),
        sizes=grids,
    )


def _grouped(layout: LakeLayout, top: str) -> dict[str, dict[str, int]]:
    """Sizes of the files of each grid or staged block, which lie two levels below the top."""
    groups: dict[str, dict[str, int]] = {}
    for name, size in files.sizes_below(layout.root / top).items():
        first, _, rest = name.partition("/")
        second, _, inside = rest.partition("/")
        groups.setdefault(f"{top}/{first}/{second}", {})[inside] = size
    return groups


def named_grids(
    ledger: Iterable[Row], releases: Mapping[int, Mapping[str, Row]]
) -> dict[str, NamedGrid]:
    """All grids that rows name, by path.

    Args:
        ledger: The ledger's rows of ``scans``.
        releases: For each release the grids it names, with their rows.
    """
    named = {row["grid_path"]: NamedGrid(row["grid_path"], row, in_ledger=True) for row in ledger}
    for number, grids in sorted(releases.items()):
        for path, row in grids.items():
            grid = named.get(path) or NamedGrid(path, row, in_ledger=False)
            named[path] = replace(grid, releases=(*grid.releases, number))
    return named


def orphans(
    listing: Listing,
    grids: Iterable[str],
    staged: Iterable[str],
    trajectories: Iterable[str] = (),
) -> list[Finding]:
    """Files that no row names: nobody reads them.

    Args:
        listing: What lies there, listed before the rows were read.
        grids: Grids that rows name.
        staged: Staged blocks and pieces that rows name.
        trajectories: Trajectories that rows name.
    """
    kinds = (
        ("a grid that no row names", listing.grids - set(grids)),
        ("a trajectory that no row names", listing.trajectories - set(trajectories)),
        ("staged energies that no row names", listing.staged - set(staged)),
        ("a file that was being written when its process ended", listing.temporary),
    )
    return [finding(Kind.ORPHAN, what, path) for what, paths in kinds for path in sorted(paths)]


def lost_blocks(listing: Listing, rows: Iterable[Row]) -> list[Finding]:
    """Staged blocks that rows name and that are not there."""
    return [
        replace(
            finding(Kind.STAGED_LOST, "staged energies are gone", row["staging_path"]),
            scan_id=row["scan_id"],
            in_ledger=True,
        )
        for row in rows
        if row["staging_path"] not in listing.staged
    ]
