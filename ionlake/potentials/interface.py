"""The contract between ionlake and any interatomic potential.

A potential answers one question: the energies of a batch of configurations of one crystal. It may
also offer a specialised evaluator for scans, in which only one atom moves.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from ionlake.errors import PotentialError
from ionlake.geometry import FloatArray, IntArray


@dataclass(frozen=True)
class PotentialCard:
    """What identifies a potential and what it can treat.

    Attributes:
        name: Name to show, for example ``sevennet-0``.
        dtype: Floating-point precision of its arithmetic, ``float32`` or ``float64``.
        cutoff_ang: Interaction radius of one message or pair, Å; None where it has none.
        atomic_numbers: Elements it knows; None if any.
        parity: True if mirror images have equal energies, so that improper symmetry operations
            may be used; False if only proper rotations leave the energy unchanged.
        checkpoint_sha256: SHA-256 of the checkpoint file, None where there is no file.
        modality: Level of theory picked in a multi-fidelity checkpoint.
        parameters: Parameters of a potential without a checkpoint; part of its identity, kept as
            plain JSON data (arrays and tuples become lists).

    Raises:
        PotentialError: If the parameters cannot be written as JSON.
    """

    name: str
    dtype: str
    cutoff_ang: float | None
    atomic_numbers: frozenset[int] | None
    parity: bool
    checkpoint_sha256: str | None = None
    modality: str | None = None
    parameters: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        """Turn the parameters into what can be hashed and stored."""
        if self.parameters is not None:
            object.__setattr__(self, "parameters", _plain_data(self.name, self.parameters))

    @cached_property
    def potential_id(self) -> str:
        """Hash of what fixes the energies: checkpoint (or name and parameters), modality, dtype."""
        identity = {
            "source": self.checkpoint_sha256 or [self.name, self.parameters or {}],
            "modality": self.modality,
            "dtype": self.dtype,
        }
        text = json.dumps(identity, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:32]


@runtime_checkable
class Potential(Protocol):
    """Anything that gives energies for configurations of a crystal."""

    @property
    def card(self) -> PotentialCard:
        """Identity and abilities."""

    def energies(self, cell: FloatArray, numbers: IntArray, positions: FloatArray) -> FloatArray:
        """Total energies of configurations that share cell and species.

        Args:
            cell: Lattice vectors as rows, Å, shape (3, 3).
            numbers: Atomic numbers, shape (n_atoms,).
            positions: Cartesian positions, Å, shape (n_configurations, n_atoms, 3).

        Returns:
            Energies in eV, float64, shape (n_configurations,).
        """


@runtime_checkable
class ScanEvaluator(Protocol):
    """Energies of a crystal in which one ion moves and everything else stays."""

    def energies(self, points: FloatArray) -> FloatArray:
        """Total energies with the moving ion at each point.

        Args:
            points: Fractional coordinates of the moving ion, shape (n_points, 3).

        Returns:
            Energies in eV, float64, shape (n_points,).
        """


@runtime_checkable
class OffersScanEvaluator(Protocol):
    """A potential with an evaluator of its own for scans, faster than batches of structures.

    A potential without one is its own reference.
    """

    @property
    def scan_evaluator_name(self) -> str:
        """Code path and version of the evaluator, part of a scan's identity."""

    def reference(self) -> Potential:
        """The plain potential in float64: same weights, no shortcut.

        Energies of the scan evaluator are verified against it in every scan, so keep it once it
        is made. Its card names it and its precision.
        """

    def scan_evaluator(
        self, cell: FloatArray, numbers: IntArray, fractional: FloatArray, site: int
    ) -> ScanEvaluator:
        """An evaluator for one crystal in which the ion at index ``site`` moves.

        Args:
            cell: Lattice vectors as rows, Å, shape (3, 3).
            numbers: Atomic numbers, shape (n_atoms,).
            fractional: Fractional positions, shape (n_atoms, 3).
            site: Index of the moving ion.
        """


def require_elements(card: PotentialCard, numbers: IntArray) -> None:
    """Refuse a crystal with an element the potential does not know.

    Raises:
        PotentialError: Naming the unknown elements.
    """
    if card.atomic_numbers is None:
        return
    unknown = sorted(set(np.asarray(numbers).tolist()) - card.atomic_numbers)
    if unknown:
        from ase.data import chemical_symbols

        names = ", ".join(chemical_symbols[z] for z in unknown)
        raise PotentialError(
            f"the potential {card.name} does not know {names} (it knows "
            f"{len(card.atomic_numbers)} elements): use a potential that covers {names}"
        )


def as_batch(positions: NDArray[Any], n_atoms: int) -> FloatArray:
    """Check and convert a batch of positions to float64 of shape (n_configurations, n_atoms, 3).

    Raises:
        PotentialError: If the shape is another.
    """
    batch = np.asarray(positions, dtype=np.float64)
    if batch.ndim != 3 or batch.shape[1:] != (n_atoms, 3):
        raise PotentialError(
            f"positions have shape {batch.shape}, expected (n_configurations, {n_atoms}, 3): "
            "give Cartesian coordinates in Å for every atom of every configuration"
        )
    return batch


def _plain_data(name: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters as they come back from JSON."""
    try:
        text = json.dumps(dict(parameters), default=_array_to_list, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise PotentialError(
            f"the parameters of the potential {name} are no plain data ({error}); they identify "
            "it in a lake: give numbers, strings, lists and dicts of these"
        ) from error
    plain: dict[str, Any] = json.loads(text)
    return plain


def _array_to_list(value: Any) -> Any:
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    raise TypeError(f"a {type(value).__name__} among them")
