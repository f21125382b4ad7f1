"""Which runs of dynamics are wanted, and what their failures are called. Pure."""

from dataclasses import replace

from ionlake.lake.failures import Failure
from ionlake.pipeline.md.jobs import MdJob, MdTask
from ionlake.pipeline.md.recipe import MdRecipe
from ionlake.pipeline.md.select import Selected
from ionlake.pipeline.recipe import PotentialSettings
from ionlake.potentials.interface import PotentialCard
from ionlake.structures.supercell import supercell_repeats
from ionlake.transport.dynamics import make_schedule
from ionlake.transport.identity import diffusivity_id, md_run_id, md_series_id

_LONGEST_MESSAGE = 500


def plan_material(
    selected: Selected,
    recipe: MdRecipe,
    card: PotentialCard,
    potential: PotentialSettings,
    run_id: str,
) -> list[MdTask]:
    """All runs of one material, hottest first: they tell soonest whether anything moves.

    Args:
        selected: The material.
        recipe: The recipe.
        card: Its potential.
        potential: What workers load.
        run_id: The run of the recipe.

    Raises:
        StructureError: The crystal has no such mobile ion.
        SettingsError: The recorded time is shorter than a frame.
    """
    structure, settings = selected.structure, recipe.md
    structure.mobile_sites(settings.mobile_species)
    a, b, c = supercell_repeats(structure.cell, settings.min_image_distance_ang)
    tasks = []
    for temperature in sorted(settings.temperatures_k, reverse=True):
        schedule = make_schedule(settings, structure.atomic_numbers, temperature)
        series = md_series_id(structure.structure_id, card.potential_id, settings, schedule)
        for seed in settings.seeds:
            identity = md_run_id(series, temperature, seed)
            job = MdJob(
                md_run_id=identity,
                md_series_id=series,
                structure=structure,
                settings=settings,
                schedule=schedule,
                seed=seed,
                potential=potential,
                potential_id=card.potential_id,
                analysis=recipe.analysis,
                run_id=run_id,
            )
            n_atoms = a * b * c * structure.n_sites
            found = diffusivity_id(identity, recipe.analysis)
            tasks.append(MdTask(selected, job, n_atoms, found))
    return tasks


def failure_of(
    selected: Selected, recipe: MdRecipe, card: PotentialCard, series: str, run_id: str
) -> Failure:
    """The failure of a material at dynamics; its reason is still to be filled in.

    Args:
        selected: The material.
        recipe: The recipe.
        card: Its potential.
        series: Identity of the series of runs; attempts count for the same.
        run_id: The run of the recipe.
    """
    return Failure(
        material_id=selected.material_id,
        stage="md",
        error="",
        message="",
        run_id=run_id,
        structure_id=selected.structure.structure_id,
        mobile_species=recipe.md.mobile_species,
        potential=card.name,
        potential_id=card.potential_id,
        inputs_id=series,
    )


def with_reason(failure: Failure, error: str, message: str) -> Failure:
    """A failure with its reason, the first line of the message.

    Args:
        failure: From `failure_of`.
        error: Kind of error.
        message: What was wrong.
    """
    line = (message.splitlines() or [error])[0][:_LONGEST_MESSAGE]
    return replace(failure, error=error, message=line)
