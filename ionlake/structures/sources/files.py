"""Crystals from files, folders and glob patterns."""

import glob
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from ionlake.errors import SourceError, StructureError
from ionlake.structures.sources.interface import SourceEntry
from ionlake.structures.sources.parsing import read_structure

KNOWN_SUFFIXES = frozenset(
    {".cif", ".mcif", ".vasp", ".poscar", ".xsf", ".cssr", ".res", ".extxyz"}
)
KNOWN_NAMES = ("POSCAR", "CONTCAR")
STRUCTURE_JSON_KEYS = ('"lattice"', '"sites"')


class FileSource:
    """Every crystal in the given files, folders and glob patterns.

    A folder is searched to any depth for files whose name says that they hold a crystal (CIF,
    POSCAR, CONTCAR, pymatgen JSON, ...); hidden files and folders are passed over. A file named
    outright, or matched by a pattern, is read whatever its name: anything pymatgen or ASE reads.

    A material is named after its file, without the suffix. Where two files would get the same
    name, both put their folder's name in front; where that is not enough, numbers are appended in
    path order.

    Attributes:
        name: Name of the source.
        locations: What was asked for: files, folders or glob patterns.
        licence: Licence of the files, if the user states one.
    """

    def __init__(
        self,
        locations: str | Path | Sequence[str | Path],
        *,
        name: str = "files",
        licence: str | None = None,
    ) -> None:
        """Remember what to read; nothing is opened yet.

        Args:
            locations: One file, folder or glob pattern (``**`` matches any depth), or several.
            name: Name of the source.
            licence: Licence to record with every material.
        """
        several = [locations] if isinstance(locations, str | Path) else locations
        self.name = name
        self.locations = tuple(several)
        self.licence = licence

    def entries(self) -> Iterator[SourceEntry]:
        """Read the files one after another, in the order given and sorted within each location.

        Raises:
            SourceError: A location does not exist, or holds no crystal files.
        """
        found = [path for location in self.locations for path in _expand(location)]
        names = material_ids(found)
        return (self._entry(path, name) for path, name in names.items())

    def _entry(self, path: Path, material_id: str) -> SourceEntry:
        reference = str(path)
        try:
            structure = read_structure(path)
        except (SourceError, StructureError) as error:
            return SourceEntry.failed(material_id, error, reference, self.licence)
        return SourceEntry(material_id, structure, reference=reference, licence=self.licence)


def material_ids(paths: Sequence[Path]) -> Mapping[Path, str]:
    """Name each distinct file after its stem, with folder or number added on a clash.

    Args:
        paths: Files; one named twice is kept once.

    Returns:
        Unique material ids by path, in the order of the paths.
    """
    distinct: dict[Path, Path] = {}
    for path in paths:
        distinct.setdefault(path.resolve(), path)
    stems = Counter(_stem(path) for path in distinct.values())
    taken = {stem for stem, count in stems.items() if count == 1}
    ids: dict[Path, str] = {}
    for path in distinct.values():
        stem = _stem(path)
        if stems[stem] == 1:
            ids[path] = stem
            continue
        ids[path] = _first_free(f"{path.resolve().parent.name}-{stem}", taken)
        taken.add(ids[path])
    return ids


def _first_free(wanted: str, taken: set[str]) -> str:
    name, number = wanted, 1
    while name in taken:
        number += 1
        name = f"{wanted}-{number}"
    return name


def _stem(path: Path) -> str:
    """The file's name without suffix; of ``POSCAR.Li2O`` the suffix is the better half."""
    plain = path.suffix.lower() in KNOWN_SUFFIXES or not path.name.startswith(KNOWN_NAMES)
    return path.stem if plain else path.name


def _expand(location: str | Path) -> list[Path]:
    """The files a location stands for, sorted."""
    path = Path(location).expanduser()
    if path.is_file():
        return [path]
    if path.is_dir():
        return _crystal_files(path)
    if not glob.has_magic(str(path)):
        raise SourceError(
            f"{path} does not exist, expected a file, a folder or a glob pattern: check the path"
        )
    matches = sorted(Path(match) for match in glob.glob(str(path), recursive=True))  # noqa: PTH207
    files = [match for match in matches if match.is_file()]
    if not files:
        raise SourceError(
            f"pattern {path} matches no file, expected at least one: check the pattern, or write"
            " ** to search folders to any depth"
        )
    return files


def _crystal_files(folder: Path) -> list[Path]:
    files = [path for path in sorted(folder.rglob("*")) if _looks_like_a_crystal(path, folder)]
    if not files:
        raise SourceError(
            f"folder {folder} holds no crystal files, expected POSCAR, CONTCAR, pymatgen .json or"
            f" {', '.join(KNOWN_SUFFIXES)}: name other files one by one or by a pattern"
        )
    return files


def _looks_like_a_crystal(path: Path, folder: Path) -> bool:
    hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
    if hidden or not path.is_file():
        return False
    if path.suffix.lower() == ".json":
        text = path.read_text(encoding="utf-8", errors="replace")
        return all(key in text for key in STRUCTURE_JSON_KEYS)
    return path.suffix.lower() in KNOWN_SUFFIXES or path.name.startswith(KNOWN_NAMES)
