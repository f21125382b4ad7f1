"""Whether releases are as they were published, and CURRENT names one."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Final

import duckdb

from ionlake.errors import LakeError, StoreError
from ionlake.lake import release_tables
from ionlake.lake.digests import digest_file, file_sha256, read_digest
from ionlake.lake.integrity.findings import Finding, Kind, finding
from ionlake.lake.layout import LakeLayout, release_number
from ionlake.lake.release import open_release_file, read_info
from ionlake.lake.rows import Row
from ionlake.lake.views import VIEW_NAMES


@dataclass(frozen=True)
class CheckedRelease:
    """What was found about one release.

    Attributes:
        number: Its number.
        findings: What is wrong with it.
        grids: Rows of the grids that it names, by path; those the ledger names too have an empty
            row. None if it cannot be read.
        note: What could not be checked.
    """

    number: int
    findings: tuple[Finding, ...] = ()
    grids: Mapping[str, Row] | None = None
    note: str | None = None


def check_release(
    layout: LakeLayout, number: int, known: Collection[str], *, deep: bool
) -> CheckedRelease:
    """Look at one release.

    Args:
        layout: Paths of the lake.
        number: Its number.
        known: Paths of the grids that the ledger names.
        deep: Compare every byte with the digest noted at publication, instead of opening only.

    Raises:
        StoreError: The store does not answer or refuses, so that nothing is known.
    """
    path = layout.release(number)
    try:
        problem, note = _byte_problem(layout, number) if deep else (None, None)
        if problem is not None and problem.where == layout.relative(path):
            return CheckedRelease(number, (problem,))
        wrong: tuple[Finding, ...] = () if problem is None else (problem,)
        with closing(open_release_file(path)) as connection:
            if problem or note:
                _read_everything(connection)
            wrong += _wrong_contents(connection, number)
            return CheckedRelease(number, wrong, _grids(connection, known), note)
    except StoreError:
        raise
    except (LakeError, duckdb.Error, OSError) as error:
        what = f"release {number} cannot be read ({str(error).splitlines()[0]})"
        return CheckedRelease(number, (_damaged(layout, number, what),))


def current_finding(text: str | None, good: Sequence[int], every: Sequence[int]) -> Finding | None:
    """What is wrong with what CURRENT says.

    Args:
        text: Its content, None if it is not there.
        good: Numbers of the releases that can be read.
        every: Numbers of all releases.
    """
    if text is None and not every:
        return None
    named = None if text is None else release_number(text.strip())
    newest = f"the newest good release is {max(good)}" if good else "there is no good release"
    if named is None:
        what = f"CURRENT says {text!r}, expected the name of a release; {newest}"
    elif named not in every:
        what = f"CURRENT names release {named}, which is gone; {newest}"
    elif named not in good:
        what = f"CURRENT names release {named}, which is damaged; {newest}"
    elif named < max(good):
        what = f"CURRENT names release {named}, but {newest}: a publication was cut off"
    else:
        return None
    return finding(Kind.CURRENT_BROKEN, what, "CURRENT")


def schema_differences(
    found: Collection[tuple[str, str, str]], relations: Collection[str]
) -> list[str]:
    """Where the columns of a release are not those of this ionlake.

    Args:
        found: Relation, name and type of every column.
        relations: Names of all tables and views.
    """
    expected = {
        (table.name, column.name, column.dtype)
        for table in release_tables.RELEASE_TABLES
        for column in table.columns
    }
    lost = [".".join(column[:2]) for column in sorted(expected - set(found))]
    return lost + [name for name in VIEW_NAMES if name not in relations]


def _byte_problem(layout: LakeLayout, number: int) -> tuple[Finding | None, str | None]:
    path = layout.release(number)
    try:
        expected = read_digest(path)
    except LakeError as error:
        where = layout.relative(digest_file(path))
        return finding(Kind.RELEASE_DAMAGED, str(error), where), None
    if expected is None:
        return None, f"release {number} has no digest beside it: only DuckDB's own checks were made"
    if file_sha256(path) != expected:
        what = f"release {number} is not the file that was published (SHA-256)"
        return _damaged(layout, number, what), None
    return None, None


def _wrong_contents(connection: duckdb.DuckDBPyConnection, number: int) -> tuple[Finding, ...]:
    info = read_info(connection)
    path = f"releases/release-{number:06d}.duckdb"
    if info.number != number:
        what = f"the release calls itself {info.number}, expected {number}"
        return (finding(Kind.RELEASE_DAMAGED, what, path),)
    if info.schema_digest != release_tables.schema_digest():
        return ()  # of another version, whose tables are not known here
    columns = connection.execute(_COLUMNS).fetchall()
    wrong = schema_differences([tuple(row) for row in columns], {row[0] for row in columns})
    if not wrong:
        return ()
    what = f"release {number} lacks {', '.join(wrong[:5])} or has them with other types"
    return (finding(Kind.SCHEMA_DIFFERS, what, path),)


def _grids(connection: duckdb.DuckDBPyConnection, known: Collection[str]) -> dict[str, Row]:
    paths = [path for (path,) in connection.execute("SELECT grid_path FROM scans").fetchall()]
    grids: dict[str, Row] = {path: {} for path in paths}
    unknown = [path for path in paths if path not in known]
    if unknown:
        query = "SELECT * FROM scans WHERE list_contains(?, grid_path)"
        result = connection.execute(query, [unknown])
        names = [column[0] for column in result.description or ()]
        rows: list[dict[str, Any]] = [
            dict(zip(names, row, strict=True)) for row in result.fetchall()
        ]
        grids.update({row["grid_path"]: row for row in rows})
    return grids


def _read_everything(connection: duckdb.DuckDBPyConnection) -> None:
    """Read every table, so that DuckDB checks every block."""
    for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall():
        connection.execute(f'SELECT count(COLUMNS(*)) FROM "{name}"').fetchall()  # noqa: S608


def _damaged(layout: LakeLayout, number: int, what: str) -> Finding:
    return finding(Kind.RELEASE_DAMAGED, what, layout.relative(layout.release(number)))


_COLUMNS: Final = (
    "SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE NOT internal"
)
