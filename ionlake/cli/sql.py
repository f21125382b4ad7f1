"""``ionlake sql``: an interactive shell over a lake, or statements from a pipe."""

import sys
from typing import Annotated

import typer

from ionlake.cli.options import LakeOption, ReleaseOption, lake_path
from ionlake.cli.query import TimeoutOption


def sql(
    lake: LakeOption = None,
    release: ReleaseOption = None,
    timeout: TimeoutOption = None,
    rows: Annotated[
        int, typer.Option("--rows", min=1, help="Most rows shown of an answer; a pipe shows all.")
    ] = 100,
) -> None:
    """Ask the lake by SQL, statement by statement.

    A statement ends with ; and may take several lines. .help lists tables, macros and commands,
    .schema NAME explains one; Ctrl-C stops a statement, .quit or Ctrl-D ends. With
    pip install 'ionlake[shell]' there is completion by Tab, and a history that stays.

    Statements may also come from a pipe or a file; the first wrong one ends it.

    \b
    Examples:
      ionlake sql
      echo "FROM best_by_chemistry;" | ionlake sql
    """
    from ionlake.catalog.access import open_lake
    from ionlake.cli.shell.loop import interactive, piped

    with open_lake(lake_path(lake), release=release) as opened:
        if sys.stdin.isatty():
            interactive(opened, timeout, rows)
        else:
            piped(opened, sys.stdin, timeout)
