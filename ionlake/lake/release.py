"""Releases: immutable DuckDB files that readers open, published whole.

A release is built beside the others under a name nobody reads, closed, brought to the disk, given
its number and only then named by ``CURRENT``. Each has a file name of its own, so whoever has an
older one open keeps reading it undisturbed.

In an object store the same holds: a release is built and closed on the writer's machine and becomes
one object, after the note of its digest has taken its number and before ``CURRENT`` names it. The
copy of the ledger goes up in between, so that it knows at least what any release shows.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from ionlake import __version__
from ionlake.errors import LakeError, StoreError
from ionlake.lake import files, ownership, release_cache, release_tables, schema
from ionlake.lake.atomic import replace_file, replace_text, temporary_beside
from ionlake.lake.digests import DIGEST_SUFFIX, digest_file, reserve_name
from ionlake.lake.layout import LakeLayout, release_number
from ionlake.lake.ledger import Ledger
from ionlake.lake.marker import FORMAT_VERSION


@dataclass(frozen=True)
class ReleaseInfo:
    """What a release says about itself; its fields are the columns of its table ``release``.

    Attributes:
        number: Counts up from 1 with each publication.
        created_at: When it was built, UTC.
        ionlake_version: Version of ionlake that built it.
        format_version: Version of the lake format.
        ledger_revision: State of the ledger that it shows.
        schema_digest: Hash of tables, views and comments.
    """

    number: int
    created_at: datetime
    ionlake_version: str
    format_version: int
    ledger_revision: int
    schema_digest: str


def publish_release(layout: LakeLayout, ledger: Ledger) -> ReleaseInfo | None:
    """Build a release of what the ledger holds now and make it the current one.

    Call as the lake's writer.

    Args:
        layout: Paths of the lake.
        ledger: Its open ledger.

    Returns:
        The new release, or None if the current one shows the same already.

    Raises:
        LakeError: The release cannot be written; the current one stays as it is.
    """
    if not is_outdated(layout, ledger):
        return None
    ownership.require_claim(layout, ledger)
    number = _next_number(layout)
    path = layout.release(number)
    temporary = temporary_beside(layout.release_under_construction(number))
    try:
        files.make_folder(layout.releases)
        info = _build(temporary, number, ledger)
        _give_name(temporary, path)
        ownership.back_up(layout, ledger)
        replace_text(layout.current, path.name + "\n")
    except StoreError as error:
        raise StoreError(f"{error}; readers keep the release before {path.name}") from error
    except (OSError, duckdb.Error) as error:
        raise LakeError(
            f"release {path.name} cannot be written ({_first_line(error)}): check space and"
            " permissions; readers keep the one before"
        ) from error
    finally:
        for left in (temporary, temporary.with_name(f"{temporary.name}.wal")):
            left.unlink(missing_ok=True)
    return info


def _give_name(built: Path, path: Path) -> None:
    """Bring a finished release to its place; where that fails, nothing of it stays."""
    try:
        reserve_name(built, path)
    except FileExistsError as error:
        raise LakeError(
            f"another writer has published {path.name} meanwhile: run again, and let one machine"
            " write to the lake"
        ) from error
    try:
        release_cache.remember(built, path)
        replace_file(built, path)
    except BaseException:
        with suppress(LakeError, OSError):
            if not files.exists(path):
                files.remove(digest_file(path))
        raise


def is_outdated(layout: LakeLayout, ledger: Ledger) -> bool:
    """Whether the current release is lost or differs from what would be published now.

    Raises:
        StoreError: The store does not answer or refuses, so that nothing is known.
    """
    try:
        current, path = current_release(layout), current_path(layout)
    except StoreError:
        raise
    except LakeError:
        return True
    # A copy that was fetched before outlives its object.
    return (
        current is None
        or path is None
        or not files.exists(path)
        or (
            (current.ledger_revision, current.schema_digest)
            != (ledger.revision, release_tables.schema_digest())
        )
    )


def current_release(layout: LakeLayout) -> ReleaseInfo | None:
    """The release that ``CURRENT`` names, None before the first publication.

    Raises:
        LakeError: ``CURRENT`` names a release that is not there or is damaged.
    """
    path = current_path(layout)
    if path is None:
        return None
    connection = open_release_file(path)
    try:
        return read_info(connection)
    finally:
        connection.close()


def current_path(layout: LakeLayout) -> Path | None:
    """The file that ``CURRENT`` names, None before the first publication.

    Raises:
        LakeError: ``CURRENT`` does not name a release.
    """
    try:
        name = files.read_text(layout.current).strip()
    except FileNotFoundError:
        return None
    number = release_number(name)
    if number is None:
        raise LakeError(
            f"{layout.current} says {name!r}, expected the name of a release: the lake is damaged,"
            " publish again or restore the file from a copy"
        )
    return layout.release(number)


def open_release_file(path: Path) -> duckdb.DuckDBPyConnection:
    """Open a release read-only, without access to any other file.

    Args:
        path: From `LakeLayout.release`; one in an object store is fetched once.

    Raises:
        LakeError: The file is missing or damaged, or the store does not answer or refuses.
    """
    file = release_cache.fetched(path)
    try:
        connection = duckdb.connect(file, read_only=True)
        # Given as a setting of the connection it would clash with other connections of this
        # process to the same file, such as Intake's.
        connection.execute("SET enable_external_access = false")
    except duckdb.Error as error:
        raise LakeError(
            f"release {path} cannot be opened ({_first_line(error)}): publish again or restore the"
            " file from a copy"
        ) from error
    return connection


def read_info(connection: duckdb.DuckDBPyConnection) -> ReleaseInfo:
    """What an open release says about itself."""
    columns = ", ".join(schema.RELEASE.column_names)
    rows = connection.execute(f"SELECT {columns} FROM release").fetchall()  # noqa: S608
    if not rows:
        raise LakeError("a release without a row in its table release: publish again")
    values = dict(zip(schema.RELEASE.column_names, rows[0], strict=True))
    values["created_at"] = values["created_at"].replace(tzinfo=UTC)
    return ReleaseInfo(**values)


def _build(path: Path, number: int, ledger: Ledger) -> ReleaseInfo:
    with duckdb.connect(path) as connection, ledger.snapshot():
        info = ReleaseInfo(
            number=number,
            created_at=datetime.now(UTC),
            ionlake_version=__version__,
            format_version=FORMAT_VERSION,
            ledger_revision=ledger.revision,
            schema_digest=release_tables.schema_digest(),
        )
        release_tables.create(connection, ledger, vars(info))
        connection.execute("CHECKPOINT")
    return info


def _next_number(layout: LakeLayout) -> int:
    """A number that no release has or had; a note of a digest alone keeps its number taken."""
    names = (name.removesuffix(DIGEST_SUFFIX) for name in files.names_in(layout.releases))
    return max((release_number(name) or 0 for name in names), default=0) + 1


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]
