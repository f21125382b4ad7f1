"""What workers do: a piece of a run, and the end of one.

A piece writes its frames under an attempt of its own and returns the state at its end; it counts
once the run that sent it has committed both.
"""

import threading
import time
from collections.abc import Sequence
from dataclasses import fields
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np

from ionlake.lake.layout import another_attempt
from ionlake.lake.trajectories import (
    TRACES,
    frames_dataset,
    open_trajectory,
    read_pieces,
    read_trajectory,
    trajectory_dataset,
    write_frames,
)
from ionlake.pipeline.admission import require_potential
from ionlake.pipeline.md.jobs import FinishedPiece, FinishedRun, MdJob, Place
from ionlake.pipeline.md.rows import diffusivity_row, md_run_row
from ionlake.pipeline.recipe import PotentialSettings
from ionlake.pipeline.rows import Row
from ionlake.potentials.forces import ForceField, load_force_field
from ionlake.structures.record import StructureRecord
from ionlake.structures.supercell import Supercell, make_supercell
from ionlake.transport.analysis import analyse
from ionlake.transport.dynamics import Frames, advance
from ionlake.transport.identity import diffusivity_id
from ionlake.transport.state import MdState, initial_state
from ionlake.transport.trajectory import Trajectory

LONGEST_PIECE_S: Final = 120.0
"""A piece ends after about this time, however many steps it was to have."""

_TRIAL_STEPS: Final = 5


def piece_step(job: MdJob, state: str | None, n_steps: int, path: Path) -> FinishedPiece:
    """Go on with a run by one piece.

    Args:
        job: The run.
        state: Where it is, None at its start.
        n_steps: Steps of the piece at most; where steps take long it is shorter.
        path: Where the frames are staged; a fresh attempt of it is used.

    Raises:
        WorkerRefusedError: The potential is another one here.
        PotentialError: It fails, or the run blows up.
    """
    started = time.perf_counter()
    force_field = worker_force_field(job.potential)
    require_potential(force_field.card, job.potential_id)
    if state is None:
        supercell = _supercell(job)
        before = initial_state(supercell, job.schedule.temperature_k, job.seed)
    else:
        before = MdState.from_text(state)
    after, frames = _advance_a_while(job, before, force_field.calculator, n_steps)
    n_frames, staged = len(frames.positions), None
    if n_frames:
        staged = another_attempt(path)
        write_frames(staged, frames_dataset(frames, job.schedule.frame_fs / 1000))
    seconds = time.perf_counter() - started
    return FinishedPiece(before.step, after.step, n_frames, staged, after.to_text(), seconds)


def finish_step(
    job: MdJob, pieces: Sequence[tuple[Path, int]], place: Place, seconds: float
) -> FinishedRun:
    """Join the pieces of a run, analyse and write its trajectory.

    Args:
        job: The run.
        pieces: Paths and numbers of frames of its pieces, in order.
        place: Where the trajectory is written.
        seconds: Time that workers were at the pieces, s.

    Raises:
        LakeError: A piece cannot be read, or the trajectory cannot be written.
        SettingsError: The run is too short for any analysis.
    """
    frames, supercell = read_pieces(pieces), _supercell(job)
    element = job.structure.atomic_numbers[
        job.structure.mobile_sites(job.settings.mobile_species)[0]
    ]
    trajectory = Trajectory(
        cell=supercell.cell,
        numbers=supercell.numbers,
        mobile=supercell.numbers == element,
        reference=supercell.positions,
        positions=frames.positions,
        frame_ps=job.schedule.frame_fs / 1000,
        temperature_k=job.schedule.temperature_k,
    )
    found = analyse(trajectory, job.settings.mobile_species, job.analysis)
    traces = {name: np.asarray(getattr(frames, name)) for name in TRACES}
    potential = worker_force_field(job.potential).card.name
    dataset = trajectory_dataset(trajectory, traces, _attributes(job, supercell, potential))
    place = place.anew()
    digest = write_frames(place.path, dataset)
    row = md_run_row(job, supercell, frames, potential, (place.relative, digest), seconds)
    identity = diffusivity_id(job.md_run_id, job.analysis)
    return FinishedRun(row, diffusivity_row(identity, row, found, job.analysis))


def analyse_step(job: MdJob, md_run: Row, path: Path) -> FinishedRun:
    """Analyse a stored trajectory again, because the analysis or its settings have changed.

    Args:
        job: The run.
        md_run: Its row of ``md_runs``.
        path: Its trajectory.

    Raises:
        LakeError: The trajectory cannot be opened.
        SettingsError: The run is too short for such an analysis.
    """
    trajectory = read_trajectory(open_trajectory(path).load())
    found = analyse(trajectory, job.settings.mobile_species, job.analysis)
    identity = diffusivity_id(job.md_run_id, job.analysis)
    row = diffusivity_row(identity, md_run | {"run_id": job.run_id}, found, job.analysis)
    return FinishedRun(md_run, row)


def worker_force_field(settings: PotentialSettings) -> ForceField:
    """The potential of this thread with its forces, loaded once; on the CPU it has one core.

    Calculators keep what they computed last, so that no two threads may share one.

    Args:
        settings: What to load.
    """
    kept: tuple[PotentialSettings, ForceField] | None = getattr(_OF_THREAD, "kept", None)
    if kept is None or kept[0] != settings:
        import torch

        torch.set_num_threads(1)
        force_field = load_force_field(settings.name, device=settings.device, dtype=settings.dtype)
        kept = _OF_THREAD.kept = (settings, force_field)
    return kept[1]


_OF_THREAD: Final = threading.local()


def _advance_a_while(
    job: MdJob, before: MdState, calculator: Any, n_steps: int
) -> tuple[MdState, Frames]:
    """Some steps to see what one takes, then those that fit into the time of a piece."""
    started = time.perf_counter()
    state, first = advance(before, job.schedule, calculator, min(_TRIAL_STEPS, n_steps))
    per_step = (time.perf_counter() - started) / _TRIAL_STEPS
    rest = min(n_steps - _TRIAL_STEPS, round(LONGEST_PIECE_S / max(per_step, 1e-9)))
    if rest <= 0:
        return state, first
    state, second = advance(state, job.schedule, calculator, rest)
    names = [each.name for each in fields(Frames)]
    joined = (np.concatenate([getattr(first, name), getattr(second, name)]) for name in names)
    return state, Frames(*joined)


def _supercell(job: MdJob) -> Supercell:
    return _made(job.structure, job.settings.min_image_distance_ang)


@lru_cache(maxsize=2)
def _made(structure: StructureRecord, min_image_distance_ang: float) -> Supercell:
    return make_supercell(structure, min_image_distance_ang)


def _attributes(job: MdJob, supercell: Supercell, potential: str) -> dict[str, object]:
    return {
        "md_run_id": job.md_run_id,
        "structure_id": job.structure.structure_id,
        "mobile_species": job.settings.mobile_species,
        "method": "mlmd",
        "potential": potential,
        "potential_id": job.potential_id,
        "seed": job.seed,
        "thermostat": job.schedule.thermostat,
        "time_step_fs": job.schedule.step_fs,
        "supercell": list(supercell.repeats),
    }
