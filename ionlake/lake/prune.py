"""Dropping old releases, and the grids that nothing else names."""

from collections.abc import Collection, Mapping
from contextlib import closing
from dataclasses import dataclass

import duckdb

from ionlake.errors import LakeError, SettingsError
from ionlake.lake import files, schema
from ionlake.lake.digests import digest_file
from ionlake.lake.integrity.listing import list_files, release_sizes
from ionlake.lake.layout import LakeLayout
from ionlake.lake.release import current_release, open_release_file
from ionlake.lake.writer import LakeWriter


@dataclass(frozen=True)
class Pruning:
    """What is dropped.

    Attributes:
        releases: Numbers of the releases.
        grids: Grids, relative to the lake.
        kept: Numbers of the releases that stay.
        freed_bytes: Size of all that is dropped.
    """

    releases: tuple[int, ...]
    grids: tuple[str, ...]
    kept: tuple[int, ...]
    freed_bytes: int


def kept_releases(numbers: Collection[int], current: int | None, keep: int) -> tuple[int, ...]:
    """The newest releases, and the current one whatever its number.

    Args:
        numbers: All releases.
        current: The current one.
        keep: How many of the newest stay.

    Raises:
        SettingsError: None would stay.
    """
    if keep < 1:
        raise SettingsError(f"keep is {keep}; expected at least 1, the current release")
    newest = sorted(numbers)[-keep:]
    return tuple(sorted({*newest, *(() if current is None else (current,))}))


def unnamed_grids(
    there: Collection[str], ledger: Collection[str], releases: Mapping[int, Collection[str]]
) -> tuple[str, ...]:
    """Grids that neither the ledger nor a kept release names.

    Args:
        there: All grids of the lake.
        ledger: Those that rows of the ledger name.
        releases: Those that each kept release names.
    """
    return tuple(sorted(set(there) - set(ledger) - set[str]().union(*releases.values())))


def plan_pruning(writer: LakeWriter, keep: int) -> Pruning:
    """Work out what can go.

    Args:
        writer: The lake, open for writing: no grid is on its way.
        keep: How many of the newest releases stay; the current one always does.

    Raises:
        SettingsError: None would stay.
        LakeError: A release that stays cannot be read, so that nobody knows what it names.
    """
    layout, listing = writer.layout, list_files(writer.layout)
    current = current_release(layout)
    kept = kept_releases(listing.releases, None if current is None else current.number, keep)
    dropped = tuple(number for number in listing.releases if number not in kept)
    named = {number: _named(layout, number) for number in kept}
    in_ledger = {row["grid_path"] for row in writer.ledger.rows(schema.SCANS)}
    grids = unnamed_grids(listing.grids, in_ledger, named)
    sizes = release_sizes(layout)
    freed = sum(sizes[number] for number in dropped)
    for grid in grids:
        of_files = listing.sizes.get(grid) or files.sizes_below(layout.resolve(grid))
        freed += sum(of_files.values())
    return Pruning(dropped, grids, kept, freed)


def prune_lake(writer: LakeWriter, pruning: Pruning) -> None:
    """Drop what was planned: releases first, so that none ever names a grid that is gone.

    Args:
        writer: The same lake, still open.
        pruning: From `plan_pruning`.

    Raises:
        OSError: A file cannot be removed.
        StoreError: The store does not answer or refuses; the same again completes it.
    """
    for number in pruning.releases:
        path = writer.layout.release(number)
        files.remove(path)
        files.remove(digest_file(path))
    for grid in pruning.grids:
        files.remove_tree(writer.layout.resolve(grid))


def _named(layout: LakeLayout, number: int) -> frozenset[str]:
    try:
        with closing(open_release_file(layout.release(number))) as connection:
            rows = connection.execute("SELECT grid_path FROM scans").fetchall()
    except (LakeError, duckdb.Error) as error:
        raise LakeError(
            f"release {number} cannot be read, so that the grids it names are not known"
            f" ({str(error).splitlines()[0]}): run ionlake repair first"
        ) from error
    return frozenset(path for (path,) in rows)
