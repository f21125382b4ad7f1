"""Migration paths of the ions that set a material's percolation barriers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import xarray as xr

from ionlake.descriptors.keys import DIMENSIONS, SEED_AXES, barrier_key
from ionlake.descriptors.scan_input import ScanInput, read_scan
from ionlake.errors import GridError
from ionlake.geometry import FloatArray, nearest_points
from ionlake.levels.connectivity import neighbour_offsets
from ionlake.levels.pathway import Pathway, migration_paths
from ionlake.levels.percolation import Barriers, percolation_barriers
from ionlake.pes.seed import GridIndex, find_seed

PATHWAY_VERSION: Final = 1
"""Goes up when the same landscape would give another path."""

N_NEIGHBOURS: Final = 6


@dataclass(frozen=True, eq=False)
class IonPathway:
    """The path of one ion along one of its directions.

    Attributes:
        mobile_ion: The ion.
        dimension: 1, 2 or 3: it is the path with which the ion percolates in so many dimensions.
        sets_material_value: Whether the ion's barrier is the material's.
        pathway: The path, None where there is none up to 6 eV (or up to what a screened scan
            tells).
        neighbour_sites: Sites of the atoms nearest to the bottleneck, the nearest first, images
            counted one by one; all atoms but the moving one.
        neighbour_distances_ang: Their distances, Å.
    """

    mobile_ion: int
    dimension: int
    sets_material_value: bool
    pathway: Pathway | None
    neighbour_sites: tuple[int, ...] = ()
    neighbour_distances_ang: tuple[float, ...] = ()


def material_pathways(dataset: xr.Dataset, ions: Sequence[Mapping[str, Any]]) -> list[IonPathway]:
    """Paths of the ions whose percolation barriers are the material's.

    Of the ions with the lowest barrier of a dimension the first is taken. Each ion taken brings its
    paths of all three dimensions; where no ion percolates, the first is taken and has none.

    Args:
        dataset: A scan.
        ions: What `describe_ions` says of it, or rows that hold the same.

    Raises:
        GridError: If the dataset is not a scan.
    """
    scan = read_scan(dataset)
    setters = {d: setting_ion(ions, d) for d in DIMENSIONS}
    chosen = sorted({ion for ion in setters.values() if ion is not None}) or [0]
    return [
        path
        for ion in chosen
        for path in ion_pathways(
            scan,
            ion,
            _seed(ions[ion]),
            _barriers(ions[ion]),
            sets=[d for d, setter in setters.items() if setter == ion],
        )
    ]


def setting_ion(ions: Sequence[Mapping[str, Any]], dimension: int) -> int | None:
    """The first ion with the lowest percolation barrier of a dimension, None where none has one."""
    key = barrier_key(dimension)
    heights = [(row[key], number) for number, row in enumerate(ions) if row[key] is not None]
    return min(heights)[1] if heights else None


def ion_pathways(
    scan: ScanInput, ion: int, seed: GridIndex, barriers: Barriers, sets: Sequence[int] = ()
) -> list[IonPathway]:
    """Paths of one ion, one for each dimension.

    Args:
        scan: The scan.
        ion: The mobile ion.
        seed: Its seed.
        barriers: Its percolation barriers, eV.
        sets: Dimensions whose material value it sets.
    """
    energy = np.asarray(scan.energy[ion].to_numpy(), dtype=np.float64)
    paths = migration_paths(energy, scan.cell, seed, barriers)
    return [
        _with_neighbours(scan, ion, dimension, path, sets=dimension in sets)
        for dimension, path in zip(DIMENSIONS, paths, strict=True)
    ]


def trace_pathway(dataset: xr.Dataset, dimension: int, mobile_ion: int | None) -> IonPathway:
    """The path with which a material, or one of its ions, percolates in so many dimensions.

    Args:
        dataset: A scan.
        dimension: 1, 2 or 3.
        mobile_ion: The ion; by default the first that sets the material's barrier.

    Raises:
        GridError: If the dataset is not a scan or has no such ion, or nothing percolates.
    """
    if dimension not in DIMENSIONS:
        raise GridError(f"dimension is {dimension!r}; expected 1, 2 or 3: choose one")
    scan = read_scan(dataset)
    n_ions = len(scan.site_indices)
    if mobile_ion is not None and not 0 <= mobile_ion < n_ions:
        raise GridError(
            f"mobile ion is {mobile_ion!r}; expected 0 to {n_ions - 1}: the scan has {n_ions}"
        )
    chosen = range(n_ions) if mobile_ion is None else [mobile_ion]
    found = {ion: _seed_and_barriers(scan, ion) for ion in chosen}
    heights = [(b, ion) for ion in found if (b := found[ion][1][dimension - 1]) is not None]
    if not heights:
        whose = "no mobile ion" if mobile_ion is None else f"mobile ion {mobile_ion} nowhere"
        limit = min(scan.valid_below_ev, 6.0)
        raise GridError(
            f"{whose} percolates in {dimension} dimension(s) below {limit:g} eV, so there is no "
            "path; ask for a lower dimension, or look at the percolation barriers"
        )
    ion = min(heights)[1]
    sets = DIMENSIONS if mobile_ion is None else ()
    return ion_pathways(scan, ion, *found[ion], sets=sets)[dimension - 1]


def _seed_and_barriers(scan: ScanInput, ion: int) -> tuple[GridIndex, Barriers]:
    """As the descriptors have them, those of a screened scan as far as it tells."""
    energy = np.asarray(scan.energy[ion].to_numpy(), dtype=np.float64)
    seed = find_seed(energy, scan.cell, scan.sites[ion])
    barriers = percolation_barriers(energy, seed, neighbour_offsets(scan.cell, energy.shape))
    one, two, three = (b if b is not None and b < scan.valid_below_ev else None for b in barriers)
    return seed, (one, two, three)


def _with_neighbours(
    scan: ScanInput, ion: int, dimension: int, path: Pathway | None, *, sets: bool
) -> IonPathway:
    if path is None:
        return IonPathway(ion, dimension, sets_material_value=False, pathway=None)
    sites, distances = _bottleneck_neighbours(scan, ion, path.fractional[path.bottleneck])
    return IonPathway(ion, dimension, sets, path, sites, distances)


def _bottleneck_neighbours(
    scan: ScanInput, ion: int, bottleneck: FloatArray
) -> tuple[tuple[int, ...], tuple[float, ...]]:
    others = np.delete(np.arange(len(scan.positions)), scan.site_indices[ion])
    if not others.size:
        return (), ()
    which, distances = nearest_points(bottleneck, scan.positions[others], scan.cell, N_NEIGHBOURS)
    return tuple(others[which].tolist()), tuple(distances.tolist())


def _seed(ion: Mapping[str, Any]) -> GridIndex:
    i, j, k = (int(ion[axis]) for axis in SEED_AXES)
    return i, j, k


def _barriers(ion: Mapping[str, Any]) -> Barriers:
    one, two, three = (ion[barrier_key(d)] for d in DIMENSIONS)
    return one, two, three
