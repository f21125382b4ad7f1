"""``ionlake query`` and ``ionlake rank``: ask a lake."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from ionlake.cli.options import JsonOption, LakeOption, ReleaseOption, lake_path
from ionlake.cli.output import Format, write_arrow
from ionlake.errors import LakeError, SettingsError

if TYPE_CHECKING:
    from ionlake.catalog.access import Lake

FormatOption = Annotated[Format, typer.Option("--format", help="table, csv, json or parquet.")]
OutputOption = Annotated[
    Path | None, typer.Option("--output", "-o", help="File to write instead of standard output.")
]

POOLS: Final = {"all": "", "no_transition_metal": "_no_transition_metal"}
"""What the columns of ranks end with, by pool."""


def query(
    sql: Annotated[str, typer.Argument(help="An SQL statement that reads.")],
    lake: LakeOption = None,
    release: ReleaseOption = None,
    how: FormatOption = Format.TABLE,
    output: OutputOption = None,
    json: JsonOption = False,
) -> None:
    """Ask the lake by SQL: its current release, or an older one.

    Tables and views: candidates, rankings, descriptors, ensemble_ranks, ensemble_descriptors,
    ensemble_members, materials, structures, scans, mobile_ions, labels, evaluations, failures,
    runs. DESCRIBE candidates lists columns; their comments say what they mean.

    \b
    Examples:
      ionlake query "SELECT formula, Xi, mpe FROM candidates ORDER BY Xi DESC LIMIT 10"
      ionlake query "FROM candidates WHERE list_contains(elements, 'S')" --format csv
      ionlake query "FROM descriptors" --format parquet -o descriptors.parquet
    """
    from ionlake.catalog.access import open_lake

    with open_lake(lake_path(lake), release=release) as opened:
        write_arrow(opened.arrow(sql), Format.JSON if json else how, output)


def rank(
    top: Annotated[int, typer.Option("--top", min=1, help="How many materials.")] = 20,
    pool: Annotated[
        str, typer.Option("--pool", help="all, or no_transition_metal (the paper's selection).")
    ] = "all",
    intervals: Annotated[
        bool,
        typer.Option("--intervals", help="The spread over all potentials, one row per material."),
    ] = False,
    lake: LakeOption = None,
    release: ReleaseOption = None,
    how: FormatOption = Format.TABLE,
    output: OutputOption = None,
    json: JsonOption = False,
) -> None:
    """List the best materials of the lake by Ξ.

    Materials are ranked within one mobile species, grid protocol and potential; the table names
    them. With --intervals, where several potentials have scanned the same materials with the same
    settings (an ensemble), each row has the best, median and worst place that they give a material
    among those that all of them have, and the range of its Ξ; ordered by the median. Potentials
    err alike, so the range is no confidence interval.

    \b
    Examples:
      ionlake rank --top 10
      ionlake rank --pool no_transition_metal --json
      ionlake rank --intervals --top 10
    """
    from ionlake.catalog.access import open_lake

    sql = intervals_sql(pool) if intervals else ranking_sql(pool)
    with open_lake(lake_path(lake), release=release) as opened:
        if intervals and not has_intervals(opened):
            raise LakeError(
                f"release {opened.release} of {opened.path} has no ensemble with materials in"
                " common: run a recipe that names several potentials under ensemble"
            )
        write_arrow(opened.arrow(sql, [top]), Format.JSON if json else how, output)


def ranking_sql(pool: str) -> str:
    """The statement that lists the best of a pool; its parameter is the lowest rank shown.

    Raises:
        SettingsError: If there is no such pool.
    """
    column = f"rank{_ending(pool)}"
    return f"""
        SELECT {column} AS rank, material_id, formula, Xi, mpe, percolation_barrier_1d_ev,
               percolation_barrier_2d_ev, percolation_barrier_3d_ev, min_image_distance_ang,
               mobile_species, grid_protocol, potential
        FROM candidates
        WHERE {column} <= ?
        ORDER BY mobile_species, potential, grid_protocol, {column}, material_id
    """  # noqa: S608 - the column is one of two constants


def intervals_sql(pool: str) -> str:
    """The statement that lists the best of an ensemble; its parameter is the number shown of each.

    Raises:
        SettingsError: If there is no such pool.
    """
    ending = _ending(pool)
    ensemble = """mobile_species, scan_protocol, grid_protocol, grid_spacing_ang,
        exclusion_radius_ang, accuracy"""
    return f"""
        SELECT rank_median{ending} AS rank_median, rank_low{ending} AS rank_low,
               rank_high{ending} AS rank_high, material_id, formula, Xi_mean, Xi_min, Xi_max,
               Xi_std, n_members, n_ranked, mobile_species, grid_protocol
        FROM ensemble_ranks
        WHERE rank_median{ending} IS NOT NULL
        QUALIFY row_number() OVER (
            PARTITION BY {ensemble} ORDER BY rank_median{ending}, Xi_mean DESC, material_id
        ) <= ?
        ORDER BY {ensemble}, rank_median{ending}, Xi_mean DESC, material_id
    """  # noqa: S608 - the ending is one of two constants


def has_intervals(lake: "Lake") -> bool:
    """Whether several potentials have ranked the same materials in the release that is open."""
    there = "SELECT 1 FROM duckdb_tables() WHERE table_name = 'ensemble_ranks'"
    ranked = "SELECT 1 FROM ensemble_ranks WHERE rank_median IS NOT NULL LIMIT 1"
    return all(bool(lake.arrow(sql).num_rows) for sql in (there, ranked))


def _ending(pool: str) -> str:
    if pool not in POOLS:
        raise SettingsError(f"pool is {pool!r}; expected {' or '.join(POOLS)}")
    return POOLS[pool]
