"""The one form in which a crystal travels through ionlake."""

import sys
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ionlake.errors import SettingsError, StructureError
from ionlake.geometry import FloatArray
from ionlake.structures import conversion, identity, validation


class StructureTypeError(StructureError, TypeError):
    """An object that is not a crystal in any form ionlake knows."""


@dataclass(frozen=True, eq=False)
class StructureRecord:
    """A validated ordered periodic crystal, as given: no reduction, no sorting, no wrapping.

    A record that exists is sound: the arrays are checked when it is made, copied, and closed for
    writing; it survives pickling with the same guarantees.

    Attributes:
        cell: Lattice vectors as rows, Å, shape (3, 3); left-handed cells are allowed.
        atomic_numbers: Atomic numbers in site order, shape (n,).
        fractional_positions: Fractional coordinates in site order, shape (n, 3).

    Raises:
        StructureError: Numbers that are not finite, a flat cell, no atoms, numbers of no element,
            or two atoms (periodic images included) closer than 0.5 Å.
    """

    cell: FloatArray
    atomic_numbers: NDArray[np.int64]
    fractional_positions: FloatArray

    def __post_init__(self) -> None:
        """Replace the given arrays by checked read-only copies."""
        numbers = validation.checked_atomic_numbers(self.atomic_numbers)
        object.__setattr__(self, "cell", validation.checked_cell(self.cell))
        object.__setattr__(self, "atomic_numbers", numbers)
        positions = validation.checked_positions(self.fractional_positions, len(numbers))
        object.__setattr__(self, "fractional_positions", positions)
        validation.check_distances(self.cell, positions)

    def __reduce__(self) -> tuple[type[Self], tuple[FloatArray, NDArray[np.int64], FloatArray]]:
        """Pickle the arrays alone, so that a restored record is checked and read-only again."""
        return type(self), (self.cell, self.atomic_numbers, self.fractional_positions)

    @classmethod
    def from_pymatgen(cls, structure: Any) -> Self:
        """Take over an ordered pymatgen structure; oxidation states and isotopes are dropped.

        Args:
            structure: A pymatgen ``Structure`` or ``IStructure``.

        Raises:
            StructureError: Disordered or partially occupied sites, dummy species, a direction that
                is not periodic, or anything a record refuses.
        """
        return cls(*conversion.arrays_from_pymatgen(structure))

    @classmethod
    def from_ase(cls, atoms: Any) -> Self:
        """Take over ASE atoms that are periodic in all three directions.

        Args:
            atoms: An ASE ``Atoms``; constraints, velocities and calculators are ignored.

        Raises:
            StructureError: A direction that is not periodic, partial occupancies noted by ASE's
                CIF reader, dummy atoms, or anything a record refuses.
        """
        return cls(*conversion.arrays_from_ase(atoms))

    @classmethod
    def from_any(cls, obj: Any) -> Self:
        """Take over a pymatgen structure, ASE atoms or a record (returned as it is).

        Raises:
            StructureTypeError: Another kind of object (also a ``TypeError``).
            StructureError: A crystal that a record refuses.
        """
        if isinstance(obj, cls):
            return obj
        if _is_a(obj, "pymatgen.core.structure", "IStructure"):
            return cls.from_pymatgen(obj)
        if _is_a(obj, "ase", "Atoms"):
            return cls.from_ase(obj)
        raise StructureTypeError(
            f"got {type(obj).__module__}.{type(obj).__qualname__}, expected a pymatgen Structure,"
            " ASE Atoms or StructureRecord: convert it first, or read a file with FileSource"
        )

    @cached_property
    def structure_id(self) -> str:
        """Hash of cell, species and positions as given; see `ionlake.structures.identity`."""
        return identity.structure_id(self.cell, self.atomic_numbers, self.fractional_positions)

    @property
    def n_sites(self) -> int:
        """Number of atoms in the cell."""
        return len(self.atomic_numbers)

    @cached_property
    def symbols(self) -> tuple[str, ...]:
        """Element symbols in site order."""
        return conversion.element_symbols(self.atomic_numbers)

    @cached_property
    def formula(self) -> str:
        """Reduced chemical formula in pymatgen's order, such as ``Li2O``."""
        return conversion.reduced_formula(self.symbols)

    @property
    def elements(self) -> tuple[str, ...]:
        """The distinct element symbols in alphabetical order."""
        return tuple(sorted(set(self.symbols)))

    @property
    def chemical_system(self) -> str:
        """The elements joined by hyphens, such as ``Li-O``."""
        return "-".join(self.elements)

    def to_pymatgen(self) -> Any:
        """The same crystal as a new pymatgen ``Structure``: same cell, order and coordinates."""
        return conversion.pymatgen_structure(self.cell, self.symbols, self.fractional_positions)

    def to_ase(self) -> Any:
        """The same crystal as new periodic ASE ``Atoms``: same cell and order."""
        return conversion.ase_atoms(self.cell, self.atomic_numbers, self.fractional_positions)

    def mobile_sites(self, species: str) -> NDArray[np.int64]:
        """Indices of the sites of the mobile species.

        Args:
            species: Element symbol, such as ``Li``.

        Returns:
            Site indices in ascending order, shape (m,), m >= 1.

        Raises:
            SettingsError: ``species`` is not an element symbol.
            StructureError: The crystal has no such atom.
        """
        number = conversion.atomic_number(species)
        if number is None:
            raise SettingsError(
                f"mobile species {species!r} is not an element symbol, expected one such as 'Li':"
                " correct the setting"
            )
        sites = np.flatnonzero(self.atomic_numbers == number).astype(np.int64)
        if not sites.size:
            raise StructureError(
                f"{self.formula} has no {species}, expected at least one mobile {species} atom:"
                " choose another mobile species or leave this crystal out"
            )
        return sites


def _is_a(obj: object, module: str, name: str) -> bool:
    """Whether an object is an instance of a class, without importing the class's library."""
    loaded = sys.modules.get(module)
    return loaded is not None and isinstance(obj, getattr(loaded, name))
