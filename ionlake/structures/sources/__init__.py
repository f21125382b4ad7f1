"""Where crystals come from: a small protocol, and the sources behind it."""

from ionlake.structures.sources.bundled import BundledSource, bundled_ids, load_bundled
from ionlake.structures.sources.files import FileSource
from ionlake.structures.sources.interface import SourceEntry, SourceFollower, StructureSource
from ionlake.structures.sources.json_lines import JsonLinesSource
from ionlake.structures.sources.selection import Selection

__all__ = [
    "BundledSource",
    "FileSource",
    "JsonLinesSource",
    "Selection",
    "SourceEntry",
    "SourceFollower",
    "StructureSource",
    "bundled_ids",
    "load_bundled",
]
