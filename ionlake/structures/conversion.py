"""Passage between plain arrays and the crystal objects of pymatgen and ASE."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ionlake.errors import StructureError
from ionlake.geometry import FloatArray
from ionlake.structures.validation import checked_cell

CrystalArrays = tuple[FloatArray, NDArray[np.int64], FloatArray]

FULL_OCCUPANCY_TOLERANCE = 1e-8


def arrays_from_pymatgen(structure: Any) -> CrystalArrays:
    """Cell (rows, Å), atomic numbers and fractional positions of an ordered pymatgen structure.

    Raises:
        StructureError: Not periodic in three directions, disordered, dummy species, or hydrogens
            that a CIF mentions without saying where they are.
    """
    _check_periodic(structure.pbc)
    _check_hydrogens(structure.site_properties.get("implicit_hydrogens", ()))
    numbers = np.array([_atomic_number_of_site(site) for site in structure], dtype=np.int64)
    return np.array(structure.lattice.matrix), numbers, np.array(structure.frac_coords)


def arrays_from_pymatgen_dict(structure: Mapping[str, Any]) -> CrystalArrays:
    """As `arrays_from_pymatgen`, from what ``Structure.as_dict`` gives.

    Plain crystals (every site one element that occupies it fully) are read without making pymatgen
    objects, which takes ten times longer; the numbers are the same.

    Raises:
        StructureError: As for `arrays_from_pymatgen`.
    """
    plain = _arrays_of_plain_dict(structure)
    if plain is not None:
        return plain
    from pymatgen.core import Structure

    return arrays_from_pymatgen(Structure.from_dict(dict(structure)))


def arrays_from_ase(atoms: Any) -> CrystalArrays:
    """Cell (rows, Å), atomic numbers and fractional positions of periodic ASE atoms.

    Raises:
        StructureError: Not periodic in three directions, a flat cell, or partial occupancies.
    """
    _check_periodic(atoms.pbc)
    occupancies: Mapping[Any, Mapping[str, float]] = atoms.info.get("occupancy") or {}
    for kind, species in occupancies.items():
        _check_occupancy(species, f"kind {kind}")
    cell = checked_cell(np.array(atoms.cell))
    return cell, np.array(atoms.numbers), atoms.get_scaled_positions(wrap=False)


def pymatgen_structure(
    cell: FloatArray, symbols: Sequence[str], fractional_positions: FloatArray
) -> Any:
    """A new pymatgen ``Structure`` that shares no memory with the arrays."""
    from pymatgen.core import Lattice, Structure

    return Structure(Lattice(cell.copy()), list(symbols), fractional_positions.copy())


def ase_atoms(
    cell: FloatArray, atomic_numbers: NDArray[np.int64], fractional_positions: FloatArray
) -> Any:
    """New ASE ``Atoms``, periodic in all directions, that share no memory with the arrays."""
    from ase import Atoms

    positions = fractional_positions @ cell
    return Atoms(numbers=atomic_numbers, positions=positions, cell=cell.copy(), pbc=True)


def element_symbols(atomic_numbers: NDArray[np.int64]) -> tuple[str, ...]:
    """Element symbols of atomic numbers from 1 to 118."""
    from ase.data import chemical_symbols

    return tuple(chemical_symbols[number] for number in atomic_numbers)


def atomic_number(symbol: str) -> int | None:
    """Atomic number of an element symbol, or None where there is no such element."""
    from ase.data import atomic_numbers

    return atomic_numbers.get(symbol) or None


def reduced_formula(symbols: Sequence[str]) -> str:
    """Reduced chemical formula in pymatgen's order of elements."""
    from pymatgen.core import Composition

    formula: str = Composition("".join(symbols)).reduced_formula
    return formula


def _arrays_of_plain_dict(structure: Mapping[str, Any]) -> CrystalArrays | None:
    """The arrays of a plain crystal, None for any other."""
    lattice, sites = structure["lattice"], structure["sites"]
    numbers = [_plain_atomic_number(site) for site in sites]
    if None in numbers or lattice.get("pbc", (True,) * 3) not in ([True] * 3, (True,) * 3):
        return None
    cell = np.array(lattice["matrix"], dtype=np.float64).reshape(3, 3)
    positions = np.array([site["abc"] for site in sites], dtype=np.float64)
    return cell, np.array(numbers, dtype=np.int64), positions


def _plain_atomic_number(site: Mapping[str, Any]) -> int | None:
    species = site["species"]
    if len(species) != 1 or species[0].keys() != {"element", "occu"} or species[0]["occu"] != 1:
        return None
    if site.get("properties", {}).get("implicit_hydrogens"):
        return None
    return atomic_number(species[0]["element"])


def _atomic_number_of_site(site: Any) -> int:
    from pymatgen.core import DummySpecies

    _check_occupancy({str(key): amount for key, amount in site.species.items()}, "a site")
    species = next(iter(site.species))
    if isinstance(species, DummySpecies):
        raise StructureError(
            f"species {species} is not an element, expected real atoms only:"
            " replace dummy species and vacancies by elements or remove them"
        )
    return int(species.Z)


def _check_occupancy(species: Mapping[str, float], where: str) -> None:
    full = [abs(amount - 1.0) < FULL_OCCUPANCY_TOLERANCE for amount in species.values()]
    if full != [True]:
        found = ", ".join(f"{name}: {amount:g}" for name, amount in species.items())
        raise StructureError(
            f"the crystal is disordered, {where} holds {{{found}}}, expected one fully occupying"
            " element per site: order the crystal first"
        )


def _check_hydrogens(implicit_hydrogens: Sequence[float]) -> None:
    if any(implicit_hydrogens):
        raise StructureError(
            "the CIF attaches hydrogens to atoms without giving their positions, expected every"
            " atom with its position: add the hydrogens first"
        )


def _check_periodic(pbc: Sequence[bool]) -> None:
    if not all(pbc):
        raise StructureError(
            f"periodicity is {tuple(bool(flag) for flag in pbc)}, expected (True, True, True):"
            " only bulk crystals can be scanned, set all three directions periodic"
        )
