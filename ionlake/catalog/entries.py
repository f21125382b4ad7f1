"""What stands in an Intake catalog of a lake."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from intake.readers.datatypes import SQLQuery
from intake.readers.entry import Catalog
from intake.readers.readers import DuckSQL
from intake.readers.user_parameters import SimpleUserParameter

from ionlake.catalog.kinds import ARRAYS, KINDS, SELECTION, TABLES, unit_of
from ionlake.catalog.readers import LakeKind, LakeTable
from ionlake.lake.location import is_remote
from ionlake.lake.reader import ReleaseReader

LICENCE: Final = "as the column licence of table materials says, row by row"
_WITHOUT_COLUMNS: Final = ("descriptors", "ensemble_descriptors")
"""Tables with too many columns to name them all in the catalog."""


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
                path="{CATALOG_DIR}", table=name, number=number, metadata=metadata | {"file": file}
            )
        query = SQLQuery(conn=connection, query=f"SELECT * FROM {name}")  # noqa: S608
        return DuckSQL(query, metadata=metadata).DuckToPandas(with_arrow=False)

    place = {"path": "{CATALOG_DIR}", "number": number}
    there = {row["relation"] for row in comments}
    return _catalog(
        table,
        place,
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

    The lake is the parameter ``lake``, else ``$IONLAKE_LAKE``; entries read its current release, or
    the one that the parameter ``release`` names.
    """
    # Not named release: Intake drops an argument that has the name of a parameter.
    place = {"path": "{lake}", "number": "{release}"}

    def table(name: str) -> LakeTable:
        metadata = {"description": f"Table {name} of the lake's release", "licence": LICENCE}
        return LakeTable(**place, table=name, metadata=metadata)

    catalog = _catalog(
        table,
        place,
        {
            "name": "ionlake",
            "description": "Ionic conductors in an ionlake lake: give its folder as parameter lake"
            " or in the environment variable IONLAKE_LAKE",
            "licence": LICENCE,
        },
    )
    catalog.user_parameters["lake"] = _parameter("folder of the lake, empty for $IONLAKE_LAKE")
    catalog.user_parameters["release"] = _parameter("number of a release, empty for the current")
    return catalog


def _catalog(
    table: Callable[[str], Any],
    place: Mapping[str, Any],
    metadata: Mapping[str, Any],
    tables: Sequence[str] = TABLES,
) -> Catalog:
    catalog = Catalog(metadata=dict(metadata))
    for array in ARRAYS:
        about = {"description": array.description, "licence": LICENCE, "units": dict(array.units)}
        catalog[array.name] = array.reader(
            **place, selection={name: f"{{{name}}}" for name in array.selection}, metadata=about
        )
    for name in tables:
        catalog[name] = table(name)
    there = [*(array.name for array in ARRAYS), *tables]
    for kind in KINDS:
        members = {name: f"{{data({name})}}" for name in kind.members if name in there}
        about = {"description": kind.description, "licence": LICENCE, "entries": list(members)}
        catalog[kind.name] = LakeKind(members=members, metadata=about)
    # A name that is the entry's own token too is not listed unless it is an alias.
    names = [*there, *(kind.name for kind in KINDS)]
    catalog.aliases.update({name: name for name in names})
    for name, meaning in SELECTION.items():
        catalog.user_parameters[name] = _parameter(meaning)
    return catalog


def _parameter(meaning: str) -> SimpleUserParameter:
    return SimpleUserParameter(dtype=str, default="", description=meaning)


def _table_metadata(name: str, comments: Iterable[Mapping[str, str]]) -> dict[str, Any]:
    own = [row for row in comments if row["relation"] == name]
    columns = {row["column"]: row["comment"] for row in own}
    metadata = {"description": columns.pop(""), "licence": LICENCE}
    if name in _WITHOUT_COLUMNS:
        return metadata
    numbers = [row["column"] for row in own if row["dtype"] == "DOUBLE"]
    units = {column: unit for column in numbers if (unit := unit_of(column)) is not None}
    return metadata | {"columns": columns, "units": units}


def _comments(release: ReleaseReader) -> list[dict[str, str]]:
    return release.rows(
        "SELECT table_name AS relation, column_name AS column, data_type AS dtype, comment"
        " FROM duckdb_columns() WHERE NOT internal"
        " UNION ALL SELECT table_name, '', '', comment FROM duckdb_tables() WHERE NOT internal"
        " UNION ALL SELECT view_name, '', '', comment FROM duckdb_views() WHERE NOT internal"
    )
