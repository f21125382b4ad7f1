"""SevenNet potentials, energies only.

Forces cost two to five times the energies, so the force module is taken out of the network;
atomic energies are summed in float64, because a float32 sum over tens of atoms costs digits.
Weights of ``sevennet-0``, ``7net-l3i5`` and ``7net-mf-0`` come with the sevenn package.
"""

import copy
import hashlib
import logging
import threading
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ionlake.errors import PotentialError
from ionlake.geometry import FloatArray, IntArray
from ionlake.potentials.interface import (
    PotentialCard,
    ScanEvaluator,
    as_batch,
    require_elements,
)

if TYPE_CHECKING:  # these import torch
    from ionlake.potentials.frozen_lattice.evaluator import Operator
    from ionlake.potentials.frozen_lattice.network import Network
    from ionlake.potentials.memory import Shortage

PACKAGED: Final = {
    "sevennet-0": "7net-0",
    "7net-0": "7net-0",
    "sevennet-0-22may2024": "7net-0_22may2024",
    "7net-l3i5": "7net-l3i5",
    "7net-mf-0": "7net-mf-0",
}
"""Names of the checkpoints that ship with sevenn, and sevenn's own names for them."""

BUILDING: Final = threading.Lock()
"""Held while a network is built: e3nn traces modules by patching torch for all threads.

So no thread may evaluate a network while another builds one; workers of several threads would.
"""

FROZEN_LATTICE: Final = "frozen-lattice-3"
"""Name and version of the collapsed operator; raised whenever a number can change."""

_CANONICAL: Final = {"7net-0": "sevennet-0"}
_EDGES_PER_BATCH: Final = {"cpu": 1500, "cuda": 400_000}
_BYTES_PER_EDGE: Final = 1 << 16
"""On a GPU; ample, in float64 too. Batches take half of the memory that is free."""


def _no_shortage() -> "Shortage":
    from ionlake.potentials.memory import Shortage

    return Shortage()


@dataclass(frozen=True)
class SevenNet:
    """A SevenNet network on one device. Build it with `load_sevennet`.

    Attributes:
        card: What it is.
        network: The network.
        device: Where it is.
        edges_per_batch: Pairs within the cut-off that are evaluated at once.
        shortage: How often the memory of the device has run out.
    """

    card: PotentialCard
    network: Any
    device: str
    edges_per_batch: int
    shortage: "Shortage" = field(default_factory=_no_shortage, compare=False, kw_only=True)

    def energies(self, cell: FloatArray, numbers: IntArray, positions: FloatArray) -> FloatArray:
        """Total energies of a batch; see `ionlake.potentials.interface.Potential`."""
        require_elements(self.card, numbers)
        batch = as_batch(positions, len(numbers))
        graphs = [_edges(self.card.cutoff_ang or 0.0, cell, frame) for frame in batch]
        species = np.asarray(numbers, dtype=np.int64)
        budget = self.shortage.shrink(self.edges_per_batch)
        results = [
            self.shortage.evaluate(lambda part: self._forward(species, graphs[part]), batch)
            for batch in _slices([len(graph[0]) for graph in graphs], budget)
        ]
        return np.concatenate(results) if results else np.empty(0)

    def _forward(
        self, numbers: IntArray, graphs: list[tuple[IntArray, IntArray, FloatArray]]
    ) -> FloatArray:
        import sevenn._keys as key
        import torch

        n_atoms, n_frames = len(numbers), len(graphs)
        ends = [
            np.concatenate([graph[end] + i * n_atoms for i, graph in enumerate(graphs)])
            for end in (0, 1)
        ]
        atoms = torch.as_tensor(np.tile(numbers, n_frames), device=self.device)
        data = {
            key.NODE_FEATURE: atoms,
            key.ATOMIC_NUMBERS: atoms,
            key.EDGE_IDX: torch.as_tensor(np.array(ends), device=self.device),
            key.EDGE_VEC: torch.as_tensor(
                np.concatenate([graph[2] for graph in graphs]),
                dtype=getattr(torch, self.card.dtype),
                device=self.device,
            ),
            key.NUM_ATOMS: torch.full((n_frames,), n_atoms, device=self.device),
            key.BATCH: torch.arange(n_frames, device=self.device).repeat_interleave(n_atoms),
        }
        if self.card.modality is not None:
            modality = self.network.modal_map[self.card.modality]
            data[key.MODAL_TYPE] = torch.full((n_frames,), modality, device=self.device)
        with torch.no_grad():
            atomic = self.network(data)[key.ATOMIC_ENERGY]
        total: FloatArray = atomic.double().reshape(n_frames, n_atoms).sum(dim=1).cpu().numpy()
        return total


@dataclass(frozen=True)
class CollapsibleSevenNet(SevenNet):
    """A SevenNet whose frozen lattice can be collapsed, which makes scans far cheaper.

    Attributes:
        parts: The network taken apart.
        plain: The same network in float64, evaluated as a whole.
    """

    parts: "Network"
    plain: SevenNet

    @property
    def scan_evaluator_name(self) -> str:
        """See `ionlake.potentials.interface.OffersScanEvaluator`."""
        return FROZEN_LATTICE

    def reference(self) -> SevenNet:
        """See `ionlake.potentials.interface.OffersScanEvaluator`."""
        return self.plain

    def scan_evaluator(
        self, cell: FloatArray, numbers: IntArray, fractional: FloatArray, site: int
    ) -> ScanEvaluator:
        """See `ionlake.potentials.frozen_lattice`."""
        require_elements(self.card, numbers)
        return self._operator.evaluator(cell, numbers, fractional, site)

    @cached_property
    def _operator(self) -> "Operator":
        import torch

        from ionlake.potentials.frozen_lattice.evaluator import Operator

        return Operator.prepare(self.parts, self.device, getattr(torch, self.card.dtype))


def load_sevennet(
    checkpoint: str = "sevennet-0",
    *,
    modality: str | None = None,
    device: str = "cpu",
    dtype: str = "float32",
) -> SevenNet:
    """Load a SevenNet checkpoint for energies.

    Args:
        checkpoint: A name in `PACKAGED`, or the path of a checkpoint file.
        modality: Level of theory of a multi-fidelity checkpoint (``7net-mf-0``: R2SCAN or PBE).
        device: ``cpu``, ``cuda`` or ``cuda:N``.
        dtype: ``float32``, or ``float64`` for checks.

    Raises:
        PotentialError: If the checkpoint does not exist or cannot be read, or the modality does
            not fit it.

    References:
        Y. Park, J. Kim, S. Hwang, S. Han, J. Chem. Theory Comput. 20, 4857 (2024).
    """
    import torch

    path = checkpoint_path(checkpoint)
    stored, network = _read_checkpoint(path)
    modality = _checked_modality(checkpoint, modality, network.modal_map)
    for module in ("force_output", "reduce_total_enegy", "reduce_total_energy"):
        network.delete_module_by_key(module)
    network.key_grad = None
    network.eval_modal_map = False
    network.set_is_batch_data(True)
    plain = _keep_precision(network.to(device=device, dtype=torch.float64).eval(), torch.float64)
    name = _CANONICAL.get(checkpoint, checkpoint if checkpoint in PACKAGED else path.stem)
    card = PotentialCard(
        name=name if modality is None else f"{name}@{modality}",
        dtype="float64",
        cutoff_ang=float(network.cutoff),
        atomic_numbers=frozenset(int(z) for z in network.type_map),
        parity=bool(stored.config.get("is_parity", False)),
        checkpoint_sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        modality=modality,
    )
    reference = SevenNet(card, plain, device, _edges_per_batch(device))
    fast = reference
    if dtype != "float64":
        fast = replace(
            reference,
            card=replace(card, dtype=dtype),
            network=_copy(plain, device, getattr(torch, dtype)),
        )
    parts = _parts(plain, device, modality)
    if parts is None:
        return fast
    return CollapsibleSevenNet(
        fast.card, fast.network, device, fast.edges_per_batch, parts=parts, plain=reference
    )


def _edges_per_batch(device: str) -> int:
    kind = device.partition(":")[0]
    if kind == "cpu":
        return _EDGES_PER_BATCH[kind]
    from ionlake.potentials.memory import free_bytes

    return min(_EDGES_PER_BATCH[kind], free_bytes(device) // 2 // _BYTES_PER_EDGE)


def _parts(plain: Any, device: str, modality: str | None) -> "Network | None":
    """The network taken apart in float64 on the CPU; None if it is of another build."""
    import torch

    from ionlake.potentials.frozen_lattice.network import take_apart

    index = None if modality is None else plain.modal_map[modality]
    at_hand = plain if device == "cpu" else _copy(plain, "cpu", torch.float64)
    try:
        return take_apart(at_hand, index)
    except PotentialError as error:
        logging.getLogger(__name__).info("%s", error)
        return None


def _copy(network: Any, device: str, dtype: Any) -> Any:
    """A copy of a network on a device, in a precision."""
    return _keep_precision(copy.deepcopy(network).to(device=device, dtype=dtype), dtype)


def checkpoint_path(checkpoint: str) -> Path:
    """The file of a checkpoint.

    Args:
        checkpoint: A name in `PACKAGED`, or a path.

    Raises:
        PotentialError: There is no such file.
    """
    if checkpoint in PACKAGED:
        from sevenn.util import pretrained_name_to_path

        return Path(pretrained_name_to_path(PACKAGED[checkpoint]))
    path = Path(checkpoint).expanduser()
    if not path.is_file():
        raise PotentialError(
            f"no potential named {checkpoint!r} and no checkpoint file of that path; "
            f"use one of {', '.join(PACKAGED)}, or the path of a SevenNet checkpoint"
        )
    return path


def _read_checkpoint(path: Path) -> tuple[Any, Any]:
    logging.getLogger("sevenn").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            from sevenn.util import load_checkpoint

            with BUILDING:
                stored = load_checkpoint(str(path))
                return stored, stored.build_model()
        except Exception as error:
            raise PotentialError(
                f"cannot read {path.name} as a SevenNet checkpoint "
                f"({type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}); "
                "give a checkpoint file saved by sevenn 0.9 or later"
            ) from error


def _keep_precision(network: Any, dtype: Any) -> Any:
    """The network, changed to cast one-hot features to its precision; sevenn makes them float32."""
    from sevenn.nn.node_embedding import OnehotEmbedding

    def cast(module: Any, _inputs: Any, data: dict[str, Any]) -> dict[str, Any]:
        for name in (module.key_output, module.key_additional_output):
            if name is not None:
                data[name] = data[name].to(dtype)
        return data

    for module in network:
        if isinstance(module, OnehotEmbedding):
            module.register_forward_hook(cast)
    return network


def _checked_modality(
    checkpoint: str, modality: str | None, known: dict[str, int] | None
) -> str | None:
    if not known:
        if modality is not None:
            raise PotentialError(
                f"{checkpoint} has one level of theory, got modality {modality!r}: leave it out"
            )
        return None
    if modality not in known:
        raise PotentialError(
            f"{checkpoint} needs a modality, got {modality!r}: "
            f"choose by name, {' or '.join(f'{checkpoint}@{each}' for each in known)}"
        )
    return modality


def _edges(
    cutoff: float, cell: FloatArray, positions: FloatArray
) -> tuple[IntArray, IntArray, FloatArray]:
    """Directed pairs within the cut-off: source and destination (m,), vectors (m, 3) in Å."""
    from matscipy.neighbours import neighbour_list

    sources, destinations, vectors = neighbour_list(
        "ijD", cutoff=cutoff, positions=positions, cell=cell, pbc=np.ones(3, dtype=bool)
    )
    return sources.astype(np.int64), destinations.astype(np.int64), vectors


def _slices(sizes: list[int], budget: int) -> Iterator[slice]:
    """Consecutive slices whose summed sizes stay within the budget, at least one each."""
    first, total = 0, 0
    for index, size in enumerate(sizes):
        if index > first and total + size > budget:
            yield slice(first, index)
            first, total = index, 0
        total += size
    if first < len(sizes):
        yield slice(first, len(sizes))
