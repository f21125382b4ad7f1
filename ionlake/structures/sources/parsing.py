"""Reading one crystal from one file with whatever library understands it."""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ionlake.errors import SourceError, StructureError
from ionlake.structures.record import StructureRecord

LONGEST_REASON = 160
INVENTED_ELEMENTS = "Elements in POSCAR cannot be determined"


def read_structure(path: Path) -> StructureRecord:
    """Read the crystal in a file: pymatgen first, then ASE.

    The numbers are the parser's own, with pymatgen's defaults: a CIF coordinate within 1e-4 of a
    simple fraction such as 1/3 becomes that fraction, and the sites of a CIF come sorted by
    electronegativity. Of a CIF with several structures the first ordered one is taken; of a file
    with several frames that only ASE reads, the last. A POSCAR that does not name its elements is
    read only where ASE finds them (on the first line), never with invented ones.

    Args:
        path: An existing file; its name and content tell its format.

    Raises:
        SourceError: Neither library reads the file.
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
        except Exception as error:  # noqa: BLE001 -- parsers raise errors of every kind
            reasons.append(f"{library}: {_one_line(error)}")
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

    if path.suffix.lower() in {".cif", ".mcif"}:
        return _first_ordered(path)
    return Structure.from_file(path)


def _first_ordered(path: Path) -> Any:
    from pymatgen.io.cif import CifParser

    structures = CifParser(path).parse_structures(primitive=False, on_error="ignore")
    return next((each for each in structures if each.is_ordered), structures[0])


def _read_with_ase(path: Path) -> Any:
    import ase.io

    return ase.io.read(path)


def _one_line(error: Exception) -> str:
    text = " ".join(str(error).split()) or "no reason given"
    return f"{type(error).__name__}, {text[:LONGEST_REASON]}"
