"""The source a recipe names."""

from pathlib import Path

from ionlake.errors import SettingsError
from ionlake.pipeline.recipe import Recipe
from ionlake.pipeline.source_settings import (
    BundledSourceSettings,
    FileSourceSettings,
    JsonLinesSourceSettings,
    OptimadeSourceSettings,
)
from ionlake.structures.sources.bundled import BundledSource
from ionlake.structures.sources.files import FileSource
from ionlake.structures.sources.interface import SourceFollower, StructureSource
from ionlake.structures.sources.json_lines import JsonLinesSource


def make_source(
    recipe: Recipe,
    *,
    kept: Path | None = None,
    offline: bool = False,
    follower: SourceFollower | None = None,
) -> StructureSource:
    """The source a recipe names.

    Args:
        recipe: The recipe.
        kept: Folder in which summaries of databases are kept; None to keep none.
        offline: Use no network, read kept summaries.
        follower: Who is told how reading over the network goes.

    Raises:
        SettingsError: The source needs the network.
    """
    settings, mobile = recipe.source, recipe.scan.mobile_species
    if isinstance(settings, BundledSourceSettings):
        return BundledSource(max_sites=settings.max_sites)
    if isinstance(settings, FileSourceSettings):
        return FileSource(settings.paths)
    if isinstance(settings, JsonLinesSourceSettings):
        return JsonLinesSource(settings.paths, settings.selection(mobile))
    if isinstance(settings, OptimadeSourceSettings):
        return _optimade(settings, mobile, offline=offline, follower=follower)
    from ionlake.structures.sources.materials_project import MaterialsProjectSource

    selection = settings.selection(mobile)
    return MaterialsProjectSource(selection, kept=kept, offline=offline, follower=follower)


def _optimade(
    settings: OptimadeSourceSettings, mobile: str, *, offline: bool, follower: SourceFollower | None
) -> StructureSource:
    from ionlake.structures.sources.optimade import OptimadeSource

    if offline:
        raise SettingsError(
            "the source optimade is not kept in the lake and cannot be read offline: run without"
            " --offline"
        )
    wanted = settings.filter or f'elements HAS "{mobile}"'
    return OptimadeSource(settings.base_urls, wanted, follower=follower)
