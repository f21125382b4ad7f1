"""``ionlake query`` and ``ionlake rank``: ask a lake."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from ionlake.cli.options import JsonOption, LakeOption, ReleaseOption, lake_path
from ionlake.cli.output import Format, write_arrow
from ionlake.errors import LakeError, QueryError, SettingsError

if TYPE_CHECKING:
    from ionlake.catalog.access import Lake

FormatOption = Annotated[Format, typer.Option("--format", help="table, csv, json or parquet.")]
OutputOption = Annotated[
    Path | None, typer.Option("--output", "-o", help="File to write instead of standard output.")
]

TimeoutOption = Annotated[
    float | None,
    typer.Option("--timeout", min=0.01, metavar="SECONDS", help="Stop a statement after this."),
]

POOLS: Final = {"all": "", "no_transition_metal": "_no_transition_metal"}
"""What the columns of ranks end with, by pool."""


def query(
    sql: Annotated[str, typer.Argument(help="An SQL statement that reads.")],
    lake: LakeOption = None,
    release: ReleaseOption = None,
    timeout: TimeoutOption = None,
    how: FormatOption = Format.TABLE,
    output: OutputOption = None,
    json: JsonOption = False,
) -> None:
    """Ask the lake by SQL: its current release, or an older one.

    Tables and views: candidates, best_by_chemistry, rankings, rankings_image_safe, descriptors,
    ensemble_ranks, ensemble_descriptors, ensemble_members, md_validation, materials, structures,
    scans, grids, grid_chunks, mobile_ions, labels, evaluations, failures, runs. DESCRIBE candidates
    lists columns; their comments say what they mean.

    Macros: by_chemical_system(chemistry), by_elements(all_of, none_of, within),
    by_stability(hull_ev_per_atom, gap_ev). Over the grids: pes(material), level_map(material),
    grid_stats(material), sites_below(below_ev, beyond_ang), pes_at(material, ion, x, y, z),
    free_volume(material, threshold_ev), connected_free_volume(material, threshold_ev).
    ionlake sql explains them (.help).

    \b
    Examples:
      ionlake query "SELECT formula, Xi, mpe FROM candidates ORDER BY Xi DESC LIMIT 10"
      ionlake query "FROM by_elements(all_of := ['S'], none_of := ['Ge'])"
      ionlake query "FROM grid_stats('mp-1138')" --timeout 60
      ionlake query "FROM candidates WHERE list_contains(elements, 'S')" --format csv
      ionlake query "FROM descriptors" --format parquet -o descriptors.parquet
    """
    from ionlake.catalog.access import open_lake

    with open_lake(lake_path(lake), release=release) as opened:
        write_arrow(opened.arrow(sql, timeout_s=timeout), Format.JSON if json else how, output)


def rank(
    top: Annotated[int, typer.Option("--top", min=1, help="How many materials.")] = 20,
    image_safe: Annotated[
        bool,
        typer.Option("--image-safe", help="One list in which no ion meets its own image nearby."),
    ] = False,
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

    Materials are ranked within one mobile species, scan protocol, grid protocol and potential; the
    table names them. With --image-safe a small cell stands with the scan of its supercell
    (min_image_distance_ang in the recipe), beside larger cells as they are; without such a scan it
    is left out.

    With --intervals, where several potentials have scanned the same materials with the same
    settings (an ensemble), each row has the best, median and worst place that they give a material
    among those that all of them have, and the range of its Ξ; ordered by the median. Potentials
    err alike, so the range is no confidence interval.

    \b
    Examples:
      ionlake rank --top 10
      ionlake rank --pool no_transition_metal --json
      ionlake rank --image-safe
      ionlake rank --intervals --top 10
    """
    from ionlake.catalog.access import open_lake

    if image_safe and intervals:
        raise SettingsError("--image-safe and --intervals are two lists: ask for one of them")
    sql = intervals_sql(pool) if intervals else ranking_sql(pool, image_safe=image_safe)
    with open_lake(lake_path(lake), release=release) as opened:
        if image_safe:
            _tell_left_out(opened, pool)
        if intervals and not has_intervals(opened):
            raise LakeError(
                f"release {opened.release} of {opened.path} has no ensemble with materials in"
                " common: run a recipe that names several potentials under ensemble"
            )
        write_arrow(opened.arrow(sql, [top]), Format.JSON if json else how, output)


def ranking_sql(pool: str, *, image_safe: bool = False) -> str:
    """The statement that lists the best of a pool; its parameter is the lowest rank shown.

    Args:
        pool: ``all`` or ``no_transition_metal``.
        image_safe: Places in ``rankings_image_safe`` instead of ``rankings``.

    Raises:
        SettingsError: If there is no such pool.
    """
    column, places, distance = f"rank{pool_ending(pool)}", "rankings", ""
    if image_safe:
        places, distance = "rankings_image_safe", "safe_image_distance_ang, "
    kept_apart = "safe_image_distance_ang" if image_safe else "places.scan_protocol"
    return f"""
        SELECT places.{column} AS rank, material_id, places.formula, places.Xi, places.mpe,
               percolation_barrier_1d_ev, percolation_barrier_2d_ev, percolation_barrier_3d_ev,
               {distance}candidates.min_image_distance_ang, places.scan_protocol,
               places.mobile_species, places.grid_protocol, places.potential
        FROM {places} AS places
        JOIN candidates USING (material_id, scan_id)
        WHERE places.{column} <= ?
        ORDER BY places.mobile_species, places.potential, places.grid_protocol, {kept_apart},
                 places.{column}, material_id
    """  # noqa: S608 - put together from constants


def _tell_left_out(lake: "Lake", pool: str) -> None:
    """Note on standard error how many ranked materials are in no image-safe list.

    Raises:
        QueryError: The release is older than these lists.
    """
    if "rankings_image_safe" not in lake.arrow(_RELATIONS)["table_name"].to_pylist():
        raise QueryError(
            f"release {lake.release} has no table rankings_image_safe, an older ionlake made it:"
            " ask a newer release, or run a recipe once to publish one"
        )
    left_out = lake.arrow(_LEFT_OUT.format(place=f"rank{pool_ending(pool)}"))["n"][0].as_py()
    if left_out:
        sys.stderr.write(
            f"ionlake: materials left out: {left_out}, scanned only in cells in which the ion meets"
            " its own image; run a recipe with min_image_distance_ang in its section scan\n"
        )


_RELATIONS: Final = "SELECT table_name FROM duckdb_tables()"
_LEFT_OUT: Final = """
    SELECT count(DISTINCT material_id) AS n
    FROM rankings
    ANTI JOIN rankings_image_safe USING (
        material_id, mobile_species, grid_protocol, grid_spacing_ang, exclusion_radius_ang,
        accuracy, symmetry_mode, potential_id
    )
    WHERE {place} IS NOT NULL
"""


def intervals_sql(pool: str) -> str:
    """The statement that lists the best of an ensemble; its parameter is the number shown of each.

    Raises:
        SettingsError: If there is no such pool.
    """
    ending = pool_ending(pool)
    ensemble = """mobile_species, scan_protocol, grid_protocol, grid_spacing_ang,
        exclusion_radius_ang, accuracy"""
    return f"""
        SELECT rank_median{ending} AS rank_median, rank_low{ending} AS rank_low,
               rank_high{ending} AS rank_high, material_id, formula, Xi_mean, Xi_min, Xi_max,
               Xi_std, n_members, n_ranked, mobile_species, scan_protocol, grid_protocol
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


def pool_ending(pool: str) -> str:
    """What the columns of ranks end with in a pool.

    Raises:
        SettingsError: If there is no such pool.
    """
    if pool not in POOLS:
        raise SettingsError(f"pool is {pool!r}; expected {' or '.join(POOLS)}")
    return POOLS[pool]
