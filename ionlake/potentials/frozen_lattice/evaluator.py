"""Energies of a crystal in which one ion moves, batch by batch."""

import itertools
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import torch

from ionlake.errors import DeviceMemoryError
from ionlake.geometry import FloatArray, IntArray
from ionlake.potentials.frozen_lattice.lanes import LANES
from ionlake.potentials.frozen_lattice.layer import Exchange, LayerStep, apply_gate, cast, mix
from ionlake.potentials.frozen_lattice.moving import MovingMessages
from ionlake.potentials.frozen_lattice.neighbours import (
    MovingNeighbours,
    MovingPairs,
    fixed_pairs,
)
from ionlake.potentials.frozen_lattice.network import Blocks, LinearMap, Network
from ionlake.potentials.frozen_lattice.pairs import fixed_messages
from ionlake.potentials.frozen_lattice.quiet import QuietLattice, at_points
from ionlake.potentials.frozen_lattice.radial import Nodes, RadialTable, radial_table
from ionlake.potentials.frozen_lattice.scratch import Scratch
from ionlake.potentials.memory import Shortage, free_bytes

_BATCH_BYTES: Final = {"cpu": 3 << 20, "cuda": 1 << 30}
"""What the features of a batch may take: on a processor so little that its caches hold them."""

_SHARE_OF_FREE: Final = 16
"""The features of a batch may take this part of a GPU's free memory: messages take much more."""

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

        Raises:
            DeviceMemoryError: The collapsed lattice does not fit the memory of the device.
        """
        try:
            with torch.no_grad():
                return _build(self, cell, numbers, fractional, site)
        except torch.OutOfMemoryError as error:
            raise DeviceMemoryError(
                f"the memory of {self.device} does not hold the collapsed lattice of "
                f"{len(numbers)} atoms: use device cpu, or a GPU with more memory"
            ) from error


@dataclass(frozen=True, eq=False)
class FrozenLatticeEvaluator:
    """The energy as a function of the moving ion's position alone.

    Attributes:
        neighbours: Finds the neighbours of the moving ion.
        steps: The layers.
        quiet: What the first layers make of everything but the messages of the moving ion.
        hidden: Read-out, first map.
        energy: Read-out, second map.
        scale: Energy unit of each atom, eV, float64.
        offset_ev: Sum of the atoms' energy offsets.
        n_points: Most points in a batch, a multiple of `LANES`.
        scratch: Memory that every batch uses again.
        shortage: How often the memory of the device has run out.
    """

    neighbours: MovingNeighbours
    steps: tuple[LayerStep, ...]
    quiet: QuietLattice
    hidden: LinearMap
    energy: LinearMap
    scale: torch.Tensor
    offset_ev: float
    n_points: int
    scratch: Scratch
    shortage: Shortage = field(default_factory=Shortage)

    def energies(self, points: FloatArray) -> FloatArray:
        """Total energies in eV with the ion at fractional points (n, 3); float64, shape (n,).

        Raises:
            DeviceMemoryError: The memory of the device does not hold the least batch.
        """
        points = np.ascontiguousarray(points, dtype=np.float64)
        energies = np.empty(len(points))
        with torch.no_grad():
            most = self.shortage.shrink(self.n_points, LANES)
            for batch in even_slices(len(points), most):
                energies[batch] = self.shortage.evaluate(
                    lambda part: self._batch(points[part]), batch, LANES
                )
        return energies

    def _batch(self, points: FloatArray) -> FloatArray:
        """Energies at some points; the last one is repeated to fill the lanes."""
        count = len(points)
        filled = points[np.minimum(np.arange(-(-count // LANES) * LANES), count - 1)]
        pairs = self.neighbours.at(filled)
        moving = np.append(self.neighbours.site, pairs.atoms)
        features = self._second_layer(pairs, moving, self._first_layer(pairs, moving))
        for step in self.steps[2:]:
            sent = mix(step.send, features)
            received = step.kept(features)
            exchange = Exchange(pairs, sent, moving, moving)
            step.receive_onto(received, self.scratch, fixed=(step.fixed, sent), exchange=exchange)
            features = apply_gate(step.gate, received)
        scaled = mix(self.energy, mix(self.hidden, features))[0][0, :, 0, :].double()
        total: FloatArray = (
            ((scaled * self.scale[:, None]).sum(dim=0) + self.offset_ev).cpu().numpy()
        )
        return total[:count]

    def _first_layer(self, pairs: MovingPairs, moving: IntArray) -> Blocks:
        """Features of the moving ion and its neighbours, in ascending order of atoms."""
        near, rows = np.unique(moving, return_inverse=True)
        atoms, n_points = torch.from_numpy(near), pairs.node.shape[1]
        sent = at_points(self.quiet.first_sent, n_points, atoms)
        received = at_points(self.quiet.first_received, n_points, atoms)
        self.steps[0].receive_onto(
            received, self.scratch, exchange=Exchange(pairs, sent, rows, rows)
        )
        return apply_gate(self.steps[0].gate, received)

    def _second_layer(self, pairs: MovingPairs, moving: IntArray, features: Blocks) -> Blocks:
        """Features of all atoms, from those that the first layer changed."""
        quiet, step = self.quiet, self.steps[1]
        near, rows = np.unique(moving, return_inverse=True)
        atoms = torch.from_numpy(near)
        changes = {l1: each - quiet.features[l1][:, atoms] for l1, each in features.items()}
        received = at_points(quiet.received, pairs.node.shape[1])
        for degree, kept in mix(quiet.keep, changes).items():
            received[degree].index_add_(1, atoms.to(kept.device), kept)
        change = mix(quiet.send, changes)
        sent = {l1: each + quiet.sent[l1][:, atoms] for l1, each in change.items()}
        step.receive_onto(
            received,
            self.scratch,
            fixed=(step.fixed.among(near), change),
            exchange=Exchange(pairs, sent, rows, moving),
        )
        return apply_gate(step.gate, received)


def even_slices(count: int, most: int) -> list[slice]:
    """Slices of nearly equal length, at most ``most``, that cover ``count`` points."""
    edges = np.linspace(0, count, -(-count // most) + 1).round().astype(int).tolist()
    return [slice(first, last) for first, last in itertools.pairwise(edges)]


def _build(
    operator: Operator, cell: FloatArray, numbers: IntArray, fractional: FloatArray, site: int
) -> FrozenLatticeEvaluator:
    network, device, dtype = operator.network, operator.device, operator.dtype
    pairs = fixed_pairs(cell, fractional, site, network.cutoff_ang)
    rows = torch.tensor([network.type_map[int(z)] for z in numbers])
    steps = []
    for layer, table in zip(network.layers, operator.tables, strict=True):
        fixed = fixed_messages(network, layer, pairs, len(numbers), device, dtype)
        moving = MovingMessages.build(layer, table, dtype)
        steps.append(LayerStep.build(layer, fixed, moving, device, dtype))
    scratch = Scratch(device, dtype)
    start = network.species[rows].to(device, dtype).T[:, :, None, None].contiguous()
    return FrozenLatticeEvaluator(
        neighbours=MovingNeighbours.around(network, operator.nodes, cell, fractional, site, dtype),
        steps=tuple(steps),
        quiet=QuietLattice.of(steps[0], steps[1], start, scratch),
        hidden=cast(network.hidden, device, dtype),
        energy=cast(network.energy, device, dtype),
        scale=network.scale[rows].to(device),
        offset_ev=float(network.shift[rows].sum()),
        n_points=_batch_size(network, len(numbers), operator),
        scratch=scratch,
    )


def _batch_size(network: Network, n_atoms: int, operator: Operator) -> int:
    """Points per batch whose features fit the byte budget."""
    widest = max(
        sum(matrix.shape[0] * (2 * degree + 1) for degree, matrix in layer.send.matrices.items())
        for layer in network.layers
    )
    kind = operator.device.partition(":")[0]
    per_point = widest * n_atoms * torch.finfo(operator.dtype).bits // 8
    budget = _BATCH_BYTES[kind]
    if kind != "cpu":
        budget = min(budget, free_bytes(operator.device) // _SHARE_OF_FREE)
    lanes = budget // per_point // LANES
    return LANES * int(np.clip(lanes, 1, _MOST_POINTS[kind] // LANES))
