"""Trajectories between arrays, Zarr and xarray, whole and in pieces.

A trajectory is one Zarr v3 group; every chunk carries a checksum, and its row in the ledger holds a
digest of all files. Pieces of a run in progress are groups of the same kind in the staging area.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import xarray as xr
from zarr.codecs import Crc32cCodec, ZstdCodec

from ionlake.errors import LakeError
from ionlake.lake.zarr_files import open_group, write_group
from ionlake.transport.dynamics import Frames
from ionlake.transport.trajectory import Trajectory

TIME, ATOM, XYZ, VECTOR = "time", "atom", "xyz", "vector"
POSITION: Final = "position_ang"
TRACES: Final = {
    "temperature_k": "Kinetic temperature",
    "potential_energy_ev": "Potential energy",
    "kinetic_energy_ev": "Kinetic energy",
    "exchanged_ev": "Energy that the thermostat has put in since the start",
}
_UNITS: Final = {"k": "K", "ev": "eV"}
_CHUNK_NUMBERS: Final = 2**20


def frames_dataset(frames: Frames, frame_ps: float) -> xr.Dataset:
    """Frames as xarray: ``time`` in ps since the first frame, positions and traces.

    Args:
        frames: The frames.
        frame_ps: Time from one to the next, ps.
    """
    traces = {
        name: (TIME, getattr(frames, name), {"long_name": text, "units": _unit(name)})
        for name, text in TRACES.items()
    }
    place = {"long_name": "Cartesian position, never wrapped into the cell", "units": "Å"}
    time = np.arange(len(frames.positions)) * frame_ps
    return xr.Dataset(
        {POSITION: ((TIME, ATOM, XYZ), frames.positions, place), **traces},
        {TIME: (TIME, time, {"units": "ps"})},
    )


def trajectory_dataset(
    trajectory: Trajectory, traces: Mapping[str, Any] | None, attributes: Mapping[str, Any]
) -> xr.Dataset:
    """A trajectory as xarray, with all that an analysis needs.

    Args:
        trajectory: The frames.
        traces: Values of `TRACES` by name; NaN where None.
        attributes: What else to note, as JSON can hold it.
    """
    nothing = np.full(len(trajectory.positions), np.nan)
    values = [np.asarray((traces or {}).get(name, nothing), dtype=float) for name in TRACES]
    frames = Frames(trajectory.positions.astype(np.float32), *values)
    dataset = frames_dataset(frames, trajectory.frame_ps)
    dataset = dataset.assign(
        atomic_number=(ATOM, trajectory.numbers.astype(np.int64)),
        mobile=(ATOM, trajectory.mobile),
        reference_ang=((ATOM, XYZ), trajectory.reference, {"units": "Å"}),
        cell_ang=((VECTOR, XYZ), trajectory.cell, {"units": "Å"}),
    )
    own = {"frame_ps": trajectory.frame_ps, "temperature_k": trajectory.temperature_k}
    return dataset.assign_attrs({**attributes, **own})


def read_trajectory(dataset: xr.Dataset) -> Trajectory:
    """The arrays of a stored trajectory.

    Args:
        dataset: From `open_trajectory`.
    """
    return Trajectory(
        cell=dataset["cell_ang"].to_numpy(),
        numbers=dataset["atomic_number"].to_numpy(),
        mobile=dataset["mobile"].to_numpy().astype(bool),
        reference=dataset["reference_ang"].to_numpy(),
        positions=dataset[POSITION].to_numpy(),
        frame_ps=float(dataset.attrs["frame_ps"]),
        temperature_k=float(dataset.attrs["temperature_k"]),
    )


def write_frames(path: Path, dataset: xr.Dataset) -> str:
    """Write a trajectory or a piece as a new Zarr group.

    It counts only once the ledger has a row for it.

    Args:
        path: From `LakeLayout.trajectory` or `LakeLayout.staged_piece`, with a fresh attempt.
        dataset: From `trajectory_dataset` or `frames_dataset`.

    Returns:
        SHA-256 over the files written.

    Raises:
        LakeError: The group cannot be written, or is there already.
    """
    encoding = {name: _encoding(dataset[name]) for name in dataset.variables}
    return write_group(path, dataset, encoding, "trajectory")


def open_trajectory(path: Path) -> xr.Dataset:
    """Open a stored trajectory; values are read when they are used.

    Args:
        path: A Zarr group written by `write_frames`.

    Returns:
        ``position_ang`` over ``time`` (ps), ``atom`` and ``xyz``, unwrapped; traces of temperature
        and energies over ``time``; ``atomic_number``, ``mobile`` and ``reference_ang`` over
        ``atom``; ``cell_ang``.

    Raises:
        LakeError: There is no such group, or it cannot be read.
    """
    return open_group(path, "trajectory").assign_coords({XYZ: ["x", "y", "z"]})


def read_pieces(pieces: Sequence[tuple[Path, int]]) -> Frames:
    """The frames of a whole run from its pieces.

    Args:
        pieces: For each its path and its number of frames, in order.

    Raises:
        LakeError: A piece is missing, damaged or of another length.
    """
    found = []
    for path, n_frames in pieces:
        try:
            piece = open_trajectory(path).load()
        except (OSError, ValueError, RuntimeError) as error:
            raise LakeError(
                f"the piece {path} of a trajectory cannot be read ({type(error).__name__}):"
                f" remove the folder {path.parent} and run again"
            ) from error
        if piece.sizes[TIME] != n_frames or np.isnan(piece[POSITION]).any():
            raise LakeError(
                f"the piece {path} of a trajectory holds {piece.sizes[TIME]} frames, expected"
                f" {n_frames} whole ones: remove the folder {path.parent} and run again"
            )
        found.append(piece)
    return Frames(
        *(
            np.concatenate([piece[name].to_numpy() for piece in found])
            for name in (POSITION, *TRACES)
        )
    )


def _unit(name: str) -> str:
    return _UNITS[name.rpartition("_")[2]]


def _encoding(variable: xr.DataArray) -> dict[str, Any]:
    if variable.dtype.kind not in "fiub":
        return {}
    encoding: dict[str, Any] = {"compressors": (ZstdCodec(level=3), Crc32cCodec())}
    if variable.dtype.kind == "f":
        encoding["_FillValue"] = encoding["fill_value"] = np.nan
    if variable.dims[:1] == (TIME,):
        per_frame = max(1, variable.size // max(1, variable.shape[0]))
        frames = min(variable.shape[0], max(1, _CHUNK_NUMBERS // per_frame))
        encoding["chunks"] = (frames, *variable.shape[1:])
    return encoding
