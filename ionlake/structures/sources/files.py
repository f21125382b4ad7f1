"""Crystals from files, folders and glob patterns."""

import glob
import json
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from ionlake.errors import SourceError, StructureError
from ionlake.structures.sources.interface import SourceEntry
from ionlake.structures.sources.parsing import read_structure

KNOWN_SUFFIXES = frozenset(
    {".cif", ".mcif", ".vasp", ".poscar", ".xsf", ".cssr", ".res", ".extxyz", ".traj"}
)
KNOWN_NAMES = ("POSCAR", "CONTCAR")
STRUCTURE_JSON_KEYS = ('"lattice"', '"sites"')
ASE_JSON_KEYS = ('"ids"', '"nextid"')
# How JSON crystals of pymatgen and of ASE begin, to tell those that were cut off.
STRUCTURE_JSON_START = re.compile(
    r"""\s*\[?\s*\{ (?: .{0,300}? (?: pymatgen\.core\.structure | "@class":\s*"I?Structure" )
              | .{0,300}? "lattice":\s*\{
              | \s* "\d+":\s*\{ .{0,300}? "(?: calculator | cell | constraints | ctime | numbers )
        )""",
    re.VERBOSE | re.DOTALL,
)
XYZ_HEAD_BYTES = 65536


class FileSource:
    """Every crystal in the given files, folders and glob patterns.

    A folder is searched to any depth for files whose name or first lines say that they hold a
    crystal (CIF, POSCAR, CONTCAR, XYZ with a lattice, pymatgen or ASE JSON, ...). Hidden files and
    folders are passed over, links to folders are not followed; whatever else was left out is in
    ``ignored``. A file named outright, or matched by a pattern, is read whatever its name:
    anything pymatgen or ASE reads.

    A material is named after its file alone, whichever other files are read: by the path without
    the suffix, relative to the folder that was given, or to the longest part of the pattern
    without magic characters. ``structures/`` gives ``Li3N`` and ``sub/x``, ``*/POSCAR`` gives
    ``mat1/POSCAR``. A file named outright gives its name without the suffix; a POSCAR or CONTCAR
    also that of its folder, as in ``mat1/POSCAR``. Where two files get the same name, the first
    keeps it and the others become failed entries named by their full path.

    Attributes:
        name: Name of the source.
        locations: What was asked for: files, folders or glob patterns.
        licence: Licence of the files, if the user states one.
        ignored: Files in the given folders that the last call of `entries` passed over as no
            crystals, hidden ones not counted; empty before the first call.
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
        self.ignored: tuple[Path, ...] = ()

    def entries(self) -> Iterator[SourceEntry]:
        """Read the files one after another, in the order given and sorted within each location.

        A file named twice is read once.

        Raises:
            SourceError: A location does not exist, cannot be opened, or holds no crystal files.
        """
        found: dict[Path, _Named] = {}
        ignored: dict[Path, Path] = {}
        for location in self.locations:
            here = _expand(location)
            for named in here.crystals:
                found.setdefault(_identity(named.path), named)
            for path in here.ignored:
                ignored.setdefault(_identity(path), path)
        self.ignored = tuple(path for same, path in ignored.items() if same not in found)
        return self._read(list(found.values()))

    def _read(self, files: Sequence["_Named"]) -> Iterator[SourceEntry]:
        holders: dict[str, Path] = {}
        for named in files:
            holder = holders.setdefault(named.material_id, named.path)
            if holder is named.path:
                yield self._entry(named.path, named.material_id)
            elif holder.resolve() != named.path.resolve():
                yield self._clash(named, holder)

    def _entry(self, path: Path, material_id: str) -> SourceEntry:
        reference = str(path)
        try:
            structure = read_structure(path)
        except (SourceError, StructureError) as error:
            return SourceEntry.failed(material_id, error, reference, self.licence)
        return SourceEntry(material_id, structure, reference=reference, licence=self.licence)

    def _clash(self, named: "_Named", holder: Path) -> SourceEntry:
        """A file whose name is taken; its full path is unique, and the same in every run."""
        path, remedy = named.path, "rename one of the two files"
        if path.parent.resolve() != holder.parent.resolve():
            remedy += ", or name their common folder as the source"
        error = SourceError(
            f"{path} was not read, its material_id {named.material_id} is held by {holder} in this"
            f" run: {remedy}"
        )
        return SourceEntry.failed(_identity(path).as_posix(), error, str(path), self.licence)


@dataclass(frozen=True)
class _Named:
    """A file and the name of its material."""

    path: Path
    material_id: str


@dataclass(frozen=True)
class _Expanded:
    """The files a location stands for, and those it holds besides."""

    crystals: Sequence[_Named]
    ignored: Sequence[Path] = ()


def _identity(path: Path) -> Path:
    """The same for every way to write the path of a file; links to files stay themselves."""
    return path.parent.resolve() / path.name


def _material_id(path: Path, base: Path) -> str:
    return path.relative_to(base).with_name(_stem(path)).as_posix()


def _stem(path: Path) -> str:
    """The file's name without suffix; of ``POSCAR.Li2O`` the suffix is the better half."""
    plain = path.suffix.lower() in KNOWN_SUFFIXES or not path.name.startswith(KNOWN_NAMES)
    return path.stem if plain else path.name


def _expand(location: str | Path) -> _Expanded:
    """The files a location stands for, sorted."""
    path = Path(location).expanduser()
    try:
        if path.is_file():
            return _Expanded([_Named(path, _id_of_single_file(path))])
        if path.is_dir():
            return _expand_folder(path)
        return _expand_pattern(path)
    except SourceError:
        raise
    except OSError as error:
        raise SourceError(
            f"{error.filename or path} cannot be opened ({error.strerror or error}): ask for the"
            " right to read it, or leave it out of the source"
        ) from error


def _id_of_single_file(path: Path) -> str:
    stem = _stem(path)
    folder = path.parent.resolve().name
    return f"{folder}/{stem}" if path.name in KNOWN_NAMES and folder else stem


def _expand_pattern(pattern: Path) -> _Expanded:
    if not glob.has_magic(str(pattern)):
        raise SourceError(
            f"{pattern} does not exist, expected a file, a folder or a glob pattern: check the path"
        )
    base = next(each for each in pattern.parents if not glob.has_magic(str(each)))
    if base.is_dir():
        os.scandir(base).close()  # a pattern matches nothing in a folder that cannot be opened
    matches = sorted(Path(match) for match in glob.glob(str(pattern), recursive=True))  # noqa: PTH207
    files = [match for match in matches if match.is_file()]
    if not files:
        raise SourceError(
            f"pattern {pattern} matches no file, expected at least one: check the pattern, or write"
            " ** to search folders to any depth"
        )
    return _Expanded([_Named(path, _material_id(path, base)) for path in files])


def _expand_folder(folder: Path) -> _Expanded:
    crystals: list[_Named] = []
    ignored: list[Path] = []
    for path in sorted(_visible_files(folder)):
        if _looks_like_a_crystal(path):
            crystals.append(_Named(path, _material_id(path, folder)))
        else:
            ignored.append(path)
    if not crystals:
        raise SourceError(
            f"folder {folder} holds no crystal files, expected POSCAR, CONTCAR, pymatgen or ASE"
            f" .json, .xyz with a Lattice or {', '.join(sorted(KNOWN_SUFFIXES))}: name other files"
            " one by one or by a pattern"
        )
    return _Expanded(crystals, ignored)


def _visible_files(folder: Path) -> Iterator[Path]:
    for here, folders, files in os.walk(folder, onerror=_refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (Path(here, name) for name in files if not name.startswith("."))


def _refuse(error: OSError) -> NoReturn:
    raise error


def _looks_like_a_crystal(path: Path) -> bool:
    if not path.is_file():
        return False
    suffix = path.suffix.lower()
    try:
        if suffix == ".json":
            return _is_structure_json(path.read_text(encoding="utf-8", errors="replace"))
        if suffix == ".xyz":
            return _has_lattice(path)
    except OSError:
        return True  # reading it says what is wrong
    return suffix in KNOWN_SUFFIXES or path.name.startswith(KNOWN_NAMES)


def _is_structure_json(text: str) -> bool:
    """Whether JSON is a crystal of pymatgen or ASE, or the beginning of one."""
    if any(all(key in text for key in keys) for keys in (STRUCTURE_JSON_KEYS, ASE_JSON_KEYS)):
        return True
    return STRUCTURE_JSON_START.match(text) is not None and not _is_json(text)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _has_lattice(path: Path) -> bool:
    """Whether the second line gives the cell, as in extended XYZ."""
    with path.open("rb") as file:
        lines = file.read(XYZ_HEAD_BYTES).splitlines()
    return len(lines) > 1 and b"lattice=" in lines[1].lower()
