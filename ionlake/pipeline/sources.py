"""The source a recipe names."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ionlake.errors import SettingsError
from ionlake.lake.location import is_remote
from ionlake.lake.objects import read_through
from ionlake.pipeline.recipe import Recipe
from ionlake.pipeline.source_settings import (
    BundledSourceSettings,
    FileSourceSettings,
    JsonLinesSourceSettings,
    OptimadeSourceSettings,
)
from ionlake.structures.sources.bundled import BundledSource
from ionlake.structures.sources.files import FileSource
from ionlake.structures.sources.interface import SourceEntry, SourceFollower, StructureSource
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
        return BundledSource(settings.max_sites, mobile)
    if isinstance(settings, FileSourceSettings):
        return FileSource(settings.paths)
    if isinstance(settings, JsonLinesSourceSettings):
        return JsonLinesSource(settings.paths, settings.selection(mobile))
    if isinstance(settings, OptimadeSourceSettings):
        return _optimade(settings, mobile, offline=offline, follower=follower)
    from ionlake.structures.sources.materials_project import MaterialsProjectSource

    selection = settings.selection(mobile)
    source = MaterialsProjectSource(selection, kept=kept, offline=offline, follower=follower)
    return source if kept is None or not is_remote(kept) else KeptInStore(source, kept)


@dataclass(frozen=True)
class KeptInStore:
    """A database whose summaries are kept in an object store.

    Attributes:
        source: The database.
        kept: Where its summaries are kept.
    """

    source: StructureSource
    kept: Path

    @property
    def name(self) -> str:
        """Short name of the database."""
        return self.source.name

    def entries(self) -> Iterator[SourceEntry]:
        """As those of the database.

        Raises:
            SourceError: The database cannot be read.
            StoreError: The store does not answer or refuses.
        """
        with read_through(self.kept):
            yield from self.source.entries()


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
