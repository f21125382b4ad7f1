"""The releases of a lake, one line for each."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime

import duckdb

from ionlake.errors import LakeError
from ionlake.lake.integrity.listing import release_sizes
from ionlake.lake.layout import LakeLayout
from ionlake.lake.release import current_path, open_release_file, read_info


@dataclass(frozen=True)
class ReleaseSummary:
    """One release.

    Attributes:
        number: Its number.
        current: Whether readers get it when they name none.
        created_at: When it was built, UTC; None if it cannot be read, as what follows.
        materials: Materials in it.
        ranked: Materials that it ranks.
        ionlake_version: Version of ionlake that built it.
        size_bytes: Size of its file.
        error: Why it cannot be read, None if it can.
    """

    number: int
    current: bool
    created_at: datetime | None
    materials: int | None
    ranked: int | None
    ionlake_version: str | None
    size_bytes: int
    error: str | None = None


def list_releases(layout: LakeLayout) -> tuple[ReleaseSummary, ...]:
    """All releases of a lake, the oldest first; damaged ones say why they cannot be read."""
    return tuple(_summaries(layout))


def _summaries(layout: LakeLayout) -> Iterator[ReleaseSummary]:
    try:
        current = current_path(layout)
    except LakeError:
        current = None
    for number, size in release_sizes(layout).items():
        path = layout.release(number)
        is_current = path == current
        try:
            with closing(open_release_file(path)) as connection:
                info = read_info(connection)
                counted = connection.execute(
                    "SELECT (SELECT count(*) FROM materials),"
                    " (SELECT count(DISTINCT material_id) FROM rankings WHERE rank IS NOT NULL)"
                ).fetchone()
        except (LakeError, duckdb.Error) as error:
            reason = str(error).splitlines()[0]
            yield ReleaseSummary(number, is_current, None, None, None, None, size, reason)
            continue
        materials, ranked = counted or (None, None)
        version = info.ionlake_version
        yield ReleaseSummary(number, is_current, info.created_at, materials, ranked, version, size)
