"""Names of runs: hashes of everything that their numbers depend on."""

import hashlib
import json
from dataclasses import asdict
from typing import Any

from ionlake.transport.dynamics import Schedule
from ionlake.transport.settings import AnalysisSettings, MdSettings
from ionlake.transport.versions import ANALYSIS_VERSION, MD_VERSION


def md_series_id(
    structure_id: str, potential_id: str, settings: MdSettings, schedule: Schedule
) -> str:
    """Hash of structure, potential, settings and version, but for temperature and seed.

    Args:
        structure_id: Identity of the crystal.
        potential_id: Identity of the potential.
        settings: Mobile species and size of the supercell.
        schedule: Everything about time.
    """
    times = asdict(schedule)
    del times["temperature_k"]
    return _digest(
        {
            "structure": structure_id,
            "potential": potential_id,
            "mobile_species": settings.mobile_species,
            "min_image_distance_ang": settings.min_image_distance_ang,
            "schedule": times,
            "version": MD_VERSION,
        }
    )


def md_run_id(series_id: str, temperature_k: float, seed: int) -> str:
    """Hash of everything that the numbers of one run depend on.

    What other temperatures and seeds are asked for beside this one does not matter.

    Args:
        series_id: From `md_series_id`.
        temperature_k: Temperature, K.
        seed: Seed of the run.
    """
    return _digest({"series": series_id, "temperature_k": temperature_k, "seed": seed})


def diffusivity_id(run_id: str, settings: AnalysisSettings) -> str:
    """Hash of a run of dynamics, the settings of its analysis and the version of that.

    Args:
        run_id: The run of dynamics.
        settings: The analysis.
    """
    return _digest({"run": run_id, "analysis": asdict(settings), "version": ANALYSIS_VERSION})


def conductivity_id(diffusivity_ids: list[str]) -> str:
    """Hash of the diffusivities that one Arrhenius fit is made of, in any order.

    Args:
        diffusivity_ids: Their identities.
    """
    return _digest({"diffusivities": sorted(diffusivity_ids)})


def _digest(identity: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:32]
