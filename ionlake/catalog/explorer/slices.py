"""A grid plane of a PES as a rectangular picture in Å."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import xarray as xr

from ionlake.descriptors.scan_input import read_scan
from ionlake.errors import GridError
from ionlake.geometry import FloatArray, plane_spacings
from ionlake.names import AXES
from ionlake.pes.seed import find_seed

_PIXELS: Final = 260
_NEAR_ANG: Final = 0.75
_IMAGES: Final = (-1, 0, 1)


@dataclass(frozen=True, eq=False)
class Slice:
    """Energies on a plane through grid points.

    Attributes:
        x: Position of the columns of ``energy`` along the plane's first axis, Å.
        y: Position of its rows, perpendicular to that, Å.
        energy: Energies in eV, those of the nearest grid point; NaN outside the cell and where no
            energy was evaluated, shape (y, x).
        outline: Corners of the cell's parallelogram, closed, Å, shape (5, 2).
        atoms: Symbols and places of atoms near the plane, Å; the moving ion is left out.
        fraction: Fractional coordinate of the plane along its axis.
    """

    x: FloatArray
    y: FloatArray
    energy: FloatArray
    outline: FloatArray
    atoms: tuple[tuple[str, float, float], ...]
    fraction: float


def energies_of(grid: xr.Dataset, ion: int | None) -> FloatArray:
    """Energies of a mobile ion, or the lowest of all where ion is None, eV, NaN where unknown.

    Raises:
        GridError: The scan has no such ion.
    """
    n_ions = grid.sizes["mobile_ion"]
    if ion is None:
        lowest: FloatArray = grid.energy.min("mobile_ion").to_numpy().astype(np.float64)
        return lowest
    if not 0 <= ion < n_ions:
        raise GridError(f"mobile ion is {ion}; expected 0 to {n_ions - 1}")
    energies: FloatArray = grid.energy[ion].to_numpy().astype(np.float64)
    return energies


def plane_of_minimum(grid: xr.Dataset, ion: int | None, axis: str) -> int:
    """The grid plane that holds the minimum of an ion, of the first where it is None."""
    scan, chosen = read_scan(grid), ion or 0
    energy = np.asarray(scan.energy[chosen].to_numpy(), dtype=np.float64)
    return int(find_seed(energy, scan.cell, scan.sites[chosen])[AXES.index(axis)])


def cut(grid: xr.Dataset, energies: FloatArray, axis: str, plane: int) -> Slice:
    """Cut the cell along a grid plane.

    Args:
        grid: A scan, for its cell and atoms.
        energies: From `energies_of`, shape (n_a, n_b, n_c).
        axis: The lattice vector that does not lie in the plane: a, b or c.
        plane: Index of the plane along it; wrapped into the cell.
    """
    cell = np.array(grid.attrs["cell"], dtype=np.float64)
    out = AXES.index(axis)
    first, second = (k for k in range(3) if k != out)
    basis = _basis(cell[first], cell[second])
    corners = np.array([0 * cell[0], cell[first], cell[first] + cell[second], cell[second]])
    outline = np.concatenate([corners, corners[:1]]) @ basis.T
    x, y = (np.linspace(each.min(), each.max(), _PIXELS) for each in outline.T)
    plane %= energies.shape[out]
    fraction = plane / energies.shape[out]
    return Slice(
        x=x,
        y=y,
        energy=_sampled(np.take(energies, plane, axis=out), outline, x, y),
        outline=outline,
        atoms=_atoms(grid, cell, out, fraction, basis),
        fraction=fraction,
    )


def _basis(one: FloatArray, other: FloatArray) -> FloatArray:
    """Two unit vectors in the plane of two others, the first along the first, shape (2, 3)."""
    along = one / np.linalg.norm(one)
    across = other - (other @ along) * along
    return np.array([along, across / np.linalg.norm(across)])


def _sampled(values: FloatArray, outline: FloatArray, x: FloatArray, y: FloatArray) -> FloatArray:
    vectors = np.array([outline[1] - outline[0], outline[3] - outline[0]])
    places = np.stack(np.meshgrid(x, y), axis=-1) @ np.linalg.inv(vectors)
    sizes = np.array(values.shape)
    nearest = np.rint(places * sizes).astype(np.int64) % sizes
    sampled: FloatArray = values[nearest[..., 0], nearest[..., 1]].copy()
    sampled[((places < -1e-9) | (places > 1 + 1e-9)).any(axis=-1)] = np.nan
    return sampled


def _atoms(
    grid: xr.Dataset, cell: FloatArray, out: int, fraction: float, basis: FloatArray
) -> tuple[tuple[str, float, float], ...]:
    """Atoms of the framework near the plane, with images on the cell's rim."""
    spacing = float(plane_spacings(cell)[out])
    mobile = set(grid.attrs["mobile_site_indices"])
    positions = np.array(grid.attrs["fractional_positions"], dtype=np.float64)
    found = []
    for site, (symbol, place) in enumerate(zip(grid.attrs["symbols"], positions, strict=True)):
        wrapped = place % 1.0
        wrapped[out] = (place[out] - fraction + 0.5) % 1.0 - 0.5
        if site in mobile or abs(wrapped[out]) * spacing > _NEAR_ANG:
            continue
        for shift in np.ndindex(3, 3):
            image = wrapped.copy()
            image[[k for k in range(3) if k != out]] += [_IMAGES[each] for each in shift]
            inside = np.delete(image, out)
            if ((inside > -1e-3) & (inside < 1 + 1e-3)).all():
                x, y = basis @ (image @ cell)
                found.append((symbol, float(x), float(y)))
    return tuple(found)
