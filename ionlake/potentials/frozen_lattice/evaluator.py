"""Energies of a crystal in which one ion moves, batch by batch."""

import itertools
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch

from ionlake.geometry import FloatArray, IntArray
from ionlake.potentials.frozen_lattice.lanes import LANES
from ionlake.potentials.frozen_lattice.moving import MovingMessages
from ionlake.potentials.frozen_lattice.neighbours import MovingNeighbours, fixed_pairs
from ionlake.potentials.frozen_lattice.network import Blocks, Layer, LinearMap, Network, Path
from ionlake.potentials.frozen_lattice.pairs import FixedMessages, fixed_messages, messages_of
from ionlake.potentials.frozen_lattice.radial import Nodes, RadialTable, radial_table
from ionlake.potentials.frozen_lattice.scratch import Scratch

_BATCH_BYTES: Final = {"cpu": 40 << 20, "cuda": 2 << 30}
_MOST_POINTS: Final = {"cpu": 128, "cuda": 4096}


@dataclass(frozen=True, eq=False)
class Operator:
    """A network ready to build evaluators: what depends on the model alone.

    Attributes:
        network: The network, float64.
        nodes: Nodes of the radial tables.
        tables: Radial weights of every layer.
        device: Where energies are computed.
        dtype: Floating-point type they are computed in.
    """

    network: Network
    nodes: Nodes
    tables: tuple[RadialTable, ...]
    device: str
    dtype: torch.dtype

    @classmethod
    def prepare(cls, network: Network, device: str, dtype: torch.dtype) -> "Operator":
        """Tabulate the radial weights."""
        nodes = Nodes.up_to(network.cutoff_ang)
        with torch.no_grad():
            tables = tuple(
                radial_table(network, each, nodes, device, dtype) for each in network.layers
            )
        return cls(network, nodes, tables, device, dtype)

    def evaluator(
        self, cell: FloatArray, numbers: IntArray, fractional: FloatArray, site: int
    ) -> "FrozenLatticeEvaluator":
        """Collapse the frozen lattice around one moving ion.

        Args:
            cell: Lattice vectors as rows, Å, shape (3, 3).
            numbers: Atomic numbers, shape (n_atoms,).
            fractional: Fractional positions, shape (n_atoms, 3).
            site: Index of the moving ion.
        """
        with torch.no_grad():
            return _build(self, cell, numbers, fractional, site)


@dataclass(frozen=True, eq=False)
class LayerStep:
    """One layer at work on batches.

    Attributes:
        keep: Linear map that bypasses the convolution.
        send: Linear map before it.
        paths: Its paths.
        fixed: Messages along fixed pairs.
        moving: Messages of the moving ion.
        receive: Linear map of the messages.
        gate: The nonlinearity.
        widths: Message channels by degree.
    """

    keep: LinearMap
    send: LinearMap
    paths: tuple[Path, ...]
    fixed: FixedMessages
    moving: MovingMessages
    receive: LinearMap
    gate: Any
    widths: dict[int, int]


@dataclass(frozen=True, eq=False)
class FrozenLatticeEvaluator:
    """The energy as a function of the moving ion's position alone.

    Attributes:
        neighbours: Finds the neighbours of the moving ion.
        steps: The layers.
        start: Features of the species, (channels, atoms, 1, 1).
        first: What the first layer makes of everything but the messages of the moving ion.
        hidden: Read-out, first map.
        energy: Read-out, second map.
        scale: Energy unit of each atom, eV, float64.
        offset_ev: Sum of the atoms' energy offsets.
        n_points: Most points in a batch, a multiple of `LANES`.
        scratch: Memory that every batch uses again.
    """

    neighbours: MovingNeighbours
    steps: tuple[LayerStep, ...]
    start: torch.Tensor
    first: Blocks
    hidden: LinearMap
    energy: LinearMap
    scale: torch.Tensor
    offset_ev: float
    n_points: int
    scratch: Scratch

    def energies(self, points: FloatArray) -> FloatArray:
        """Total energies in eV with the ion at fractional points (n, 3); float64, shape (n,)."""
        points = np.ascontiguousarray(points, dtype=np.float64)
        energies = np.empty(len(points))
        with torch.no_grad():
            for batch in even_slices(len(points), self.n_points):
                energies[batch] = self._batch(points[batch])
        return energies

    def _batch(self, points: FloatArray) -> FloatArray:
        """Energies at some points; the last one is repeated to fill the lanes."""
        count = len(points)
        filled = points[np.minimum(np.arange(-(-count // LANES) * LANES), count - 1)]
        pairs = self.neighbours.at(filled)
        features: Blocks = {0: self.start.repeat(1, 1, 1, len(filled))}
        for index, step in enumerate(self.steps):
            sent = mix(step.send, features)
            if index == 0:
                messages = self._no_messages(step, len(filled))
                kept = {
                    degree: each.repeat(1, 1, 1, len(filled)) for degree, each in self.first.items()
                }
            else:
                messages = messages_of(step.fixed, step.paths, sent, step.widths, self.scratch)
                kept = mix(step.keep, features)
            step.moving.add(pairs, sent, messages)
            features = apply_gate(step.gate, mix_onto(kept, step.receive, messages))
        scaled = mix(self.energy, mix(self.hidden, features))[0][0, :, 0, :].double()
        total: FloatArray = (
            ((scaled * self.scale[:, None]).sum(dim=0) + self.offset_ev).cpu().numpy()
        )
        return total[:count]

    def _no_messages(self, step: LayerStep, n_points: int) -> Blocks:
        n_atoms = self.start.shape[1]
        return {
            l3: self.scratch.take(
                f"messages of degree {l3}", channels, n_atoms, 2 * l3 + 1, n_points
            ).zero_()
            for l3, channels in step.widths.items()
        }


def even_slices(count: int, most: int) -> list[slice]:
    """Slices of nearly equal length, at most ``most``, that cover ``count`` points."""
    edges = np.linspace(0, count, -(-count // most) + 1).round().astype(int).tolist()
    return [slice(first, last) for first, last in itertools.pairwise(edges)]


def mix(linear_map: LinearMap, features: Blocks) -> Blocks:
    """Apply a linear map of channels to features (channels, ...) of every degree."""
    mixed = {
        degree: (matrix.T @ features[degree].flatten(1)).view(-1, *features[degree].shape[1:])
        for degree, matrix in linear_map.matrices.items()
        if degree in features
    }
    return _with_constant(mixed, linear_map)


def mix_onto(kept: Blocks, linear_map: LinearMap, messages: Blocks) -> Blocks:
    """Add the linear map of messages to what bypassed the convolution, in place."""
    mixed = {}
    for degree, matrix in linear_map.matrices.items():
        rows = messages[degree].flatten(1)
        if degree in kept:
            mixed[degree] = kept[degree]
            mixed[degree].flatten(1).addmm_(matrix.T, rows)
        else:
            mixed[degree] = (matrix.T @ rows).view(-1, *messages[degree].shape[1:])
    return _with_constant(mixed, linear_map)


def apply_gate(gate: Any, features: Blocks) -> Blocks:
    """The gate: scalars through their activation, higher degrees times activated scalars."""
    n_scalars, n_gates = gate.irreps_scalars.dim, gate.irreps_gates.dim
    scalars = features[0]
    result = {0: gate.act_scalars(scalars[:n_scalars], dim=0)}
    if n_gates:
        gates = gate.act_gates(scalars[n_scalars : n_scalars + n_gates], dim=0)
        first = 0
        for channels, irrep in gate.irreps_gated:
            result[irrep.l] = features[irrep.l] * gates[first : first + channels]
            first += channels
    return result


def _with_constant(mixed: Blocks, linear_map: LinearMap) -> Blocks:
    if linear_map.constant is not None:
        mixed[0] += linear_map.constant[:, None, None, None]
    return mixed


def _build(
    operator: Operator, cell: FloatArray, numbers: IntArray, fractional: FloatArray, site: int
) -> FrozenLatticeEvaluator:
    network, device, dtype = operator.network, operator.device, operator.dtype
    pairs = fixed_pairs(cell, fractional, site, network.cutoff_ang)
    rows = torch.tensor([network.type_map[int(z)] for z in numbers])
    steps = []
    for layer, table in zip(network.layers, operator.tables, strict=True):
        fixed = fixed_messages(network, layer, pairs, len(numbers), device, dtype)
        moving = MovingMessages.build(layer, table, site, dtype)
        steps.append(_step(layer, fixed, moving, device, dtype))
    start = network.species[rows].to(device, dtype).T[:, :, None, None].contiguous()
    return FrozenLatticeEvaluator(
        neighbours=MovingNeighbours.around(network, operator.nodes, cell, fractional, site, dtype),
        steps=tuple(steps),
        start=start,
        first=_first_kept(steps[0], start),
        hidden=_cast(network.hidden, device, dtype),
        energy=_cast(network.energy, device, dtype),
        scale=network.scale[rows].to(device),
        offset_ev=float(network.shift[rows].sum()),
        n_points=_batch_size(network, len(numbers), operator),
        scratch=Scratch(device, dtype),
    )


def _step(
    layer: Layer, fixed: FixedMessages, moving: MovingMessages, device: str, dtype: torch.dtype
) -> LayerStep:
    return LayerStep(
        keep=_cast(layer.keep, device, dtype),
        send=_cast(layer.send, device, dtype),
        paths=layer.paths,
        fixed=fixed,
        moving=moving,
        receive=_cast(layer.receive, device, dtype),
        gate=layer.gate,
        widths=layer.message_channels(),
    )


def _first_kept(step: LayerStep, start: torch.Tensor) -> Blocks:
    """What the first layer makes of the species' features and the messages along fixed pairs.

    Without the constant of the linear map of messages, which is added with the moving ones.
    """
    scratch = Scratch(str(start.device), start.dtype)
    features = {0: start.repeat(1, 1, 1, LANES)}
    messages = messages_of(step.fixed, step.paths, mix(step.send, features), step.widths, scratch)
    receive = LinearMap(step.receive.matrices, None)
    mixed = mix_onto(mix(step.keep, features), receive, messages)
    return {degree: each[..., :1].contiguous() for degree, each in mixed.items()}


def _cast(linear_map: LinearMap, device: str, dtype: torch.dtype) -> LinearMap:
    matrices = {degree: each.to(device, dtype) for degree, each in linear_map.matrices.items()}
    constant = linear_map.constant
    return LinearMap(matrices, None if constant is None else constant.to(device, dtype))


def _batch_size(network: Network, n_atoms: int, operator: Operator) -> int:
    """Points per batch whose messages fit the byte budget."""
    widest = max(
        sum((2 * l3 + 1) * channels for l3, channels in layer.message_channels().items())
        for layer in network.layers
    )
    kind = operator.device.partition(":")[0]
    per_point = widest * n_atoms * torch.finfo(operator.dtype).bits // 8
    lanes = _BATCH_BYTES[kind] // per_point // LANES
    return LANES * int(np.clip(lanes, 1, _MOST_POINTS[kind] // LANES))
