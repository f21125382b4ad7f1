"""The radial weights of every path, tabulated once per model.

The weights are smooth functions of the distance alone. Between the nodes of a fine table cubic
Hermite interpolation (values and slopes at both ends) reproduces them to float32 rounding.
"""

from dataclasses import dataclass
from typing import Final

import torch

from ionlake.potentials.frozen_lattice.network import Layer, Network

_NODES_TO_CUTOFF: Final = 1000
_FIRST_NODE: Final = 100
_SLOPE_STEP: Final = 1e-3
"""Step of the difference quotient for slopes, in units of the table's step."""


@dataclass(frozen=True, eq=False)
class RadialTable:
    """Radial weights of one layer at equidistant nodes.

    Attributes:
        paths: For each path the values and slopes (per step) at every node, shape
            (n_nodes, 2, channels).
    """

    paths: tuple[torch.Tensor, ...]


@dataclass(frozen=True)
class Nodes:
    """Where the tables have their nodes: first + k·step, up to the cut-off.

    Attributes:
        first_ang: Shortest distance, Å.
        step_ang: Distance of nodes, Å.
        count: Number of nodes.
    """

    first_ang: float
    step_ang: float
    count: int

    @classmethod
    def up_to(cls, cutoff_ang: float) -> "Nodes":
        """A thousand steps from zero to the cut-off, of which the first tenth is left out."""
        step = cutoff_ang / _NODES_TO_CUTOFF
        return cls(_FIRST_NODE * step, step, _NODES_TO_CUTOFF - _FIRST_NODE + 1)

    def distances(self) -> torch.Tensor:
        """Distances of the nodes, Å, float64, shape (count,)."""
        return self.first_ang + self.step_ang * torch.arange(self.count, dtype=torch.float64)


def radial_weights(network: Network, layer: Layer, distances: torch.Tensor) -> torch.Tensor:
    """Weights of all paths of a layer at distances (m,) in Å; float64, (m, weights)."""
    result: torch.Tensor = layer.radial(network.basis(distances))
    return result


def radial_table(
    network: Network, layer: Layer, nodes: Nodes, device: str, dtype: torch.dtype
) -> RadialTable:
    """Tabulate the weights of one layer on a device."""
    distances = nodes.distances()
    shift = _SLOPE_STEP * nodes.step_ang
    values = radial_weights(network, layer, distances)
    ahead = radial_weights(network, layer, distances + shift)
    behind = radial_weights(network, layer, distances - shift)
    table = torch.stack([values, (ahead - behind) / (2 * _SLOPE_STEP)], dim=1)
    table = table.to(device, dtype)
    return RadialTable(
        tuple(
            table[:, :, path.weight : path.weight + path.channels].contiguous()
            for path in layer.paths
        )
    )


def hermite_weights(fraction: torch.Tensor) -> torch.Tensor:
    """Weights of value and slope at the lower and the upper node; shape (m, 4)."""
    t = fraction
    return torch.stack(
        [
            (1 + 2 * t) * (1 - t) ** 2,
            t * (1 - t) ** 2,
            t * t * (3 - 2 * t),
            t * t * (t - 1),
        ],
        dim=1,
    )
