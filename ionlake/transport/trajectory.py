"""A recorded trajectory as arrays."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ionlake.errors import StructureError
from ionlake.geometry import FloatArray


@dataclass(frozen=True, eq=False)
class Trajectory:
    """Evenly spaced frames of a crystal at constant cell.

    Attributes:
        cell: Lattice vectors as rows, Å, shape (3, 3).
        numbers: Atomic numbers, shape (n,).
        mobile: Which atoms are the mobile ions, shape (n,).
        reference: Positions that atoms are meant to be at (crystal sites, or the first frame of a
            trajectory made elsewhere), Å, shape (n, 3).
        positions: Cartesian positions, unwrapped, Å, shape (f, n, 3).
        frame_ps: Time from one frame to the next, ps.
        temperature_k: Temperature that the thermostat was set to, K.

    Raises:
        StructureError: Shapes that do not fit each other, no mobile ion, or fewer than two frames.
    """

    cell: FloatArray
    numbers: NDArray[np.int64]
    mobile: NDArray[np.bool_]
    reference: FloatArray
    positions: NDArray[np.floating]
    frame_ps: float
    temperature_k: float

    def __post_init__(self) -> None:
        """Check the shapes."""
        n = len(self.numbers)
        fits = self.positions.ndim == 3 and self.positions.shape[1:] == (n, 3)
        if not fits or self.mobile.shape != (n,) or self.reference.shape != (n, 3):
            raise StructureError(
                f"a trajectory of {n} atoms has positions of shape {self.positions.shape}, a "
                f"reference of {self.reference.shape} and marks of {self.mobile.shape}; expected "
                f"(frames, {n}, 3), ({n}, 3) and ({n},)"
            )
        if not self.mobile.any() or len(self.positions) < 2:
            raise StructureError(
                f"a trajectory has {int(self.mobile.sum())} mobile ions and {len(self.positions)} "
                "frames; expected at least 1 and 2"
            )

    @property
    def length_ps(self) -> float:
        """Time from the first frame to the last, ps."""
        return self.frame_ps * (len(self.positions) - 1)
