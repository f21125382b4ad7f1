"""Where crystals come from: a small protocol and the sources that need no network."""

from ionlake.structures.sources.bundled import BundledSource, bundled_ids, load_bundled
from ionlake.structures.sources.files import FileSource
from ionlake.structures.sources.interface import SourceEntry, StructureSource

__all__ = [
    "BundledSource",
    "FileSource",
    "SourceEntry",
    "StructureSource",
    "bundled_ids",
    "load_bundled",
]
