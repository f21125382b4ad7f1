"""The lattice without the messages of the moving ion: what its neighbours depart from.

After the first layer only the ion and its neighbours differ from this quiet lattice. The second
layer is linear up to its gate, so that it need only treat these differences; from its gate on every
atom has heard of the ion.
"""

from dataclasses import dataclass

import torch

from ionlake.potentials.frozen_lattice.lanes import LANES
from ionlake.potentials.frozen_lattice.layer import LayerStep, apply_gate, mix
from ionlake.potentials.frozen_lattice.network import Blocks, LinearMap
from ionlake.potentials.frozen_lattice.scratch import Scratch


@dataclass(frozen=True, eq=False)
class QuietLattice:
    """Two layers at work on the quiet lattice; every tensor is (channels, atoms, components, 1).

    Attributes:
        first_sent: What atoms send in the first layer.
        first_received: What enters the first gate.
        features: What leaves it.
        sent: What atoms send in the second layer.
        received: What enters the second gate.
        keep: Linear map of differences that bypasses the second convolution.
        send: Linear map of differences before it.
    """

    first_sent: Blocks
    first_received: Blocks
    features: Blocks
    sent: Blocks
    received: Blocks
    keep: LinearMap
    send: LinearMap

    @classmethod
    def of(
        cls, first: LayerStep, second: LayerStep, start: torch.Tensor, scratch: Scratch
    ) -> "QuietLattice":
        """Let two layers work on the features of the species, (channels, atoms, 1, 1)."""
        species = {0: start.repeat(1, 1, 1, LANES)}
        first_sent, first_received = _quiet(first, species, scratch)
        features = apply_gate(first.gate, first_received)
        sent, received = _quiet(second, features, scratch)
        return cls(
            _one(first_sent),
            _one(first_received),
            _one(features),
            _one(sent),
            _one(received),
            LinearMap(second.keep.matrices, None),
            LinearMap(second.send.matrices, None),
        )


def at_points(blocks: Blocks, n_points: int, atoms: torch.Tensor | None = None) -> Blocks:
    """Quiet tensors of some atoms, or of all, repeated for every point of a batch."""
    return {
        degree: (each if atoms is None else each[:, atoms]).repeat(1, 1, 1, n_points)
        for degree, each in blocks.items()
    }


def _quiet(step: LayerStep, features: Blocks, scratch: Scratch) -> tuple[Blocks, Blocks]:
    sent = mix(step.send, features)
    received = step.kept(features)
    step.receive_onto(received, scratch, fixed=(step.fixed, sent))
    return sent, received


def _one(blocks: Blocks) -> Blocks:
    """The first of several equal points."""
    return {degree: each[..., :1].contiguous() for degree, each in blocks.items()}
