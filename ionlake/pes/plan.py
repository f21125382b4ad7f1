"""What a scan has to evaluate: the grid, the mobile ions that differ, the points that differ.

Two kinds of symmetry save work. Operations of the whole crystal map mobile ions onto each other:
one ion of each orbit is scanned and the others copy its energies. Operations of the frozen
lattice, the crystal without the moving ion, map the points of one scan onto each other: one point
of each orbit is evaluated.
"""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

import numpy as np

from ionlake.errors import GridError, StructureError
from ionlake.geometry import FloatArray, IntArray
from ionlake.pes.exclusion import allowed_points
from ionlake.pes.grid import Shape, commensurate_shape, paper_shape
from ionlake.pes.image_guard import scan_repeats, settings_for
from ionlake.pes.settings import ScanSettings
from ionlake.pes.symmetry import (
    Operations,
    crystal_operations,
    fit_to_grid,
    ion_images,
    orbit_minima,
    usable,
)
from ionlake.structures.record import StructureRecord
from ionlake.structures.supercell import Repeats, repeated

_KEPT_ORBITS: Final = 32


@dataclass(frozen=True)
class IonOrbit:
    """Mobile ions that share one scan.

    Attributes:
        ion: The mobile ion that is scanned, as its position among the mobile ions.
        copies: The other mobile ions, each with the index of the crystal operation that maps the
            scanned ion onto it.
    """

    ion: int
    copies: tuple[tuple[int, int], ...]


@dataclass(frozen=True, eq=False)
class ScanPlan:
    """A scan, worked out but not computed; equal to another plan of the same scan.

    Attributes:
        crystal: The crystal as it was given, which names the scan.
        repeats: Number of its cells along each lattice vector that are scanned together.
        structure: What is scanned: the crystal, or its supercell.
        settings: The scan's settings; ``symmetry`` is resolved, never ``auto``, and a distance of
            images stands there only if the crystal's own cell does not keep it.
        sites: Site index of every mobile ion, in input order.
        shape: Grid sizes.
        operations: Operations of the crystal that fit the grid.
        orbits: The mobile ions grouped by these operations.
        reduced: False once symmetry has been given up and every point is evaluated.
    """

    crystal: StructureRecord
    repeats: Repeats
    structure: StructureRecord
    settings: ScanSettings
    sites: IntArray
    shape: Shape
    operations: Operations
    orbits: tuple[IonOrbit, ...]
    reduced: bool = True

    def __eq__(self, other: object) -> bool:
        """Whether the other plan has the same crystal, settings, grid and use of symmetry."""
        return isinstance(other, ScanPlan) and self._identity == other._identity

    def __hash__(self) -> int:
        """Hash of what makes plans equal."""
        return hash(self._identity)

    @property
    def _identity(self) -> tuple[str, ScanSettings, Shape, bool]:
        return self.crystal.structure_id, self.settings, self.shape, self.reduced

    def framework(self, ion: int) -> tuple[IntArray, FloatArray]:
        """Atomic numbers and fractional positions of every atom but mobile ion ``ion``."""
        others = np.arange(self.structure.n_sites) != self.sites[ion]
        return (
            self.structure.atomic_numbers[others],
            self.structure.fractional_positions[others],
        )


@dataclass(frozen=True, eq=False)
class OrbitPoints:
    """The grid points of one scanned ion.

    Attributes:
        evaluated: Flat indices of the points to evaluate, in C order.
        source: For every grid point the position in ``evaluated`` of the point whose energy it
            takes, −1 where the point is excluded; shape (n_points,).
        n_operations: Operations of the frozen lattice that were used.
    """

    evaluated: IntArray
    source: IntArray
    n_operations: int


def plan_scan(
    structure: StructureRecord, settings: ScanSettings, *, parity: bool = False
) -> ScanPlan:
    """Choose the cell and the grid, and group the mobile ions.

    A supercell has the grid of the crystal's own cell, repeated: its lattice translations then map
    grid points onto grid points, whatever the grid protocol, and only one of the ions that they map
    onto each other is scanned.

    Args:
        structure: The crystal.
        settings: The scan's settings.
        parity: Whether the potential gives mirror images equal energies; decides what
            ``symmetry="auto"`` means.

    Raises:
        StructureError: If the crystal has no ion of the mobile species, or no other atom.
    """
    require_framework(structure)
    settings = replace(
        settings_for(structure.cell, settings),
        symmetry=resolve_symmetry(settings.symmetry, parity=parity),
    )
    repeats = scan_repeats(structure.cell, settings)
    scanned = repeated(structure, repeats)
    sites = scanned.mobile_sites(settings.mobile_species)
    n_a, n_b, n_c = (n * m for n, m in zip(_cell_shape(structure, settings), repeats, strict=True))
    shape = (n_a, n_b, n_c)
    found = usable(_operations(scanned), settings.symmetry)
    operations = fit_to_grid(found, *_arrays(scanned), shape)
    images = ion_images(operations, scanned.cell, scanned.fractional_positions[sites])
    orbits = _ion_orbits(images)
    return ScanPlan(structure, repeats, scanned, settings, sites, shape, operations, orbits)


def _cell_shape(structure: StructureRecord, settings: ScanSettings) -> Shape:
    """Grid sizes of a crystal's own cell."""
    if settings.grid == "paper":
        return paper_shape(structure.cell, settings.spacing_ang)
    return commensurate_shape(structure.cell, _operations(structure), settings.spacing_ang)


def _operations(structure: StructureRecord) -> Operations:
    return crystal_operations(*_arrays(structure))


def _arrays(structure: StructureRecord) -> tuple[FloatArray, IntArray, FloatArray]:
    return structure.cell, structure.atomic_numbers, structure.fractional_positions


def require_framework(structure: StructureRecord) -> None:
    """Refuse a cell of a single atom: nothing would be frozen around the moving ion.

    Raises:
        StructureError: If there is no other atom.
    """
    if structure.n_sites < 2:
        raise StructureError(
            f"the cell of {structure.formula} holds one atom, expected at least one more that "
            "stays while the ion moves: give a larger cell"
        )


def resolve_symmetry(mode: str, *, parity: bool) -> str:
    """Turn ``auto`` into ``all`` for potentials with parity and ``proper`` for the others."""
    if mode == "auto":
        return "all" if parity else "proper"
    return mode


@lru_cache(maxsize=_KEPT_ORBITS)
def orbit_points(plan: ScanPlan, ion: int) -> OrbitPoints:
    """Work out which grid points of a mobile ion must be evaluated.

    The result is remembered: evaluation, verification and assembly of a scan all ask for it.

    Raises:
        GridError: If every point is too close to another atom.
    """
    cell, shape = plan.structure.cell, plan.shape
    numbers, positions = plan.framework(ion)
    mode = plan.settings.symmetry if plan.reduced else "none"
    found = usable(crystal_operations(cell, numbers, positions), mode)
    operations = fit_to_grid(found, cell, numbers, positions, shape)
    lowest = orbit_minima(operations, shape)
    allowed = allowed_points(cell, positions, shape, plan.settings.exclusion_radius_ang)
    # The representative decides for its orbit, so that rounding cannot split an orbit.
    evaluated = np.flatnonzero((lowest == np.arange(lowest.size)) & allowed.reshape(-1))
    if not evaluated.size:
        raise GridError(
            f"all {lowest.size} grid points of mobile ion {ion} in {plan.structure.formula} lie "
            f"within {plan.settings.exclusion_radius_ang} Å of another atom: check the structure"
        )
    position = np.full(lowest.size, -1, dtype=np.int64)
    position[evaluated] = np.arange(evaluated.size)
    source = position[lowest]
    for shared in (evaluated, source):
        shared.flags.writeable = False
    return OrbitPoints(evaluated, source, len(operations))


def without_symmetry(plan: ScanPlan) -> ScanPlan:
    """The same scan on the same grid with every point of every ion evaluated."""
    return replace(
        plan,
        operations=plan.operations.select(np.array([0])),
        orbits=tuple(IonOrbit(ion, ()) for ion in range(len(plan.sites))),
        reduced=False,
    )


def _ion_orbits(images: IntArray) -> tuple[IonOrbit, ...]:
    """Group mobile ions by their images under each operation, shape (m, n_ions)."""
    orbits: list[IonOrbit] = []
    seen: set[int] = set()
    for ion in range(images.shape[1]):
        if ion in seen:
            continue
        copies: dict[int, int] = {}
        for operation, image in enumerate(images[:, ion].tolist()):
            if image != ion and image not in seen:
                copies.setdefault(image, operation)
        seen |= {ion, *copies}
        orbits.append(IonOrbit(ion, tuple(sorted(copies.items()))))
    return tuple(orbits)
