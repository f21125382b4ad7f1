"""Dropping old releases, what nothing else names, and summaries that newer ones replace."""

from collections.abc import Collection, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass

import duckdb

from ionlake.errors import LakeError, SettingsError
from ionlake.lake import files, schema
from ionlake.lake.digests import digest_file
from ionlake.lake.integrity.listing import list_files, release_sizes
from ionlake.lake.layout import LakeLayout
from ionlake.lake.release import current_release, open_release_file
from ionlake.lake.summaries import Answers, read_answers
from ionlake.lake.writer import LakeWriter


@dataclass(frozen=True)
class Pruning:
    """What is dropped.

    Attributes:
        releases: Numbers of the releases.
        grids: Grids, relative to the lake.
        trajectories: Trajectories, relative to the lake.
        summaries: Kept answers of databases, relative to the lake.
        kept: Numbers of the releases that stay.
        freed_bytes: Size of all that is dropped.
    """

    releases: tuple[int, ...]
    grids: tuple[str, ...]
    trajectories: tuple[str, ...]
    summaries: tuple[str, ...]
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


def unnamed(
    there: Collection[str], ledger: Collection[str], releases: Iterable[Collection[str]]
) -> tuple[str, ...]:
    """Grids or trajectories that neither the ledger nor a kept release names.

    Args:
        there: All of the lake.
        ledger: Those that rows of the ledger name.
        releases: Those that each kept release names.
    """
    return tuple(sorted(set(there) - set(ledger) - set[str]().union(*releases)))


def replaced_summaries(came: Mapping[str, str]) -> tuple[str, ...]:
    """Kept answers of a database that a newer one to the same question replaces.

    Args:
        came: When each came, by its path, whose name is the question's.
    """
    return tuple(sorted(set(came) - set(Answers(came).newest.values())))


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
    named = [_named(layout, number) for number in kept]
    ledger = writer.ledger
    scans = {row["grid_path"] for row in ledger.rows(schema.SCANS)}
    runs = {row["trajectory_path"] for row in ledger.rows(schema.MD_RUNS)}
    grids = unnamed(listing.grids, scans, [names.grids for names in named])
    trajectories = unnamed(listing.trajectories, runs, [names.trajectories for names in named])
    summaries = replaced_summaries(read_answers(layout).came)
    sizes = release_sizes(layout)
    freed = sum(sizes[number] for number in dropped)
    freed += sum(layout.resolve(path).stat().st_size for path in summaries)
    for group in (*grids, *trajectories):
        of_files = listing.sizes.get(group) or files.sizes_below(layout.resolve(group))
        freed += sum(of_files.values())
    return Pruning(dropped, grids, trajectories, summaries, kept, freed)


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
    for group in (*pruning.grids, *pruning.trajectories):
        files.remove_tree(writer.layout.resolve(group))
    for summary in pruning.summaries:
        files.remove(writer.layout.resolve(summary))


@dataclass(frozen=True)
class _Named:
    """What a release names, relative to the lake."""

    grids: frozenset[str]
    trajectories: frozenset[str]


def _named(layout: LakeLayout, number: int) -> _Named:
    try:
        with closing(open_release_file(layout.release(number))) as connection:
            tables = {name for (name,) in connection.execute("SHOW TABLES").fetchall()}
            grids = connection.execute("SELECT grid_path FROM scans").fetchall()
            runs = (
                connection.execute("SELECT trajectory_path FROM md_runs").fetchall()
                if "md_runs" in tables  # older releases have none
                else []
            )
    except (LakeError, duckdb.Error) as error:
        raise LakeError(
            f"release {number} cannot be read, so that the grids it names are not known"
            f" ({str(error).splitlines()[0]}): run ionlake repair first"
        ) from error
    return _Named(*(frozenset(path for (path,) in rows) for rows in (grids, runs)))
