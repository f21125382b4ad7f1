"""``ionlake query`` and ``ionlake rank``: ask a lake."""

from pathlib import Path
from typing import Annotated, Final

import typer

from ionlake.cli.options import JsonOption, LakeOption, ReleaseOption, lake_path
from ionlake.cli.output import Format, write_arrow
from ionlake.errors import SettingsError

FormatOption = Annotated[Format, typer.Option("--format", help="table, csv, json or parquet.")]
OutputOption = Annotated[
    Path | None, typer.Option("--output", "-o", help="File to write instead of standard output.")
]

TimeoutOption = Annotated[
    float | None,
    typer.Option("--timeout", min=0.01, metavar="SECONDS", help="Stop a statement after this."),
]

POOLS: Final = {"all": "rank", "no_transition_metal": "rank_no_transition_metal"}


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

    Tables and views: candidates, best_by_chemistry, rankings, descriptors, grids, md_validation,
    materials, structures, scans, grid_chunks, mobile_ions, labels, evaluations, failures, runs.
    DESCRIBE candidates lists columns; their comments say what they mean.

    Macros: by_chemical_system(system), by_elements(all_of, none_of, within),
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
    pool: Annotated[
        str, typer.Option("--pool", help="all, or no_transition_metal (the paper's selection).")
    ] = "all",
    lake: LakeOption = None,
    release: ReleaseOption = None,
    how: FormatOption = Format.TABLE,
    output: OutputOption = None,
    json: JsonOption = False,
) -> None:
    """List the best materials of the lake by Ξ.

    Materials are ranked within one mobile species, grid protocol and potential; the table names
    them.

    \b
    Examples:
      ionlake rank --top 10
      ionlake rank --pool no_transition_metal --json
    """
    from ionlake.catalog.access import open_lake

    sql = ranking_sql(pool)
    with open_lake(lake_path(lake), release=release) as opened:
        write_arrow(opened.arrow(sql, [top]), Format.JSON if json else how, output)


def ranking_sql(pool: str) -> str:
    """The statement that lists the best of a pool; its parameter is the lowest rank shown.

    Raises:
        SettingsError: If there is no such pool.
    """
    if pool not in POOLS:
        raise SettingsError(f"pool is {pool!r}; expected {' or '.join(POOLS)}")
    column = POOLS[pool]
    return f"""
        SELECT {column} AS rank, material_id, formula, Xi, mpe, percolation_barrier_1d_ev,
               percolation_barrier_2d_ev, percolation_barrier_3d_ev, min_image_distance_ang,
               mobile_species, grid_protocol, potential
        FROM candidates
        WHERE {column} <= ?
        ORDER BY mobile_species, potential, grid_protocol, {column}, material_id
    """  # noqa: S608 - the column is one of two constants
