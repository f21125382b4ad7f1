"""Trajectories made elsewhere, brought into the form that the analysis takes.

VASP (XDATCAR, vasprun.xml), extended XYZ, ASE's own .traj, and what else ASE reads. Such files wrap
positions into the cell; they are unwrapped by taking the shortest way from frame to frame, which is
right as long as no atom moves further than half the distance to its image between two frames.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from ionlake.errors import SettingsError, SourceError, StructureError
from ionlake.geometry import FloatArray, lattice_shifts, shortest_lattice_vector
from ionlake.structures.conversion import atomic_number
from ionlake.transport.trajectory import Trajectory

_SAME_CELL_ANG: Final = 1e-3


def read_frames(path: Path) -> list[Any]:
    """All frames of a file, as ASE Atoms.

    Args:
        path: The file; its name or its content tells the format.

    Raises:
        SourceError: The file cannot be read.
    """
    from ase.io import read

    kind = "vasp-xdatcar" if "XDATCAR" in path.name.upper() else None
    try:
        frames = read(path, index=":", format=kind)
    except Exception as error:
        raise SourceError(
            f"{path} cannot be read as a trajectory ({type(error).__name__}: {error}): give an "
            "XDATCAR, a vasprun.xml, extended XYZ or an ASE .traj"
        ) from error
    return list(frames)


def trajectory_from_frames(
    frames: Sequence[Any], species: str, frame_ps: float, temperature_k: float
) -> Trajectory:
    """A trajectory from frames of constant cell.

    Args:
        frames: ASE Atoms, evenly spaced in time.
        species: Element symbol of the mobile ion.
        frame_ps: Time from one frame to the next, ps.
        temperature_k: Temperature of the thermostat, K.

    Raises:
        StructureError: Fewer than two frames, another cell or other atoms in some of them, no
            periodic cell, or no mobile ion.
        SettingsError: Time or temperature is not positive, or the species is no element.
    """
    number = atomic_number(species)
    if not (frame_ps > 0 and temperature_k > 0) or number is None:
        raise SettingsError(
            f"got {frame_ps} ps between frames, {temperature_k} K and the mobile species "
            f"{species!r}; expected positive numbers and an element symbol"
        )
    if len(frames) < 2:
        raise StructureError(f"the trajectory has {len(frames)} frames; expected at least 2")
    cell, numbers = np.array(frames[0].cell), np.array(frames[0].numbers, dtype=np.int64)
    for index, frame in enumerate(frames):
        if not np.array_equal(frame.numbers, numbers):
            raise StructureError(
                f"frame {index} holds other atoms than the first; expected the same"
            )
        if np.abs(np.array(frame.cell) - cell).max() > _SAME_CELL_ANG:
            raise StructureError(
                f"frame {index} has another cell than the first: this is no run at constant cell, "
                "whose volume a conductivity needs; use a run in NVT"
            )
    if abs(np.linalg.det(cell)) < 1e-6:
        raise StructureError("the frames have no periodic cell; expected three lattice vectors")
    positions = unwrap(np.stack([frame.positions for frame in frames]), cell)
    mobile = numbers == number
    return Trajectory(cell, numbers, mobile, positions[0], positions, frame_ps, temperature_k)


def unwrap(positions: FloatArray, cell: FloatArray) -> FloatArray:
    """Undo the wrapping of positions into the cell.

    Args:
        positions: Cartesian, Å, shape (f, n, 3).
        cell: Lattice vectors as rows, Å, shape (3, 3).

    Returns:
        The same from the first frame on, each atom by the shortest way from frame to frame.
    """
    fractional = np.diff(positions, axis=0) @ np.linalg.inv(cell)
    fractional -= np.round(fractional)
    best = fractional @ cell
    lengths = np.linalg.norm(best, axis=-1)
    # Where the rounded step is shorter than half the shortest lattice vector no other is shorter.
    doubtful = lengths > shortest_lattice_vector(cell) / 2
    if doubtful.any():
        steps, longest = fractional[doubtful], float(lengths[doubtful].max())
        shifts = lattice_shifts(cell, longest, difference=0.5)
        ways = (steps[:, None, :] + shifts[None, :, :]) @ cell
        shortest = np.linalg.norm(ways, axis=-1).argmin(axis=1)
        best[doubtful] = ways[np.arange(len(ways)), shortest]
    moved = np.concatenate([np.zeros_like(positions[:1]), best.cumsum(axis=0)])
    result: FloatArray = positions[:1] + moved
    return result
