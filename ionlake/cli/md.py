"""``ionlake md``: molecular dynamics of the best candidates, and trajectories made elsewhere."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from ionlake.cli.exit_codes import ExitCode
from ionlake.cli.options import ClusterOption, JsonOption, LakeOption, WorkersOption, lake_path
from ionlake.cli.output import to_json

if TYPE_CHECKING:
    from ionlake.pipeline.md.report import MdSummary


class _RecipeFirst(TyperGroup):
    """``ionlake md RECIPE`` stands for ``ionlake md run RECIPE``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] != "--help":
            args = ["run", *args]
        parsed: list[str] = super().parse_args(ctx, args)
        return parsed


app = typer.Typer(
    cls=_RecipeFirst,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Molecular dynamics: ionlake md RECIPE.",
)


@app.command()
def run(
    recipe: Annotated[
        str, typer.Argument(help="A recipe file (kind: md), or the name of a shipped recipe.")
    ],
    lake: LakeOption = None,
    limit: Annotated[
        int | None,
        typer.Option("--limit", min=1, help="Simulate at most so many unfinished materials."),
    ] = None,
    max_hours: Annotated[
        float | None, typer.Option("--max-hours", min=0.0, help="Stop cleanly after this time.")
    ] = None,
    retry: Annotated[
        bool, typer.Option("--retry", help="Try quarantined materials again.")
    ] = False,
    cluster: ClusterOption = None,
    workers: WorkersOption = None,
    json: JsonOption = False,
) -> None:
    """Simulate candidates of a lake and extrapolate their conductivity to 300 K.

    Takes materials of the lake's current release as the recipe says, runs molecular dynamics at
    several temperatures with the potential of the scans, and writes the tables md_runs,
    diffusivities and conductivities. A run that was cut off goes on where it was, bit by bit.

    Exit status: 0 done, or stopped by --max-hours, 3 some runs failed, 4 another process writes to
    the lake, 130 interrupted (finished pieces are kept).

    \b
    Examples:
      ionlake md md_validation --lake /data/lake --limit 5
      ionlake md my_md.yaml --lake /data/lake --max-hours 12 --json
    """
    from ionlake.cli.md_progress import MdProgressReporter
    from ionlake.cli.run import cluster_settings, ended_by_signals
    from ionlake.pipeline.md.recipe import load_md_recipe
    from ionlake.pipeline.md.run import MdOptions, run_md

    loaded = load_md_recipe(recipe)
    settings = cluster_settings(loaded.cluster, cluster, workers)
    chosen = loaded.model_copy(update={"cluster": settings})
    seconds = None if max_hours is None else 3600.0 * max_hours
    options = MdOptions(max_seconds=seconds, limit=limit, retry=retry)
    with ended_by_signals(), MdProgressReporter() as reporter:
        summary = run_md(chosen, lake_path(lake), reporter, options)
    if json:
        told = asdict(summary) | {"interrupted": summary.interrupted}
        sys.stdout.write(to_json(told) + "\n")
    else:
        _show(summary)
    if summary.interrupted:
        raise typer.Exit(ExitCode.INTERRUPTED)
    if summary.failures:
        raise typer.Exit(ExitCode.PARTIAL)


@app.command(name="import")
def import_(
    files: Annotated[
        list[Path], typer.Argument(help="XDATCAR, vasprun.xml, extended XYZ or ASE .traj files.")
    ],
    material: Annotated[str, typer.Option("--material", help="Material of the lake.")],
    temperature_k: Annotated[
        float, typer.Option("--temperature-k", help="Temperature of the thermostat, K.")
    ],
    time_step_fs: Annotated[float, typer.Option("--time-step-fs", help="Time step, fs.")],
    frame_every: Annotated[
        int, typer.Option("--frame-every", min=1, help="Steps from frame to frame in the files.")
    ] = 1,
    skip_ps: Annotated[
        float, typer.Option("--skip-ps", min=0.0, help="Equilibration to leave out, ps.")
    ] = 0.0,
    fit_from_ps: Annotated[
        float, typer.Option("--fit-from-ps", help="Shortest time interval of the fit, ps.")
    ] = 5.0,
    mobile: Annotated[str, typer.Option("--mobile", help="Element that moves.")] = "Li",
    origin: Annotated[
        str, typer.Option("--origin", help="What made the files, such as 'VASP PBE'.")
    ] = "aimd",
    lake: LakeOption = None,
    json: JsonOption = False,
) -> None:
    """Analyse trajectories made elsewhere and keep them in the lake (method aimd).

    All files of one material and origin, whatever their temperature, make one Arrhenius fit; import
    those of each temperature by a command of its own. The cell must be constant.

    \b
    Examples:
      ionlake md import XDATCAR --material mp-1960 --temperature-k 1000 --time-step-fs 2
    """
    from ionlake.pipeline.md.imports import ImportSettings, import_trajectories
    from ionlake.transport.settings import AnalysisSettings

    settings = ImportSettings(
        material_id=material,
        temperature_k=temperature_k,
        time_step_fs=time_step_fs,
        frame_every=frame_every,
        skip_ps=skip_ps,
        mobile_species=mobile,
        origin=origin,
        analysis=AnalysisSettings(fit_from_ps=fit_from_ps),
    )
    done = import_trajectories(files, lake_path(lake), settings)
    if json:
        sys.stdout.write(to_json(asdict(done)) + "\n")
        return
    for path, told in done.said.items():
        sys.stdout.write(f"{path}: {told}\n")


def _show(summary: "MdSummary") -> None:
    note = sys.stderr.write
    note(
        f"{summary.md_runs_finished} runs of dynamics finished, {summary.md_runs_reused} reused, "
        f"{summary.md_runs_failed} failed, {summary.md_runs_pending} to go; "
        f"{summary.simulated_ps:.1f} ps at {summary.ns_per_day:.3g} ns/day\n"
    )
    if summary.interrupted:
        note("interrupted: what was done is kept, run again to go on\n")
    if summary.materials_quarantined:
        note(f"{summary.materials_quarantined} quarantined, see quarantine_reason in failures\n")
    note(f"next: ionlake query 'FROM md_validation' --lake {summary.lake}\n")
