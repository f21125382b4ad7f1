"""From the name of a potential, as written in recipes and commands, to the potential."""

from pathlib import Path
from typing import Final

from ionlake.errors import PotentialError, SettingsError
from ionlake.potentials.analytic import CosineLandscape
from ionlake.potentials.chgnet import VERSIONS as CHGNETS
from ionlake.potentials.chgnet import load_chgnet
from ionlake.potentials.interface import Potential, PotentialCard
from ionlake.potentials.sevennet import load_sevennet

ANALYTIC: Final = "analytic"


def load_potential(
    potential: str | Potential, *, device: str = "auto", dtype: str = "float32"
) -> Potential:
    """Load a potential by name; a potential that is loaded already is passed through.

    Args:
        potential: ``sevennet-0``, ``7net-l3i5``, ``7net-mf-0@PBE`` or ``7net-mf-0@R2SCAN`` (their
            weights come with sevenn), the path of a SevenNet checkpoint (``path@modality`` if it
            holds several), ``chgnet`` or ``chgnet-r2scan`` (with the extra chgnet), ``analytic``
            (a cosine landscape for dry runs), or an object that follows
            `ionlake.potentials.interface.Potential`.
        device: ``cpu``, ``cuda``, ``cuda:N``, or ``auto`` (a GPU if there is one); for SevenNet.
        dtype: ``float32`` or ``float64``; for SevenNet.

    Raises:
        PotentialError: If no such potential can be loaded.
        SettingsError: If device or dtype is unknown.
    """
    if not isinstance(potential, str):
        card = getattr(potential, "card", None)
        if not (isinstance(potential, Potential) and isinstance(card, PotentialCard)):
            raise PotentialError(
                f"got a {type(potential).__name__} as potential; expected a name or an object "
                "with a card and energies(): wrap an ASE calculator with "
                "ionlake.potentials.ase.from_calculator"
            )
        return potential
    if dtype not in {"float32", "float64"}:
        raise SettingsError(f"dtype is {dtype!r}; expected float32 or float64")
    device = resolve_device(device)
    if potential == ANALYTIC:
        return CosineLandscape()
    if potential in CHGNETS:
        return load_chgnet(potential, device=device)
    checkpoint, modality = split_modality(potential)
    return load_sevennet(checkpoint, modality=modality, device=device, dtype=dtype)


def resolve_device(device: str) -> str:
    """Turn ``auto`` into ``cuda`` or ``cpu``, and check that a named GPU is there.

    Raises:
        SettingsError: If the device is unknown or no GPU is present.
    """
    kind, _, index = device.partition(":")
    if device not in {"auto", "cpu", "cuda"} and not (kind == "cuda" and index.isdecimal()):
        raise SettingsError(f"device is {device!r}; expected auto, cpu, cuda or cuda:N")
    if device == "cpu":
        return device
    import torch

    gpu = torch.cuda.is_available()
    if device == "auto":
        return "cuda" if gpu else "cpu"
    if not gpu:
        raise SettingsError(f"device is {device!r} but no GPU is visible: use device cpu or auto")
    if index and int(index) >= torch.cuda.device_count():
        raise SettingsError(
            f"device is {device!r} but {torch.cuda.device_count()} GPUs are visible, numbered "
            "from 0: use one of them"
        )
    return device


def device_name(potential: Potential) -> str:
    """What a potential computes on: ``cpu``, or the name of a GPU."""
    device = getattr(potential, "device", "cpu")
    if not device.startswith("cuda"):
        return "cpu"
    import torch

    return str(torch.cuda.get_device_name(device))


def split_modality(potential: str) -> tuple[str, str | None]:
    """Checkpoint and modality of ``checkpoint@modality``; a path may hold an @ of its own.

    Args:
        potential: As recipes and commands name it.
    """
    checkpoint, _, modality = potential.rpartition("@")
    if not checkpoint or Path(potential).expanduser().is_file():
        return potential, None
    return checkpoint, modality or None
