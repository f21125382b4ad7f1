"""What changed between two releases, and why."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from ionlake.lake.reader import ReleaseReader
from ionlake.lake.rows import Row


class Reason(StrEnum):
    """Why a material's place or Ξ is another one."""

    NEW = "new"
    STRUCTURE = "structure"
    MODEL = "model"
    SETTINGS = "settings"
    ALGORITHM = "algorithm"
    RECOMPUTED = "recomputed"
    WITHDRAWN = "withdrawn"
    OTHERS = "others"


SETTINGS: Final = (
    "scan_protocol",
    "grid_protocol",
    "grid_spacing_ang",
    "exclusion_radius_ang",
    "accuracy",
    "symmetry_mode",
)
ALGORITHM: Final = ("evaluator", "scan_version", "descriptor_version")
_POOL: Final = ("mobile_species", "potential_id", *SETTINGS)


@dataclass(frozen=True)
class MaterialChange:
    """A material whose row is another one.

    Attributes:
        material_id: The material.
        formula: Its formula afterwards.
        changed: Columns of ``materials`` that differ, with the values before and after.
    """

    material_id: str
    formula: str
    changed: Mapping[str, tuple[Any, Any]]

    @property
    def structure(self) -> bool:
        """Whether it has another structure."""
        return "structure_id" in self.changed


@dataclass(frozen=True)
class Move:
    """A material whose Ξ or rank is another one in some pool, or that is ranked there or no more.

    Attributes:
        material_id: The material.
        formula: Its formula.
        mobile_species: Element that moves.
        grid_protocol: Grid protocol, afterwards where there is an afterwards.
        potential: Name of the potential, likewise.
        xi_before: Ξ before; of the most similar scan if this one is of another pool.
        xi_after: Ξ after.
        rank_before: Rank before, in the pool it was in then.
        rank_after: Rank after.
        reasons: Why.
        details: What exactly differs, with the values before and after.
    """

    material_id: str
    formula: str
    mobile_species: str
    grid_protocol: str
    potential: str
    xi_before: float | None
    xi_after: float | None
    rank_before: int | None
    rank_after: int | None
    reasons: tuple[Reason, ...]
    details: Mapping[str, tuple[Any, Any]]


@dataclass(frozen=True)
class Comparison:
    """What changed from one release to another.

    Attributes:
        before: Number of the one.
        after: Number of the other.
        came: Materials that are new.
        went: Materials that are gone.
        changed: Materials whose structure or properties differ.
        moved: Places that differ.
    """

    before: int
    after: int
    came: tuple[str, ...]
    went: tuple[str, ...]
    changed: tuple[MaterialChange, ...]
    moved: tuple[Move, ...]


def compare_releases(before: ReleaseReader, after: ReleaseReader) -> Comparison:
    """Compare two open releases of one lake."""
    old, new = (
        {row["material_id"]: row for row in _offered(release)} for release in (before, after)
    )
    came, went = sorted(new.keys() - old.keys()), sorted(old.keys() - new.keys())
    changes = (material_change(old[name], new[name]) for name in sorted(old.keys() & new.keys()))
    moved = rank_moves(before.rows(_RANKED), after.rows(_RANKED))
    return Comparison(
        before.info.number,
        after.info.number,
        tuple(came),
        tuple(went),
        tuple(change for change in changes if change.changed),
        moved,
    )


def _offered(release: ReleaseReader) -> Iterable[Row]:
    """Materials of a release that have not left their source; the oldest releases know of none."""
    tables = release.rows("SELECT table_name FROM duckdb_tables()")
    if "tombstones" not in {table["table_name"] for table in tables}:
        return release.rows("SELECT * FROM materials")
    return release.rows("SELECT * FROM materials ANTI JOIN tombstones USING (material_id)")


def material_change(before: Row, after: Row) -> MaterialChange:
    """What differs between two rows of a material; columns that only one of them has do not count.

    Args:
        before: Row of ``materials``.
        after: The later one.
    """
    names = [name for name in after if name in before and name != "run_id"]
    changed = {n: (before[n], after[n]) for n in names if before[n] != after[n]}
    return MaterialChange(after["material_id"], after["formula"], changed)


def rank_moves(before: Iterable[Row], after: Iterable[Row]) -> tuple[Move, ...]:
    """All places that differ, by material; columns that only one release has do not count.

    Args:
        before: Rows of ``rankings`` with the versions of scan and descriptors.
        after: The later ones.
    """
    before, after = tuple(before), tuple(after)
    pool_columns = [name for name in _POOL if all(name in row for row in (*before, *after))]
    old, new = _by_material(before, pool_columns), _by_material(after, pool_columns)
    moves: list[Move] = []
    for material_id in sorted(old.keys() | new.keys()):
        pools_before, pools_after = old.get(material_id, {}), new.get(material_id, {})
        for pool in sorted(pools_after, key=str):
            row = pools_after[pool]
            earlier = pools_before.get(pool) or _most_similar(row, pools_before.values())
            moves += _move(earlier, row)
        for pool in sorted(pools_before.keys() - pools_after.keys(), key=str):
            moves += _move(pools_before[pool], None)
    return tuple(moves)


def _move(before: Row | None, after: Row | None) -> list[Move]:
    shown = after or before
    if shown is None:
        return []
    xi_before, rank_before = _place(before)
    xi_after, rank_after = _place(after)
    reasons, details = _why(before, after)
    if not reasons and (xi_before, rank_before) == (xi_after, rank_after):
        return []
    return [
        Move(
            shown["material_id"],
            shown["formula"],
            shown["mobile_species"],
            shown["grid_protocol"],
            shown["potential"],
            xi_before,
            xi_after,
            rank_before,
            rank_after,
            reasons or (Reason.OTHERS if xi_before == xi_after else Reason.RECOMPUTED,),
            details,
        )
    ]


def _why(
    before: Row | None, after: Row | None
) -> tuple[tuple[Reason, ...], dict[str, tuple[Any, Any]]]:
    if before is None:
        return (Reason.NEW,), {}
    if after is None:
        return (Reason.WITHDRAWN,), {}
    columns = {
        Reason.STRUCTURE: ("structure_id",),
        Reason.MODEL: ("potential_id",),
        Reason.SETTINGS: SETTINGS,
        Reason.ALGORITHM: ALGORITHM,
    }
    details = {
        name: (before[name], after[name])
        for names in columns.values()
        for name in names
        if name in before and name in after and before[name] != after[name]
    }
    reasons = tuple(r for r, names in columns.items() if any(name in details for name in names))
    return reasons, details


def _place(row: Row | None) -> tuple[float | None, int | None]:
    return (None, None) if row is None else (row["Xi"], row["rank"])


def _by_material(
    rows: Iterable[Row], pool_columns: Iterable[str]
) -> dict[str, dict[tuple[Any, ...], Row]]:
    found: dict[str, dict[tuple[Any, ...], Row]] = {}
    for row in rows:
        pool = tuple(row[name] for name in pool_columns)
        found.setdefault(row["material_id"], {})[pool] = row
    return found


def _most_similar(row: Row, others: Iterable[Row]) -> Row | None:
    """The row of the same ion that differs in the fewest settings."""
    same = [other for other in others if other["mobile_species"] == row["mobile_species"]]
    return max(same, key=lambda o: sum(o.get(n) == row.get(n) for n in _POOL), default=None)


_RANKED: Final = """
    SELECT rankings.*, scans.evaluator, scans.scan_version, descriptor_values.descriptor_version
    FROM rankings
    JOIN scans USING (scan_id)
    JOIN descriptor_values ON descriptor_values.descriptor_id = rankings.descriptor_id
    ORDER BY rankings.material_id, rankings.scan_id
"""
