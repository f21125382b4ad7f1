"""Reading one crystal from one file with whatever library understands it."""

import itertools
import json
import re
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ionlake.errors import SourceError, StructureError
from ionlake.structures.record import StructureRecord

LONGEST_REASON = 160
INVENTED_ELEMENTS = "Elements in POSCAR cannot be determined"
CIF_NAME = re.compile(r"\.m?cif(\.(gz|bz2|xz|z))?$", re.IGNORECASE)
CIF_BLOCK = re.compile(r"^\s*data_", re.MULTILINE)
# pymatgen takes one structure of these formats, however many there are.
XSF_STEPS = re.compile(r"^\s*ANIMSTEPS\s+(\d+)", re.MULTILINE)
RES_CELL = re.compile(r"^CELL\s", re.MULTILINE)


def read_structure(path: Path) -> StructureRecord:
    """Read the crystal in a file: pymatgen first, then ASE.

    The numbers are the parser's own, with pymatgen's defaults: a CIF coordinate within 1e-4 of a
    simple fraction such as 1/3 becomes that fraction, and the sites of a CIF come sorted by
    electronegativity. A file stands for one crystal: one with several structures or frames is
    refused, except for a CIF of which one block alone holds an ordered structure, which is taken.
    A POSCAR that does not name its elements is read only where ASE finds them (on the first line),
    never with invented ones.

    Args:
        path: An existing file; its name and content tell its format.

    Raises:
        SourceError: Neither library reads the file, or it holds several structures.
        StructureError: It was read, but the method cannot treat the crystal.
    """
    attempts: list[tuple[Callable[[Path], Any], str]] = [
        (_read_with_pymatgen, "pymatgen"),
        (_read_with_ase, "ASE"),
    ]
    reasons = []
    for reader, library in attempts:
        try:
            crystal = _quietly(reader, path)
        except SourceError:
            raise
        except Exception as error:  # noqa: BLE001 -- parsers raise errors of every kind
            reasons.append(f"{library}: {one_line(error)}")
            continue
        return _as_record(crystal, path)
    raise SourceError(
        f"{path} cannot be read as a crystal ({'; '.join(reasons)}): check that the file is"
        " complete and that its name ends in its format, such as .cif or .vasp"
    )


def _as_record(crystal: Any, path: Path) -> StructureRecord:
    try:
        return StructureRecord.from_any(crystal)
    except StructureError as error:
        raise StructureError(f"{path}: {error}") from error


def _quietly(reader: Callable[[Path], Any], path: Path) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.filterwarnings("error", message=INVENTED_ELEMENTS)
        return reader(path)


def _read_with_pymatgen(path: Path) -> Any:
    from pymatgen.core import Structure

    if CIF_NAME.search(path.name):
        return _read_cif(path)
    count = _n_structures(path)
    if count > 1:
        raise _several(path, f"{count} structures")
    return Structure.from_file(path)


def _read_cif(path: Path) -> Any:
    from monty.io import zopen

    with zopen(path, mode="rt", encoding="utf-8", errors="replace") as file:
        return crystal_from_cif(str(file.read()), path)


def crystal_from_cif(text: str, where: Path | str) -> Any:
    """The pymatgen structure of a CIF: of several blocks, the one that alone is ordered.

    Args:
        text: The CIF.
        where: What it is called in messages.

    Raises:
        SourceError: It holds several structures to choose from.
        ValueError: pymatgen does not read it.
    """
    from pymatgen.io.cif import CifParser

    # Numbered, since of blocks with equal names the parser keeps one.
    number = itertools.count()
    text = CIF_BLOCK.sub(lambda found: f"{found.group()}{next(number)}_", text)
    structures = CifParser.from_str(text).parse_structures(primitive=False, on_error="ignore")
    ordered = [structure for structure in structures if structure.is_ordered]
    if len(structures) > 1 and len(ordered) != 1:
        raise _several(where, f"{len(structures)} structures ({len(ordered)} ordered)")
    return (ordered or structures)[0]


def _n_structures(path: Path) -> int:
    """How many structures a file holds, in the formats that pymatgen cuts to one; else 1."""
    suffix = path.suffix.lower()
    if suffix not in {".xsf", ".res", ".json"}:
        return 1
    text = path.read_text(encoding="utf-8", errors="replace")
    if suffix == ".xsf":
        steps = XSF_STEPS.search(text)
        return int(steps[1]) if steps else 1
    if suffix == ".res":
        return len(RES_CELL.findall(text))
    content = json.loads(text)
    return len(content) if isinstance(content, list) and _all_structures(content) else 1


def _all_structures(items: Sequence[Any]) -> bool:
    return all(isinstance(item, dict) and {"lattice", "sites"} <= item.keys() for item in items)


def _read_with_ase(path: Path) -> Any:
    import ase.io

    frames = ase.io.read(path, index=":", do_not_split_by_at_sign=True)
    if len(frames) > 1:
        raise _several(path, f"{len(frames)} structures")
    return frames[0]


def _several(where: Path | str, what: str) -> SourceError:
    return SourceError(f"{where} holds {what}, expected one: split it, one crystal per file")


def one_line(error: Exception) -> str:
    """Kind and beginning of an error, in one line."""
    text = " ".join(str(error).split()) or "no reason given"
    return f"{type(error).__name__}, {text[:LONGEST_REASON]}"
