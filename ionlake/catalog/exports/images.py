"""Structures along a migration path, as calculations of barriers start from."""

from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from ionlake.errors import SettingsError
from ionlake.geometry import FloatArray
from ionlake.structures.record import StructureRecord
from ionlake.structures.supercell import supercell_repeats


def path_images(
    path: xr.Dataset, n_images: int, *, min_image_distance_ang: float | None = None
) -> list[Any]:
    """ASE Atoms evenly spaced along a path, the ion on it and all other atoms at their sites.

    In the cell of the scan all images of the ion move with it, and the last structure is the first
    again, one lattice vector further. In a supercell one ion moves alone, to where one of its
    copies was: that copy is left out, so that the ion moves into a vacancy.

    Args:
        path: From `ionlake.pathway` or `lake.pathway`.
        n_images: Structures between the two ends.
        min_image_distance_ang: Repeat the cell until the ion's images are at least so far apart, Å;
            by default it is not repeated.

    Returns:
        ``n_images`` + 2 Atoms, the moving ion first of its element and not wrapped into the cell;
        ``info`` has ``distance_ang`` along the path and ``energy_ev`` above the minimum,
        interpolated between grid points.

    Raises:
        SettingsError: Fewer than one image, or a distance that is not positive.
    """
    if n_images < 1:
        raise SettingsError(f"the number of images is {n_images}; expected at least 1")
    along = path.distance_ang.values
    stops = np.linspace(0.0, along[-1], n_images + 2)
    positions = np.stack(
        [np.interp(stops, along, axis) for axis in path.cartesian_ang.values.T], axis=1
    )
    energies = np.interp(stops, along, path.energy_ev.values)
    framework, symbol = _framework(path, min_image_distance_ang)
    return [
        _image(framework, symbol, position, float(stop), float(energy))
        for position, stop, energy in zip(positions, stops, energies, strict=True)
    ]


def write_poscar_folders(folder: Path, images: list[Any]) -> None:
    """Write images as NEB codes expect them: a POSCAR in each of the folders 00, 01, ...

    Args:
        folder: Made where there is none.
        images: From `path_images`.
    """
    from ase.io import write

    for number, image in enumerate(images):
        place = folder / f"{number:02d}"
        place.mkdir(parents=True, exist_ok=True)
        write(place / "POSCAR", image, format="vasp", direct=True)


def path_structure(path: xr.Dataset) -> StructureRecord:
    """The crystal a path belongs to."""
    cell, numbers, positions = (
        np.array(path.attrs[name]) for name in ("cell", "atomic_numbers", "fractional_positions")
    )
    return StructureRecord(cell, numbers, positions)


def _framework(path: xr.Dataset, min_image_distance_ang: float | None) -> tuple[Any, str]:
    """All atoms but the moving ion, those of one element together, and its element."""
    crystal, mover = path_structure(path), int(path.attrs["site_index"])
    repeats = np.ones(3, dtype=int)
    if min_image_distance_ang is not None:
        repeats = np.array(supercell_repeats(crystal.cell, min_image_distance_ang))
    atoms = crystal.to_ase().repeat(tuple(repeats))
    # ASE repeats cell by cell, the last axis fastest.
    vacant = np.ravel_multi_index(
        tuple(np.array(path.attrs["direction"]) % repeats), tuple(repeats)
    )
    symbol = crystal.symbols[mover]
    del atoms[sorted({mover, int(vacant) * crystal.n_sites + mover})]
    elements = list(dict.fromkeys([symbol, *atoms.symbols]))
    order = sorted(range(len(atoms)), key=lambda i: elements.index(atoms.symbols[i]))
    return atoms[order], symbol


def _image(
    framework: Any, symbol: str, position: FloatArray, distance: float, energy: float
) -> Any:
    from ase import Atoms

    ion = Atoms([symbol], positions=[position], cell=framework.cell, pbc=True)
    image = ion + framework
    image.info = {"distance_ang": distance, "energy_ev": energy}
    return image
