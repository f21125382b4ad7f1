"""What travels between a run and its workers. All small."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ionlake.pipeline.jobs import GridPlace
from ionlake.pipeline.md.select import Selected
from ionlake.pipeline.recipe import PotentialSettings
from ionlake.pipeline.rows import Row
from ionlake.structures.record import StructureRecord
from ionlake.transport.dynamics import Schedule
from ionlake.transport.settings import AnalysisSettings, MdSettings

Place = GridPlace
"""Where a trajectory is written, as the path and as rows name it."""


@dataclass(frozen=True, eq=False)
class MdJob:
    """One run of dynamics: a material, a temperature, a seed.

    Attributes:
        md_run_id: Identity of the run.
        md_series_id: Identity of the series it belongs to.
        structure: The crystal.
        settings: Settings of the dynamics.
        schedule: Temperature and times in steps.
        seed: Seed of velocities and thermostat.
        potential: What to load.
        potential_id: What that must be.
        analysis: Settings of the analysis.
        run_id: The run of the recipe.
    """

    md_run_id: str
    md_series_id: str
    structure: StructureRecord
    settings: MdSettings
    schedule: Schedule
    seed: int
    potential: PotentialSettings
    potential_id: str
    analysis: AnalysisSettings
    run_id: str


@dataclass(frozen=True, eq=False)
class MdTask:
    """A job with the material it was chosen for.

    Attributes:
        selected: The material.
        job: The run of dynamics.
        n_atoms: Atoms in the supercell.
        diffusivity_id: Identity of what the run will say.
    """

    selected: Selected
    job: MdJob
    n_atoms: int
    diffusivity_id: str

    @cached_property
    def label(self) -> str:
        """Material and temperature, for people."""
        label = f"{self.selected.material_id} {self.job.schedule.temperature_k:g} K"
        return label if len(self.job.settings.seeds) == 1 else f"{label} seed {self.job.seed}"


@dataclass(frozen=True)
class FinishedPiece:
    """A piece whose frames are staged.

    Attributes:
        first_step: Step at which it began.
        last_step: Step at which it ended.
        n_frames: Frames recorded in it.
        path: Their Zarr group, None where there are none.
        state: State at its end, as text.
        seconds: Time it took, s.
    """

    first_step: int
    last_step: int
    n_frames: int
    path: Path | None
    state: str
    seconds: float


@dataclass(frozen=True)
class FinishedRun:
    """A trajectory at its final path with the rows that commit it.

    Attributes:
        md_run: Row of ``md_runs``.
        diffusivity: Row of ``diffusivities``.
    """

    md_run: Row
    diffusivity: Row
