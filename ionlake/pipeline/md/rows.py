"""Rows of the tables of dynamics. Pure."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from ionlake.geometry import shortest_lattice_vector, volume
from ionlake.lake import schema
from ionlake.pipeline.md.jobs import MdJob
from ionlake.pipeline.rows import Row
from ionlake.structures.supercell import Supercell
from ionlake.transport.analysis import RunAnalysis
from ionlake.transport.arrhenius import ConductivityPoint, extrapolate
from ionlake.transport.dynamics import Frames
from ionlake.transport.identity import conductivity_id
from ionlake.transport.settings import AnalysisSettings
from ionlake.transport.trajectory import Trajectory
from ionlake.transport.versions import ANALYSIS_VERSION, MD_VERSION

_SECONDS_PER_DAY = 86400.0


def md_run_row(
    job: MdJob,
    supercell: Supercell,
    frames: Frames,
    potential: str,
    stored: tuple[str, str],
    seconds: float,
) -> Row:
    """Row of ``md_runs`` for a run with a potential.

    Args:
        job: The run.
        supercell: Its atoms.
        frames: What was recorded.
        potential: Name of the potential.
        stored: Path of the trajectory as rows name it, and its SHA-256.
        seconds: Time that workers were at the pieces, s.
    """
    schedule, n_atoms = job.schedule, len(supercell.numbers)
    total_ps = schedule.n_steps * schedule.step_fs / 1000
    mobile = supercell.numbers == job.structure.atomic_numbers[_first_mobile(job)]
    return {
        "md_run_id": job.md_run_id,
        "md_series_id": job.md_series_id,
        "structure_id": job.structure.structure_id,
        "mobile_species": job.settings.mobile_species,
        "method": "mlmd",
        "potential": potential,
        "potential_id": job.potential_id,
        "temperature_k": schedule.temperature_k,
        "seed": job.seed,
        "thermostat": schedule.thermostat,
        "time_step_fs": schedule.step_fs,
        "frame_fs": schedule.frame_fs,
        "equilibration_ps": schedule.equilibration_steps * schedule.step_fs / 1000,
        "length_ps": schedule.n_frames * schedule.frame_fs / 1000,
        "n_frames": schedule.n_frames,
        "n_atoms": n_atoms,
        "n_mobile_ions": int(mobile.sum()),
        "supercell": list(supercell.repeats),
        "image_distance_ang": supercell.image_distance_ang,
        "volume_ang3": volume(supercell.cell),
        "mean_temperature_k": float(frames.temperature_k.mean()),
        "energy_drift_ev_per_atom_ps": _energy_drift(job, frames, n_atoms),
        "trajectory_path": stored[0],
        "trajectory_sha256": stored[1],
        "md_version": MD_VERSION,
        "origin": None,
        "compute_seconds": seconds,
        "ns_per_day": total_ps / 1000 * _SECONDS_PER_DAY / max(seconds, 1e-9),
        "run_id": job.run_id,
    }


def imported_row(
    trajectory: Trajectory,
    identity: Row,
    stored: tuple[str, str],
    origin: str,
    time_step_fs: float,
) -> Row:
    """Row of ``md_runs`` for a trajectory made elsewhere.

    Args:
        trajectory: The frames.
        identity: ``md_run_id``, ``md_series_id``, ``structure_id``, ``mobile_species``,
            ``potential`` and ``run_id``.
        stored: Path of the trajectory as rows name it, and its SHA-256.
        origin: Name of the file.
        time_step_fs: Time step of the dynamics, fs.
    """
    return dict.fromkeys(schema.MD_RUNS.column_names) | {
        **identity,
        "method": "aimd",
        "temperature_k": trajectory.temperature_k,
        "time_step_fs": time_step_fs,
        "frame_fs": 1000 * trajectory.frame_ps,
        "length_ps": trajectory.length_ps,
        "n_frames": len(trajectory.positions),
        "n_atoms": len(trajectory.numbers),
        "n_mobile_ions": int(trajectory.mobile.sum()),
        "image_distance_ang": shortest_lattice_vector(trajectory.cell),
        "volume_ang3": volume(trajectory.cell),
        "trajectory_path": stored[0],
        "trajectory_sha256": stored[1],
        "md_version": MD_VERSION,
        "origin": origin,
    }


def diffusivity_row(
    diffusivity_id: str,
    md_run: Row,
    found: RunAnalysis,
    settings: AnalysisSettings,
) -> Row:
    """Row of ``diffusivities``.

    Args:
        diffusivity_id: Its identity.
        md_run: Row of the run of dynamics.
        found: What the run says.
        settings: How it was analysed.
    """
    d_low, d_high = found.diffusivity_interval_cm2_s or (None, None)
    s_low, s_high = found.conductivity_interval_s_cm or (None, None)
    plain = {
        name: value
        for name, value in asdict(found).items()
        if not name.endswith(("_interval_cm2_s", "_interval_s_cm"))
    }
    return {
        "diffusivity_id": diffusivity_id,
        "md_run_id": md_run["md_run_id"],
        "temperature_k": md_run["temperature_k"],
        **plain,
        "diffusivity_low_cm2_s": d_low,
        "diffusivity_high_cm2_s": d_high,
        "conductivity_low_s_cm": s_low,
        "conductivity_high_s_cm": s_high,
        "analysis_settings": json.dumps(asdict(settings), sort_keys=True),
        "analysis_version": ANALYSIS_VERSION,
        "run_id": md_run["run_id"],
    }


def conductivity_row(md_run: Row, diffusivities: Sequence[Row], selection: str, run_id: str) -> Row:
    """Row of ``conductivities``: what the runs of a series say together.

    Args:
        md_run: Row of ``md_runs`` of any of them.
        diffusivities: Rows of ``diffusivities``, at least one.
        selection: Why the material was run.
        run_id: The run of the recipe.
    """
    ordered = sorted(diffusivities, key=lambda row: (-row["temperature_k"], row["diffusivity_id"]))
    fit = extrapolate(
        [
            ConductivityPoint(
                row["temperature_k"],
                row["conductivity_s_cm"],
                row["diffusivity_log_error"],
                row["conductivity_upper_s_cm"],
            )
            for row in ordered
        ]
    )
    energy_low, energy_high = fit.activation_energy_interval_ev or (None, None)
    room_low, room_high = fit.room_interval_s_cm or (None, None)
    names = (
        "md_series_id",
        "structure_id",
        "mobile_species",
        "method",
        "potential",
        "potential_id",
    )
    return {
        "conductivity_id": conductivity_id([row["diffusivity_id"] for row in ordered]),
        **{name: md_run[name] for name in names},
        "selection": selection,
        "diffusivity_ids": [row["diffusivity_id"] for row in ordered],
        "temperatures_k": [row["temperature_k"] for row in ordered],
        "activation_energy_ev": fit.activation_energy_ev,
        "activation_energy_low_ev": energy_low,
        "activation_energy_high_ev": energy_high,
        "conductivity_300k_s_cm": fit.room_s_cm,
        "conductivity_300k_low_s_cm": room_low,
        "conductivity_300k_high_s_cm": room_high,
        "conductivity_300k_upper_s_cm": fit.room_upper_s_cm,
        "chi2_per_dof": fit.chi2_per_dof,
        "n_runs": fit.n_used,
        "n_censored": fit.n_censored,
        "censored": fit.censored,
        "n_flagged": sum(
            any(row[flag] for flag in ("molten", "drifted", "too_short")) for row in ordered
        ),
        "run_id": run_id,
    }


def _first_mobile(job: MdJob) -> int:
    return int(job.structure.mobile_sites(job.settings.mobile_species)[0])


def _energy_drift(job: MdJob, frames: Frames, n_atoms: int) -> float | None:
    """Slope of what should be constant; Langevin keeps no count of what it exchanges."""
    if job.schedule.thermostat == "langevin" or len(frames.exchanged_ev) < 2:
        return None
    kept: Any = frames.potential_energy_ev + frames.kinetic_energy_ev - frames.exchanged_ev
    time_ps = np.arange(len(kept)) * job.schedule.frame_fs / 1000
    return float(np.polyfit(time_ps, kept - kept[0], 1)[0] / n_atoms)
