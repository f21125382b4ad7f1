"""What may be chosen about a scan; all of it is part of the scan's identity."""

import math
from dataclasses import dataclass
from numbers import Real
from typing import Any, Final

from pydantic import ConfigDict

from ionlake.errors import SettingsError
from ionlake.structures.conversion import atomic_number

GRID_PROTOCOLS: Final = ("commensurate", "paper")
SYMMETRY_MODES: Final = ("auto", "proper", "all", "none")
EVALUATORS: Final = ("auto", "batched")
ACCURACIES: Final = ("full", "screen")
FROZEN_FRAMEWORK: Final = "frozen_framework"
"""Every atom but the moving ion stays, the other mobile ions included."""

PAPER_SPACING_ANG: Final = 0.25
PAPER_EXCLUSION_RADIUS_ANG: Final = 1.2


@dataclass(frozen=True)
class ScanSettings:
    """Settings of a frozen-framework scan.

    Attributes:
        mobile_species: Element symbol of the ion that moves.
        grid: ``paper`` takes ceil(length / spacing) points along each axis; ``commensurate`` takes
            the smallest grid, not coarser, whose sizes fit the symmetry of the crystal.
        symmetry: ``auto`` (proper operations, and improper ones too if the potential has parity),
            ``proper``, ``all`` or ``none``.
        spacing_ang: Largest distance of grid points along an axis, Å; the paper's is 0.25.
        exclusion_radius_ang: Points nearer than this to another atom are excluded, Å.
        evaluator: ``auto`` takes the potential's own scan evaluator if it offers one; ``batched``
            evaluates whole structures. Part of a scan's identity by the name of the evaluator.
        accuracy: ``full`` evaluates every allowed point; ``screen`` only those that can matter
            below 0.6 eV (see `ionlake.pes.screening`), which is enough for Ξ.
        min_image_distance_ang: A crystal in whose cell the ion would meet its own image nearer than
            this is scanned in the smallest supercell in which it does not, Å; None scans every cell
            as it is (the paper's protocol).

    Raises:
        SettingsError: If a value is not one of these, or a length is not a positive number.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")  # where it is part of a recipe

    mobile_species: str = "Li"
    grid: str = "commensurate"
    symmetry: str = "auto"
    spacing_ang: float = PAPER_SPACING_ANG
    exclusion_radius_ang: float = PAPER_EXCLUSION_RADIUS_ANG
    evaluator: str = "auto"
    accuracy: str = "full"
    min_image_distance_ang: float | None = None

    def __post_init__(self) -> None:
        """Check every value."""
        if not isinstance(self.mobile_species, str) or atomic_number(self.mobile_species) is None:
            raise SettingsError(
                f"mobile_species is {self.mobile_species!r}; expected an element symbol such as Li"
            )
        _require_choice("grid", self.grid, GRID_PROTOCOLS)
        _require_choice("symmetry", self.symmetry, SYMMETRY_MODES)
        _require_choice("evaluator", self.evaluator, EVALUATORS)
        _require_choice("accuracy", self.accuracy, ACCURACIES)
        for name in ("spacing_ang", "exclusion_radius_ang"):
            object.__setattr__(self, name, _checked_length(name, getattr(self, name)))
        guard = self.min_image_distance_ang
        if guard is not None:
            guard = _checked_length("min_image_distance_ang", guard)
            object.__setattr__(self, "min_image_distance_ang", guard)

    @property
    def scan_protocol(self) -> str:
        """Name of the scan protocol; the distance of a supercell's images is part of the name."""
        if self.min_image_distance_ang is None:
            return FROZEN_FRAMEWORK
        distance = repr(self.min_image_distance_ang).removesuffix(".0")
        return f"{FROZEN_FRAMEWORK}_supercell-{distance}"

    @property
    def grid_protocol(self) -> str:
        """Name of the grid protocol; another spacing than the paper's is part of the name."""
        if self.spacing_ang == PAPER_SPACING_ANG:
            return self.grid
        return f"{self.grid}-{self.spacing_ang:g}"


def _require_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise SettingsError(f"{name} is {value!r}; expected one of {', '.join(choices)}")


def _checked_length(name: str, value: Any) -> float:
    number = isinstance(value, Real) and not isinstance(value, bool)
    if not number or not math.isfinite(value) or value <= 0:
        raise SettingsError(f"{name} is {value!r}; expected a positive length in Å")
    return float(value)
