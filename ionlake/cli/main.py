"""Entry point of the ``ionlake`` command: commands, errors and exit status."""

import logging
import sys
from typing import Annotated

import typer

from ionlake import __version__
from ionlake.cli import figure, md
from ionlake.cli.descriptors import descriptors
from ionlake.cli.doctor import doctor
from ionlake.cli.evaluate import evaluate
from ionlake.cli.exit_codes import ExitCode, exit_code
from ionlake.cli.explain import explain
from ionlake.cli.explore import explore, report
from ionlake.cli.export import export
from ionlake.cli.labels import labels
from ionlake.cli.merge import merge
from ionlake.cli.package import package
from ionlake.cli.pathway import pathway, trace
from ionlake.cli.plan import plan
from ionlake.cli.query import query, rank
from ionlake.cli.releases import diff, releases
from ionlake.cli.run import quickstart, run
from ionlake.cli.simulate import simulate
from ionlake.cli.sql import sql
from ionlake.cli.status import status
from ionlake.cli.update import update
from ionlake.cli.upkeep import migrate, prune, repair, verify
from ionlake.cli.why import why
from ionlake.errors import IonlakeError

app = typer.Typer(
    name="ionlake",
    help="Find solid ionic conductors: scan crystals, keep the results in a lake, ask it by SQL.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for command in (
    *(quickstart, plan, simulate, run, update, merge, why, descriptors, query, sql, rank, status),
    *(
        explore,
        report,
        explain,
        pathway,
        trace,
        export,
        package,
        evaluate,
        releases,
        diff,
        verify,
        repair,
        prune,
        migrate,
        doctor,
    ),
):
    app.command()(command)
app.add_typer(labels)
app.add_typer(md.app, name="md")
app.add_typer(figure.app, name="figure")


@app.callback(invoke_without_command=True)
def root(
    version: Annotated[bool, typer.Option("--version", help="Show the version.")] = False,
    debug: Annotated[
        bool, typer.Option("--debug", help="Show tracebacks; may stand anywhere in the command.")
    ] = False,
) -> None:
    """Find solid ionic conductors: scan crystals, keep the results in a lake, ask it by SQL."""
    if version:
        sys.stdout.write(f"ionlake {__version__}\n")
        raise typer.Exit
    del debug  # taken out of the arguments by main


def main() -> None:
    """Run the command; errors are one line on standard error and an exit status."""
    arguments = [argument for argument in sys.argv[1:] if argument != "--debug"]
    debug = len(arguments) < len(sys.argv) - 1
    if debug:
        logging.getLogger("ionlake").setLevel(logging.DEBUG)
    try:
        app(arguments)
    except Exception as error:
        if debug:
            raise
        sys.exit(_report(error))


def _report(error: Exception) -> ExitCode:
    if isinstance(error, IonlakeError):
        sys.stderr.write(f"ionlake: {error}\n")
        return exit_code(error)
    if isinstance(error, OSError):
        where = f" {error.filename}" if error.filename else ""
        sys.stderr.write(f"ionlake: cannot read or write{where}: {error.strerror or error}\n")
        return ExitCode.ERROR
    sys.stderr.write(
        f"ionlake: unexpected {type(error).__name__}: {error} "
        "(run again with --debug for the traceback)\n"
    )
    return ExitCode.ERROR
