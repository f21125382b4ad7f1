"""A crystal and the region its ions can visit, ready to be drawn: all in Å."""

import itertools
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import xarray as xr
from ase.data import atomic_numbers, covalent_radii
from ase.data.colors import jmol_colors
from scipy.spatial import cKDTree

from ionlake.descriptors.material_levels import material_levels
from ionlake.errors import SettingsError
from ionlake.geometry import FloatArray, IntArray
from ionlake.levels.isosurface import Isosurface, isosurface

_SHORTEST_EDGE_ANG: Final = 5.5
"""The box is repeated until its edges are longer, so that paths through small cells show."""

_ON_FACE: Final = 1e-3
_BOND_SLACK: Final = 1.15
_MOST_POINTS_REFINED: Final = 200_000
_ATOM_SCALE: Final = 0.32
_MOBILE_SCALE: Final = 0.22

Colour = tuple[float, float, float]


@dataclass(frozen=True, eq=False)
class Atoms:
    """Atoms of one element in the box.

    Attributes:
        symbol: Element.
        colour: Red, green and blue, 0 to 1.
        radius_ang: Radius to draw, Å.
        positions: Cartesian coordinates, Å, shape (n, 3).
    """

    symbol: str
    colour: Colour
    radius_ang: float
    positions: FloatArray


@dataclass(frozen=True, eq=False)
class Scene:
    """What is drawn of one material.

    Attributes:
        formula: Formula of the material.
        material_id: The material.
        xi: Ξ; None if it has none.
        threshold_ev: Level on the surface, eV.
        surface: Surface of the region that the ions reach below the threshold.
        share: Volume inside it over that of the box.
        atoms: Atoms, by element.
        bonds: Ends of the bonds between atoms of the framework, shape (b, 2, 3).
        cell: Lattice vectors as rows, shape (3, 3).
        repeats: Cells in the box along a, b and c.
    """

    formula: str
    material_id: str
    xi: float | None
    threshold_ev: float
    surface: Isosurface
    share: float
    atoms: tuple[Atoms, ...]
    bonds: FloatArray
    cell: FloatArray
    repeats: tuple[int, int, int]

    @property
    def box(self) -> FloatArray:
        """Edges of the box as rows, shape (3, 3)."""
        edges: FloatArray = self.cell * np.array(self.repeats)[:, None]
        return edges

    @property
    def edges(self) -> FloatArray:
        """Ends of the edges of every cell in the box, shape (e, 2, 3)."""
        found = []
        for axis, (one, other) in ((0, (1, 2)), (1, (0, 2)), (2, (0, 1))):
            for i, j in itertools.product(
                range(self.repeats[one] + 1), range(self.repeats[other] + 1)
            ):
                start = i * self.cell[one] + j * self.cell[other]
                found.append((start, start + self.box[axis]))
        return np.array(found)


def pathway_scene(
    dataset: xr.Dataset,
    *,
    material_id: str = "",
    xi: float | None = None,
    threshold_ev: float = 0.5,
    levels: FloatArray | None = None,
) -> Scene:
    """What to draw of a scan: the region that ions reach below a threshold, in the crystal.

    The region is that of `ionlake.descriptors.material_levels.material_levels`, the one whose share
    of the cell the connected free volume counts. Small cells are repeated.

    Args:
        dataset: The scan.
        material_id: Name of the material.
        xi: Its Ξ.
        threshold_ev: Level on the surface, eV.
        levels: What `material_levels` gives for the scan, if it is known already.

    Raises:
        SettingsError: The threshold is not positive.
        GridError: The dataset is no scan, or was screened below the threshold.
        MissingExtraError: scikit-image is not installed.

    References:
        arXiv:2411.06804, Fig. 2.
    """
    if not threshold_ev > 0:
        raise SettingsError(f"threshold is {threshold_ev} eV; expected a positive energy")
    cell = np.array(dataset.attrs["cell"], dtype=np.float64)
    repeats = _repeats(cell)
    if levels is None:
        levels = material_levels(dataset, threshold_ev)
    # Smooth, bounded and zero at the threshold: walls of many eV leave no ripples in the splines.
    relative = (levels - threshold_ev) / (levels + threshold_ev)
    refine = 2 if levels.size * np.prod(repeats) <= _MOST_POINTS_REFINED else 1
    surface = isosurface(relative, 0.0, cell, repeats=repeats, refine=refine)
    atoms = _atoms(dataset, cell, repeats)
    mobile = dataset.attrs["symbols"][dataset.attrs["mobile_site_indices"][0]]
    return Scene(
        formula=dataset.attrs["formula"],
        material_id=material_id,
        xi=xi,
        threshold_ev=threshold_ev,
        surface=surface,
        share=float((levels < threshold_ev).mean()),
        atoms=atoms,
        bonds=_bonds([each for each in atoms if each.symbol != mobile]),
        cell=cell,
        repeats=repeats,
    )


def _repeats(cell: FloatArray) -> tuple[int, int, int]:
    lengths = np.linalg.norm(cell, axis=1)
    a, b, c = (int(np.ceil(_SHORTEST_EDGE_ANG / length)) for length in lengths)
    return a, b, c


def _atoms(dataset: xr.Dataset, cell: FloatArray, repeats: tuple[int, ...]) -> tuple[Atoms, ...]:
    """Atoms in the box by element, those on a face on the opposite one too."""
    symbols = np.array(dataset.attrs["symbols"])
    positions = np.array(dataset.attrs["fractional_positions"], dtype=np.float64) % 1.0
    mobile = symbols[dataset.attrs["mobile_site_indices"][0]]
    found = []
    for symbol in sorted(set(symbols.tolist()), key=lambda each: (each == mobile, each)):
        fractional = _images(positions[symbols == symbol], repeats)
        number = atomic_numbers[symbol]
        scale = _MOBILE_SCALE if symbol == mobile else _ATOM_SCALE
        radius = scale * (float(covalent_radii[number]) + 0.5)
        red, green, blue = (float(each) for each in jmol_colors[number])
        found.append(Atoms(symbol, (red, green, blue), radius, fractional @ cell))
    return tuple(found)


def _images(positions: FloatArray, repeats: tuple[int, ...]) -> FloatArray:
    shifts = np.array(list(itertools.product(*(range(-1, n + 1) for n in repeats))))
    every = (positions[:, None, :] + shifts[None, :, :]).reshape(-1, 3)
    inside = (every >= -_ON_FACE) & (every <= np.array(repeats) + _ON_FACE)
    images: FloatArray = every[inside.all(axis=1)]
    return images


def _bonds(atoms: list[Atoms]) -> FloatArray:
    """Pairs of framework atoms nearer than their covalent radii allow for."""
    if not atoms:
        return np.empty((0, 2, 3))
    positions = np.concatenate([each.positions for each in atoms])
    numbers: IntArray = np.concatenate(
        [np.full(len(each.positions), atomic_numbers[each.symbol]) for each in atoms]
    )
    reach = _BOND_SLACK * covalent_radii[numbers]
    pairs: Any = cKDTree(positions).query_pairs(2 * float(reach.max()), output_type="ndarray")
    first, second = pairs.T
    distance = np.linalg.norm(positions[first] - positions[second], axis=1)
    near = distance < reach[first] + reach[second]
    ends: FloatArray = positions[pairs[near]]
    return ends
