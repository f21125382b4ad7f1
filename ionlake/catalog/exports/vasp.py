"""LOCPOT and CHGCAR files as VASP writes them."""

from pathlib import Path

from ionlake.catalog.exports.volume import Volume
from ionlake.geometry import volume as cell_volume


def write_locpot(path: Path, volume: Volume) -> None:
    """A LOCPOT file: values as they are, the first axis fastest, end points left out.

    Raises:
        GridError: The grid does not begin at the origin of the cell.
    """
    _write(path, volume, 1.0, "locpot")


def write_chgcar(path: Path, volume: Volume) -> None:
    """A CHGCAR file: as LOCPOT, but values times the cell's volume in Å³.

    Programs divide what they read from a CHGCAR by that volume, and so find the values again.

    Raises:
        GridError: The grid does not begin at the origin of the cell.
    """
    _write(path, volume, cell_volume(volume.crystal.cell), "chgcar")


def _write(path: Path, volume: Volume, factor: float, form: str) -> None:
    from pymatgen.io.vasp import Poscar
    from pymatgen.io.vasp.outputs import Locpot

    values = volume.at_origin(form) * factor
    poscar = Poscar(volume.crystal.to_pymatgen(), comment=volume.title, sort_structure=True)
    Locpot(poscar, {"total": values}).write_file(path)
