"""What stands in an Intake catalog of a lake."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from intake.readers.datatypes import SQLQuery
from intake.readers.entry import Catalog
from intake.readers.readers import DuckSQL
from intake.readers.user_parameters import SimpleUserParameter

from ionlake.catalog.readers import LakeGrid, LakeTable, LakeTrajectory
from ionlake.lake.location import is_remote
from ionlake.lake.reader import ReleaseReader

TABLES: Final = (
    "candidates",
    "rankings",
    "rankings_image_safe",
    "descriptors",
    "ensemble_ranks",
    "ensemble_descriptors",
    "ensemble_members",
    "materials",
    "conductivities",
    "md_validation",
    "labels",
    "evaluations",
)
LICENCE: Final = "as the column licence of table materials says, row by row"
_WITH_COLUMNS: Final = tuple(name for name in TABLES if name != "descriptors")

_GRIDS: Final = (
    "The PES grid of one material as an xarray Dataset: energy in eV above each ion's minimum, NaN"
    ' where excluded. Name the material: catalog["grids"](material_id="mp-1960").read()'
)
_SELECTION: Final = {
    "material_id": "material whose grid is opened, as in table materials",
    "mobile_species": "element that moves, where a material has grids of several",
    "scan_protocol": "frozen_framework or that of a supercell, where a material has both",
    "grid_protocol": "commensurate or paper, where a material has both",
    "potential": "name or identity of the potential, where there are several",
    "scan_id": "one scan of the material, as in table scans",
}
_TRAJECTORIES: Final = (
    "A trajectory of molecular dynamics as an xarray Dataset: unwrapped positions in Å over time in"
    ' ps. Name material and temperature: catalog["trajectories"](material_id="mp-1960",'
    ' temperature_k="1000").read()'
)
_MD_SELECTION: Final = {
    "material_id": "material whose grid or trajectory is opened, as in table materials",
    "potential": _SELECTION["potential"],
    "temperature_k": "temperature of a trajectory in K, where a material has several",
    "md_run_id": "one run of dynamics of the material, as in table md_runs",
}


def lake_catalog(release: ReleaseReader) -> Catalog:
    """Catalog of one release, for the lake's own folder; it works wherever the folder is copied.

    Tables are read by Intake's own DuckDB reader from the immutable release file; those of a lake
    in an object store by `LakeTable`, which fetches that file.

    Args:
        release: The release, open.
    """
    comments = _comments(release)
    number = release.info.number
    file = release.layout.relative(release.layout.release(number))
    connection = {"database": f"{{CATALOG_DIR}}/{file}", "read_only": True}

    def table(name: str) -> Any:
        metadata = _table_metadata(name, comments)
        if is_remote(release.layout.root):
            # The file is named for those who look, and to tell whether the catalog is current.
            return LakeTable(
                path="{CATALOG_DIR}", table=name, release=number, metadata=metadata | {"file": file}
            )
        query = SQLQuery(conn=connection, query=f"SELECT * FROM {name}")  # noqa: S608
        return DuckSQL(query, metadata=metadata).DuckToPandas(with_arrow=False)

    grids = {"path": "{CATALOG_DIR}", "release": number}
    there = {row["relation"] for row in comments}
    return _catalog(
        table,
        grids,
        {
            "name": "ionlake",
            "description": f"Ionic conductors, release {release.info.number} of an ionlake lake",
            "release": release.info.number,
            "created_at": release.info.created_at.isoformat(timespec="seconds"),
            "licence": LICENCE,
        },
        tables=[name for name in TABLES if name in there],  # an older ionlake made fewer
    )


def entry_catalog() -> Catalog:
    """Catalog of whatever lake is named when it is used; the committed entry catalog.

    The lake is the parameter ``lake``, else ``$IONLAKE_LAKE``; entries read its current release.
    """

    def table(name: str) -> LakeTable:
        description = f"Table {name} of the lake's current release"
        return LakeTable(
            path="{lake}", table=name, metadata={"description": description, "licence": LICENCE}
        )

    catalog = _catalog(
        table,
        {"path": "{lake}"},
        {
            "name": "ionlake",
            "description": "Ionic conductors in an ionlake lake: give its folder as parameter lake"
            " or in the environment variable IONLAKE_LAKE",
            "licence": LICENCE,
        },
    )
    catalog.user_parameters["lake"] = _parameter("folder of the lake, empty for $IONLAKE_LAKE")
    return catalog


def _catalog(
    table: Callable[[str], Any],
    grids: Mapping[str, Any],
    metadata: Mapping[str, Any],
    tables: Sequence[str] = TABLES,
) -> Catalog:
    catalog = Catalog(metadata=dict(metadata))
    selection = {name: f"{{{name}}}" for name in _SELECTION}
    catalog["grids"] = LakeGrid(
        **grids, selection=selection, metadata={"description": _GRIDS, "licence": LICENCE}
    )
    md_selection = {name: f"{{{name}}}" for name in _MD_SELECTION}
    catalog["trajectories"] = LakeTrajectory(
        **grids,
        selection=md_selection,
        metadata={"description": _TRAJECTORIES, "licence": LICENCE},
    )
    for name in tables:
        catalog[name] = table(name)
    # A name that is the entry's own token too is not listed unless it is an alias.
    catalog.aliases.update({name: name for name in ("grids", "trajectories", *tables)})
    for name, meaning in {**_SELECTION, **_MD_SELECTION}.items():
        catalog.user_parameters[name] = _parameter(meaning)
    return catalog


def _parameter(meaning: str) -> SimpleUserParameter:
    return SimpleUserParameter(dtype=str, default="", description=meaning)


def _table_metadata(name: str, comments: Iterable[Mapping[str, str]]) -> dict[str, Any]:
    of_table = {row["column"]: row["comment"] for row in comments if row["relation"] == name}
    metadata = {"description": of_table.pop(""), "licence": LICENCE}
    return metadata | ({"columns": of_table} if name in _WITH_COLUMNS else {})


def _comments(release: ReleaseReader) -> list[dict[str, str]]:
    return release.rows(
        "SELECT table_name AS relation, column_name AS column, comment"
        " FROM duckdb_columns() WHERE NOT internal"
        " UNION ALL SELECT table_name, '', comment FROM duckdb_tables() WHERE NOT internal"
        " UNION ALL SELECT view_name, '', comment FROM duckdb_views() WHERE NOT internal"
    )
