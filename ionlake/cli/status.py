"""``ionlake status``: what is in a lake and who writes to it."""

import sys
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from ionlake.cli.options import JsonOption, LakeOption, ReleaseOption, lake_path
from ionlake.cli.output import print_table, to_json


def status(
    lake: LakeOption = None, release: ReleaseOption = None, json: JsonOption = False
) -> None:
    """Show what a lake holds, its release, its last run and its writer.

    Works during a run. Counts are those of the ledger, or of a release where one is named.

    For monitoring, with --json: release_age_seconds, pending (materials still
    to be computed; null where merged lakes do not tell), failed, quarantined, tombstones,
    last_run_status (running, cut off, finished, stopped, interrupted or failed),
    materials_per_hour and energies_per_hour of the last run.

    \b
    Examples:
      ionlake status
      ionlake status --lake /data/lake --json
      ionlake status --release 41
    """
    from ionlake.lake.marker import find_lake

    layout = find_lake(lake_path(lake))
    facts = lake_status(layout) if release is None else release_status(layout, release)
    if json:
        sys.stdout.write(to_json(facts) + "\n")
    else:
        print_table(
            ["fact", "value"],
            [
                [name.replace("_", " "), "-" if value is None else str(value)]
                for name, value in facts.items()
            ],
        )


def lake_status(layout: Any) -> dict[str, Any]:
    """Counts of the ledger, the current release, the last run and the process that writes.

    Args:
        layout: Paths of the lake.
    """
    from ionlake.errors import LakeError
    from ionlake.lake import schema
    from ionlake.lake.health import Health, read_health
    from ionlake.lake.lock import active_holder
    from ionlake.lake.ownership import read_ledger
    from ionlake.lake.release import current_release

    with read_ledger(layout) as ledger:
        counts = {table.name: ledger.count(table) for table in schema.TABLES}
        staged = ledger.count(schema.STAGED_BLOCKS)
        pieces = ledger.count(schema.STAGED_PIECES)
        holder = active_holder(layout)
        health = Health()
        with suppress(LakeError):  # a ledger from before these columns
            health = read_health(ledger, writing=holder is not None)
    release = current_release(layout)
    age = None if release is None else (datetime.now(UTC) - release.created_at).total_seconds()
    return {
        "lake": str(layout.root),
        "release": None if release is None else release.number,
        "release_age_seconds": age,
        **counts,
        "staged_blocks": staged,
        "staged_pieces": pieces,
        **asdict(health),
        "writer_pid": None if holder is None else holder.pid,
        "writer_host": None if holder is None else holder.host,
        "writer_since": None if holder is None else holder.started_at,
    }


def release_status(layout: Any, number: int) -> dict[str, Any]:
    """Counts of one release.

    Args:
        layout: Paths of the lake.
        number: Number of the release.
    """
    from contextlib import closing

    from ionlake.lake import schema
    from ionlake.lake.reader import ReleaseReader

    with closing(ReleaseReader.open(layout, number)) as release:
        there = {row["name"] for row in release.rows("SHOW TABLES")}
        counts = {
            table.name: release.rows(f"SELECT count(*) AS n FROM {table.name}")[0]["n"]  # noqa: S608
            for table in schema.TABLES
            if table.name in there
        }
        info = release.info
    return {
        "lake": str(layout.root),
        "release": info.number,
        "created_at": info.created_at,
        "release_age_seconds": (datetime.now(UTC) - info.created_at).total_seconds(),
        "ionlake_version": info.ionlake_version,
        **counts,
    }
