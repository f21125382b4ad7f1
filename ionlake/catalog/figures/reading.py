"""From a lake to the tables that figures draw, and where their numbers come from."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from ionlake.catalog.access import Lake
from ionlake.catalog.figures.saving import Provenance
from ionlake.catalog.figures.scene import Scene, pathway_scene
from ionlake.errors import LakeError, SettingsError
from ionlake.lake import schema

_SHOWN: Final = 6
_HOW_MD: Final = "run ionlake md on it, or ionlake md import its trajectories"


@dataclass(frozen=True)
class Choice:
    """Which of several pools of a lake is meant; None takes the only one.

    Attributes:
        mobile_species: Element that moves.
        potential: Name or identity of the potential.
        grid_protocol: commensurate or paper.
        scan_protocol: frozen_framework or that of a supercell.
    """

    mobile_species: str | None = None
    potential: str | None = None
    grid_protocol: str | None = None
    scan_protocol: str | None = None

    def sql(self, *, grids: bool = True) -> tuple[str, list[Any]]:
        """A condition on rows of a view, and its parameters; ``grids``: the view has protocols."""
        parts, values = ["true"], []
        if self.mobile_species is not None:
            parts.append("mobile_species = ?")
            values.append(self.mobile_species)
        if self.potential is not None:
            parts.append("? IN (potential, potential_id)")
            values.append(self.potential)
        protocols = {"grid_protocol": self.grid_protocol, "scan_protocol": self.scan_protocol}
        for name, protocol in protocols.items():
            if grids and protocol is not None:
                parts.append(f"{name} = ?")
                values.append(protocol)
        return " AND ".join(parts), values


def read_scenes(
    lake: Lake, materials: Sequence[str], threshold_ev: float, choice: Choice
) -> tuple[list[Scene], Provenance]:
    """The pathways of some materials.

    Args:
        lake: An open lake.
        materials: Their ids.
        threshold_ev: Level on the surface, eV.
        choice: Which grids.

    Raises:
        LakeError: A material has no grid like that, or several.
        GridError: A scan was screened below the threshold.
        MissingExtraError: scikit-image is not installed.
    """
    scenes, facts = [], []
    for material in materials:
        grid = lake.grid(
            material,
            mobile_species=choice.mobile_species,
            potential=choice.potential,
            grid_protocol=choice.grid_protocol,
            scan_protocol=choice.scan_protocol,
        )
        rows = lake.query("SELECT Xi FROM descriptors WHERE scan_id = ?", [grid.attrs["scan_id"]])
        xi = None if rows.empty or pd.isna(rows.Xi[0]) else float(rows.Xi[0])
        scenes.append(pathway_scene(grid, material_id=material, xi=xi, threshold_ev=threshold_ev))
        potential, protocol = grid.attrs["potential"]["name"], grid.attrs["grid_protocol"]
        facts.append((f"potential {potential}", f"{protocol} grid"))
    return scenes, _provenance(lake, facts)


def read_ranking(lake: Lake, top: int, column: str, choice: Choice) -> tuple[Any, Provenance]:
    """The best materials of one pool, best first.

    Args:
        lake: An open lake.
        top: Lowest rank.
        column: Column of candidates that holds the rank.
        choice: Which pool.

    Raises:
        LakeError: Nothing is ranked there.
        SettingsError: There are several pools.
    """
    where, values = choice.sql()
    table = lake.query(
        f"SELECT * FROM candidates WHERE {column} <= ? AND {where} ORDER BY {column}, material_id",  # noqa: S608 - the column is a constant, values are bound
        [top, *values],
    )
    if table.empty:
        raise LakeError(
            f"release {lake.release} ranks no material like that: run a recipe on the lake, or"
            " choose otherwise; ionlake rank lists what there is"
        )
    _one(table, [name for name in schema.POOL_COLUMNS if name in table])
    first = table.iloc[0]
    facts = [(f"potential {first.potential}", f"{first.grid_protocol} grid")]
    return table, _provenance(lake, facts)


def read_runs(lake: Lake, materials: Sequence[str], choice: Choice) -> tuple[Any, Any, Provenance]:
    """Analysed runs of dynamics of some materials, and their labels.

    Args:
        lake: An open lake.
        materials: Their ids.
        choice: Which mobile species and potential.

    Returns:
        The runs in the newest fit of each series, the labels with a material, the provenance.

    Raises:
        LakeError: A material is unknown or has no run.
    """
    _require_dynamics(lake)
    where, values = choice.sql(grids=False)
    fits = lake.query(
        "SELECT DISTINCT material_id, formula, method, potential, md_series_id, conductivity_id"  # noqa: S608 - values are bound
        f" FROM md_validation WHERE list_contains(?, material_id) AND {where}"
        " ORDER BY list_position(?, material_id), method DESC, potential",
        [list(materials), *values, list(materials)],
    )
    for material in materials:
        if material not in set(fits["material_id"]):
            raise _without_runs(lake, material)
    runs = lake.query(
        "SELECT conductivities.conductivity_id, diffusivities.*"
        " FROM (SELECT conductivity_id, unnest(diffusivity_ids) AS diffusivity_id"
        " FROM conductivities) AS conductivities JOIN diffusivities USING (diffusivity_id)"
        " WHERE list_contains(?, conductivity_id) ORDER BY temperature_k DESC",
        [list(fits["conductivity_id"])],
    )
    table = fits.merge(runs, on="conductivity_id", how="left")
    labels = _labels(lake, materials)
    facts = [(f"{row.potential} ({row.method})",) for row in fits.itertuples()]
    return table, labels, _provenance(lake, facts)


def read_groups(lake: Lake, choice: Choice) -> tuple[Any, Provenance]:
    """Conductivities of the best materials and of the random control.

    Args:
        lake: An open lake.
        choice: Which mobile species and potential.

    Raises:
        LakeError: There is no dynamics of both.
        SettingsError: There is dynamics with several potentials.
    """
    _require_dynamics(lake)
    where, values = choice.sql(grids=False)
    table = lake.query(
        "SELECT DISTINCT ON (conductivity_id) * FROM md_validation"  # noqa: S608 - values are bound
        f" WHERE selection IN ('top', 'random') AND {where} ORDER BY conductivity_id",
        values,
    )
    missing = {"top", "random"} - set(table["selection"])
    if missing:
        raise LakeError(
            f"release {lake.release} has no molecular dynamics selected as"
            f" {' and '.join(sorted(missing))}: run ionlake md md_validation, which takes the best"
            " by Xi and a random control"
        )
    _one(table, ["mobile_species", "method", "potential"])
    return table, _provenance(lake, [(f"{table.potential[0]} ({table.method[0]})",)])


def _one(table: pd.DataFrame, columns: Sequence[str]) -> None:
    pools = table[list(columns)].drop_duplicates()
    if len(pools) > 1:
        differing = pools[[name for name in columns if len(pools[name].drop_duplicates()) > 1]]
        told = "; ".join(
            ", ".join(f"{name} {value}" for name, value in row.items())
            for row in differing.head(_SHOWN).to_dict("records")
        )
        raise SettingsError(
            f"the lake has {len(pools)} pools that do not compare: {told}: choose one by"
            " --potential, --grid-protocol, --scan-protocol or --mobile"
        )


def _has(lake: Lake, table: str) -> bool:
    sql = "SELECT 1 FROM duckdb_tables() WHERE table_name = ?"
    return not lake.query(sql, [table]).empty


def _require_dynamics(lake: Lake) -> None:
    if not _has(lake, "md_validation"):
        raise LakeError(
            f"release {lake.release} is older than molecular dynamics in lakes: run ionlake md, or"
            " leave --release out"
        )


def _labels(lake: Lake, materials: Sequence[str]) -> pd.DataFrame | None:
    """Rows of labels; None in a release without the table."""
    if not _has(lake, "labels"):
        return None
    return lake.query(
        "SELECT * FROM labels WHERE list_contains(?, material_id) ORDER BY label_set, row_key",
        [list(materials)],
    )


def _without_runs(lake: Lake, material: str) -> LakeError:
    known = lake.query("SELECT 1 FROM materials WHERE material_id = ?", [material])
    if known.empty:
        return LakeError(
            f"no material {material!r} in release {lake.release}: table materials lists what is"
            " there"
        )
    return LakeError(
        f"{material} has no conductivity from dynamics like that in release {lake.release}:"
        f" {_HOW_MD}"
    )


def _provenance(lake: Lake, facts: Sequence[tuple[str, ...]]) -> Provenance:
    every = dict.fromkeys(fact for each in facts for fact in each)
    return Provenance(lake.release, tuple(every))
