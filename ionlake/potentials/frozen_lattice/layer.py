"""One interaction layer at work: linear maps, messages, gate.

Messages live only from one path to the next: each path's are made, given to the linear map that
receives them, and forgotten, so that they are still in the processor's cache when they are read.
"""

from dataclasses import dataclass
from typing import Any

import torch

from ionlake.geometry import IntArray
from ionlake.potentials.frozen_lattice.moving import MovingMessages
from ionlake.potentials.frozen_lattice.neighbours import MovingPairs
from ionlake.potentials.frozen_lattice.network import Blocks, Layer, LinearMap, Path
from ionlake.potentials.frozen_lattice.pairs import FixedMessages
from ionlake.potentials.frozen_lattice.scratch import Scratch


@dataclass(frozen=True, eq=False)
class Exchange:
    """What the moving ion and its neighbours send each other.

    Attributes:
        pairs: The neighbours.
        sent: What atoms send, by degree (channels, rows, 2·l1+1, points).
        senders: Rows of ``sent`` that hold the moving ion and each neighbour.
        receivers: The same of the messages.
    """

    pairs: MovingPairs
    sent: Blocks
    senders: IntArray
    receivers: IntArray


@dataclass(frozen=True, eq=False)
class LayerStep:
    """One layer at work on batches.

    Attributes:
        keep: Linear map that bypasses the convolution.
        send: Linear map before it.
        paths: Its paths.
        fixed: Messages along fixed pairs.
        moving: Messages of the moving ion.
        receive: Linear map of each path's messages, (outputs, channels).
        constant: Constant of that map, shape (outputs,), or None.
        gate: The nonlinearity.
    """

    keep: LinearMap
    send: LinearMap
    paths: tuple[Path, ...]
    fixed: FixedMessages
    moving: MovingMessages
    receive: tuple[torch.Tensor, ...]
    constant: torch.Tensor | None
    gate: Any

    @classmethod
    def build(
        cls,
        layer: Layer,
        fixed: FixedMessages,
        moving: MovingMessages,
        device: str,
        dtype: torch.dtype,
    ) -> "LayerStep":
        """Bring a layer's linear maps to a device, that of messages cut up by path."""
        matrices, constant = layer.receive.matrices, layer.receive.constant
        rows = [
            matrices[path.l3][path.target : path.target + path.channels] for path in layer.paths
        ]
        return cls(
            keep=cast(layer.keep, device, dtype),
            send=cast(layer.send, device, dtype),
            paths=layer.paths,
            fixed=fixed,
            moving=moving,
            receive=tuple(each.T.to(device, dtype).contiguous() for each in rows),
            constant=None if constant is None else constant.to(device, dtype),
            gate=layer.gate,
        )

    def kept(self, features: Blocks) -> Blocks:
        """What bypasses the convolution, where messages are to be added, in every degree."""
        kept = mix(self.keep, features)
        if self.constant is not None:
            kept[0] += self.constant[:, None, None, None]
        shape = next(iter(features.values())).shape
        for path, matrix in zip(self.paths, self.receive, strict=True):
            if path.l3 not in kept:
                kept[path.l3] = matrix.new_zeros(len(matrix), shape[1], 2 * path.l3 + 1, shape[3])
        return kept

    def receive_onto(
        self,
        received: Blocks,
        scratch: Scratch,
        *,
        fixed: tuple[FixedMessages, Blocks] | None = None,
        exchange: Exchange | None = None,
    ) -> None:
        """Add the linear map of all messages to ``received``, (outputs, atoms, ...) by degree.

        Args:
            received: Changed in place.
            scratch: Memory that every batch uses again.
            fixed: Messages along fixed pairs and what atoms send along them.
            exchange: Messages of the moving ion.
        """
        for index, (path, matrix) in enumerate(zip(self.paths, self.receive, strict=True)):
            into = received[path.l3]
            messages = scratch.take("messages", path.channels, *into.shape[1:])
            if fixed is None:
                messages.zero_()
            else:
                fixed[0].path_messages(index, path, _of(path, fixed[1]), messages)
            if exchange is not None:
                self.moving.add(
                    index,
                    path,
                    exchange.pairs,
                    _of(path, exchange.sent),
                    exchange.senders,
                    messages,
                    exchange.receivers,
                )
            into.flatten(1).addmm_(matrix, messages.flatten(1))


def mix(linear_map: LinearMap, features: Blocks) -> Blocks:
    """Apply a linear map of channels to features (channels, ...) of every degree."""
    mixed = {
        degree: (matrix.T @ features[degree].flatten(1)).view(-1, *features[degree].shape[1:])
        for degree, matrix in linear_map.matrices.items()
        if degree in features
    }
    if linear_map.constant is not None:
        mixed[0] += linear_map.constant[:, None, None, None]
    return mixed


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


def cast(linear_map: LinearMap, device: str, dtype: torch.dtype) -> LinearMap:
    """A linear map on a device, in a floating-point type."""
    matrices = {degree: each.to(device, dtype) for degree, each in linear_map.matrices.items()}
    constant = linear_map.constant
    return LinearMap(matrices, None if constant is None else constant.to(device, dtype))


def _of(path: Path, features: Blocks) -> torch.Tensor:
    """The features that a path starts from."""
    return features[path.l1][path.source : path.source + path.channels]
