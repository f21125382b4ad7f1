"""The table of candidates: which columns, which rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from ionlake.catalog.access import Lake
from ionlake.catalog.explorer.state import ELEMENTS, TableState
from ionlake.lake.schema import POOL_COLUMNS

TITLES: Final = {
    "rank": "Rank",
    "material_id": "Material",
    "formula": "Formula",
    "Xi": "Ξ",
    "mpe": "MPE / eV",
    "percolation_barrier_1d_ev": "1D / eV",
    "percolation_barrier_3d_ev": "3D / eV",
    "sigma_300k_s_cm": "σ 300 K",
    "sigma_measured_s_cm": "σ measured",
    "band_gap_ev": "Gap / eV",
    "energy_above_hull_ev_per_atom": "Hull / eV",
    "space_group_symbol": "Group",
    "n_sites": "Sites",
    "min_image_distance_ang": "Image / Å",
}
"""Columns of the table and their headings, in order."""

_SIGMA_COMMENTS: Final = {
    "sigma_300k_s_cm": (
        "Conductivity at 300 K extrapolated from molecular dynamics, the highest of the material's"
        " series, S/cm"
    ),
    "sigma_measured_s_cm": (
        "Measured conductivity of labels of the material, the highest, upper bounds left out, S/cm"
    ),
}
_NEEDED: Final = ("rank", "material_id", "formula", "Xi")
_SEARCHED: Final = (
    "lower(concat_ws(' ', material_id, formula, chemical_system, space_group_symbol))"
)
_CONDITIONS: Final = {
    "gap_min": "band_gap_ev >= ?",
    "hull_max": "energy_above_hull_ev_per_atom <= ?",
    "xi_min": "Xi >= ?",
    "mpe_max": "mpe <= ?",
}


@dataclass(frozen=True)
class Pool:
    """Scans whose ranks compare.

    Attributes:
        name: What tells it from the others of the lake, for people.
        n_materials: Rows in it.
        shared: Columns that the scans share, with their values.
    """

    name: str
    n_materials: int
    shared: tuple[tuple[str, Any], ...]


class Candidates:
    """The candidates of a release, to be filtered by SQL.

    Attributes:
        pools: Pools of scans, the largest first.
        elements: Symbols of the elements that occur.
        comments: What each column of the table means, of those that hold a value.
    """

    def __init__(self, lake: Lake) -> None:
        self._lake = lake
        self._tables = _relations(lake)
        comments = _comments(lake)
        self.pools = _pools(lake, [name for name in POOL_COLUMNS if name in comments])
        found = lake.query("SELECT DISTINCT unnest(elements) AS e FROM materials ORDER BY e")["e"]
        self.elements = tuple(symbol for symbol in found if symbol in ELEMENTS)
        known = {**comments, **_SIGMA_COMMENTS}
        filled = self._filled([name for name in TITLES if name in known])
        self.comments = {name: known[name] for name in filled}

    def pool(self, name: str) -> Pool | None:
        """The pool of that name, else the largest; None in an empty lake."""
        named = tuple(pool for pool in self.pools if pool.name == name) or self.pools
        return named[0] if named else None

    def rows(self, state: TableState) -> pd.DataFrame:
        """The rows that pass the filters, by rank: the columns of `TITLES` and scan_id.

        Args:
            state: Filters; its order is left to the table.
        """
        sql, values = self.statement(state)
        return self._lake.query(sql, values)

    def statement(self, state: TableState) -> tuple[str, list[Any]]:
        """The SQL statement of the filters, and its parameters."""
        conditions, values = _conditions(state)
        pool = self.pool(state.pool)
        for name, value in pool.shared if pool else ():
            conditions.append(f"{name} IS NOT DISTINCT FROM ?")
            values.append(value)
        columns = ", ".join([*self.comments, "scan_id"])
        where = " AND ".join(conditions) or "true"
        statement = (
            f"SELECT {columns} FROM candidates{self._sigma()}"  # noqa: S608 - values are bound
            f" WHERE {where} ORDER BY rank, material_id, scan_id"
        )
        return statement, values

    def _filled(self, columns: Sequence[str]) -> list[str]:
        """Those columns that hold a value somewhere, and what the page cannot do without."""
        counts = ", ".join(f"count({name}) AS {name}" for name in columns)
        found = self._lake.query(f"SELECT {counts} FROM candidates{self._sigma()}").iloc[0]  # noqa: S608 - the columns are constants
        return [name for name in columns if found[name] or name in _NEEDED]

    def _sigma(self) -> str:
        dynamics = (
            "SELECT material_id, max(conductivity_300k_s_cm) AS sigma_300k_s_cm"
            " FROM md_validation GROUP BY material_id"
        )
        measured = (
            "SELECT material_id, max(sigma_s_cm) AS sigma_measured_s_cm FROM labels"
            " WHERE method = 'experiment' AND NOT coalesce(censored, false) GROUP BY material_id"
        )
        nothing = "SELECT NULL::VARCHAR AS material_id, NULL::DOUBLE AS {}"
        if "md_validation" not in self._tables:
            dynamics = nothing.format("sigma_300k_s_cm")
        if "labels" not in self._tables:
            measured = nothing.format("sigma_measured_s_cm")
        joined = (f" LEFT JOIN ({each}) USING (material_id)" for each in (dynamics, measured))
        return "".join(joined)


def _conditions(state: TableState) -> tuple[list[str], list[Any]]:
    conditions: list[str] = []
    values: list[Any] = []
    for word in state.text.lower().split():
        conditions.append(f"contains({_SEARCHED}, ?)")
        values.append(word)
    if state.elements:
        conditions.append("list_has_all(elements, ?)")
        values.append(list(state.elements))
    if state.without:
        conditions.append("NOT list_has_any(elements, ?)")
        values.append(list(state.without))
    for name, condition in _CONDITIONS.items():
        bound = getattr(state, name)
        if bound is not None:
            conditions.append(condition)
            values.append(bound)
    if state.log_sigma_min is not None:
        conditions.append("greatest(sigma_300k_s_cm, sigma_measured_s_cm) >= pow(10, ?)")
        values.append(state.log_sigma_min)
    if state.no_transition_metal:
        conditions.append("NOT has_transition_metal")
    if state.image_safe:
        conditions.append("NOT image_closer_than_5_ang")
    return conditions, values


def _relations(lake: Lake) -> frozenset[str]:
    sql = "SELECT table_name FROM duckdb_tables() UNION SELECT view_name FROM duckdb_views()"
    return frozenset(lake.query(sql).iloc[:, 0])


def _comments(lake: Lake) -> dict[str, str]:
    table = lake.query(
        "SELECT column_name, any_value(comment) AS comment FROM duckdb_columns()"
        " WHERE table_name = 'candidates' GROUP BY column_name"
    )
    return {str(row.column_name): str(row.comment or "") for row in table.itertuples()}


def _pools(lake: Lake, columns: Sequence[str]) -> tuple[Pool, ...]:
    listed = ", ".join(columns)
    table = lake.query(
        f"SELECT {listed}, count(*) AS n FROM candidates GROUP BY ALL ORDER BY n DESC, {listed}"  # noqa: S608 - the columns are constants
    )
    named = _telling(table, columns)
    return tuple(
        Pool(" · ".join(str(row[name]) for name in named), int(row["n"]), _plain(row, columns))
        for row in table.to_dict("records")
    )


def _telling(table: pd.DataFrame, columns: Sequence[str]) -> list[str]:
    """Columns that tell pools apart, the hash of the potential only where its name does not."""
    differing = [name for name in columns if len(set(table[name])) > 1]
    plain = [name for name in differing if name != "potential_id"]
    if len(table[plain].drop_duplicates()) == len(table):
        differing = plain
    return list(dict.fromkeys(["mobile_species", *differing, "potential"]))


def _plain(row: dict[Any, Any], columns: Sequence[str]) -> tuple[tuple[str, Any], ...]:
    return tuple((name, None if pd.isna(row[name]) else row[name]) for name in columns)
