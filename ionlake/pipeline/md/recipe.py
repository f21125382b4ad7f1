"""Recipes for molecular dynamics: which materials of a lake, with what, how long."""

from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import Field, NonNegativeInt, PositiveFloat, PositiveInt, field_validator

from ionlake.errors import SettingsError
from ionlake.pipeline.recipe import (
    MAX_ATTEMPTS,
    ClusterSettings,
    PotentialSettings,
    absolute_potential,
    cluster_from_word,
    parse_yaml,
    read_recipe,
    validate_recipe,
)
from ionlake.pipeline.source_settings import Settings
from ionlake.transport.settings import AnalysisSettings, MdSettings


class MdSelection(Settings):
    """Which materials of the lake's current release are run.

    Attributes:
        top: So many with the highest Ξ.
        random: So many of the others by lot, as a control.
        seed: Of the lot.
        where: SQL condition on ``candidates`` that both must meet.
        grid_protocol: Ξ of this grid protocol.
        image_safe: Ξ of ``rankings_image_safe``; by default that of the cells as given.
        potential: Ξ with this potential, by name or identity; that of the dynamics by default.
        material_ids: These materials beside, ranked or not.
    """

    top: NonNegativeInt = 0
    random: NonNegativeInt = 0
    seed: NonNegativeInt = 0
    where: str = "true"
    grid_protocol: str = "commensurate"
    image_safe: bool = False
    potential: str | None = None
    material_ids: tuple[str, ...] = ()


class MdRecipe(Settings):
    """A recipe for molecular dynamics with all defaults filled in.

    Attributes:
        kind: ``md``.
        name: Name of the recipe, stored with every run.
        description: One line for people.
        select: Which materials are run.
        potential: What gives the forces.
        md: Settings of the dynamics.
        analysis: How diffusion is read from the trajectories.
        piece_ps: A run is stored every so many ps; it decides no number.
        cluster: Where the work is done; a word or an address is enough.
        max_attempts: A material that has failed so often with the same settings is quarantined.
    """

    kind: Literal["md"]
    name: str
    description: str = ""
    select: MdSelection
    potential: PotentialSettings = PotentialSettings()
    md: MdSettings = MdSettings()
    analysis: AnalysisSettings = AnalysisSettings()
    piece_ps: Annotated[PositiveFloat, Field(le=1000)] = 0.5
    cluster: ClusterSettings = ClusterSettings()
    max_attempts: PositiveInt = MAX_ATTEMPTS

    @field_validator("cluster", mode="before")
    @classmethod
    def _cluster_from_word(cls, value: Any) -> Any:
        return cluster_from_word(value) if isinstance(value, str) else value


_SECTIONS: Final = {
    "select": tuple(MdSelection.model_fields),
    "md": tuple(MdSettings.__dataclass_fields__),
    "analysis": tuple(AnalysisSettings.__dataclass_fields__),
}


def load_md_recipe(recipe: str | Path) -> MdRecipe:
    """Read a recipe for molecular dynamics.

    Args:
        recipe: Path of a YAML file, or the name of a recipe that comes with ionlake.

    Raises:
        SettingsError: If there is no such recipe, it is of another kind, or a key or value is
            wrong.
    """
    text, folder = read_recipe(recipe)
    loaded = parse_md_recipe(text, str(recipe))
    if folder is None:
        return loaded
    potential = absolute_potential(loaded.potential, folder)
    return loaded.model_copy(update={"potential": potential})


def parse_md_recipe(text: str, origin: str) -> MdRecipe:
    """Read a recipe for molecular dynamics from text.

    Args:
        text: YAML.
        origin: Where it came from, for messages.

    Raises:
        SettingsError: If it is of another kind, or naming the first wrong key or value.
    """
    content = parse_yaml(text, origin)
    if content.get("kind") != "md":
        raise SettingsError(
            f"{origin} is no recipe for molecular dynamics (kind: md is missing): run it with"
            f" ionlake run {origin}"
        )
    return validate_recipe(content, origin, MdRecipe, _SECTIONS)
