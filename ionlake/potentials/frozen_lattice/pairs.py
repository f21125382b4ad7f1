"""Messages along fixed pairs: one linear map of the features for each layer, built once.

A processor goes through the list of pairs that are in contact, a graphics card through matrix
products of all atoms with all atoms. Both are exact, and both have channels as the batch and
points innermost.
"""

from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
import torch

from ionlake.geometry import IntArray
from ionlake.potentials.frozen_lattice.compiled import compiled
from ionlake.potentials.frozen_lattice.lanes import LANES, sum_blocks
from ionlake.potentials.frozen_lattice.neighbours import FixedPairs
from ionlake.potentials.frozen_lattice.network import Blocks, Layer, Network, Path
from ionlake.potentials.frozen_lattice.radial import radial_weights
from ionlake.potentials.frozen_lattice.scratch import Scratch

_CHUNK_ELEMENTS: Final = 1 << 22


class FixedMessages(Protocol):
    """The messages along fixed pairs as a linear map of the features."""

    def path_messages(
        self, index: int, path: Path, sources: torch.Tensor, target: torch.Tensor
    ) -> None:
        """Overwrite the messages of one path.

        Args:
            index: The path's place in its layer.
            path: The path.
            sources: What atoms send, (channels, atoms, 2·l1+1, points).
            target: The messages, (channels, atoms, 2·l3+1, points).
        """


def fixed_messages(
    network: Network,
    layer: Layer,
    pairs: FixedPairs,
    n_atoms: int,
    device: str,
    dtype: torch.dtype,
) -> FixedMessages:
    """Build the linear map of one layer.

    Args:
        network: The network.
        layer: The layer.
        pairs: Pairs whose geometry never changes.
        n_atoms: Number of atoms in the cell.
        device: Where to apply it.
        dtype: Floating-point type to apply it in.
    """
    blocks = PairBlocks.build(network, layer, pairs, n_atoms)
    if device == "cpu":
        return ListedPairs.build(blocks, dtype)
    return DensePairs.build(blocks, device, dtype)


def messages_of(
    fixed: FixedMessages,
    layer_paths: tuple[Path, ...],
    features: Blocks,
    widths: dict[int, int],
    scratch: Scratch,
) -> Blocks:
    """Messages along fixed pairs, which live in ``scratch`` until the next ones are made.

    Args:
        fixed: The linear map.
        layer_paths: The paths of its layer.
        features: What atoms send, (channels, atoms, 2·l1+1, points).
        widths: Number of message channels of each degree.
        scratch: Memory that every batch uses again.

    Returns:
        Messages of every degree, (channels, atoms, 2·l3+1, points).
    """
    _, n_atoms, _, n_points = next(iter(features.values())).shape
    messages = {
        l3: scratch.take(f"messages of degree {l3}", channels, n_atoms, 2 * l3 + 1, n_points)
        for l3, channels in widths.items()
    }
    for index, path in enumerate(layer_paths):
        source = features[path.l1][path.source : path.source + path.channels]
        target = messages[path.l3][path.target : path.target + path.channels]
        fixed.path_messages(index, path, source, target)
    return messages


@dataclass(frozen=True, eq=False)
class PairBlocks:
    """What the small matrices of all fixed pairs of a layer are made of; every tensor float64.

    Attributes:
        layer: The layer.
        n_atoms: Number of atoms in the cell.
        keys: target · n_atoms + source of each different pair, ascending, shape (n_pairs,).
        owner: Pair of each periodic image, shape (n_images,).
        weights: Radial weights of each image, shape (n_images, weights).
        harmonics: Spherical harmonics of each image, shape (n_images, (lmax + 1)²).
    """

    layer: Layer
    n_atoms: int
    keys: IntArray
    owner: torch.Tensor
    weights: torch.Tensor
    harmonics: torch.Tensor

    @classmethod
    def build(cls, network: Network, layer: Layer, pairs: FixedPairs, n_atoms: int) -> "PairBlocks":
        """Evaluate weights and harmonics of every image of every pair."""
        vectors = torch.from_numpy(pairs.vectors)
        keys, owner = np.unique(pairs.target * n_atoms + pairs.source, return_inverse=True)
        with torch.no_grad():
            weights = radial_weights(network, layer, vectors.norm(dim=1))
            harmonics = network.harmonics(vectors)
        return cls(layer, n_atoms, keys, torch.from_numpy(owner), weights, harmonics)

    def of(self, path: Path) -> torch.Tensor:
        """Σ_images w·C·Y; float64, shape (n_pairs, 2·l1+1, 2·l3+1, channels)."""
        first = path.l2**2
        harmonics = self.harmonics[:, first : first + 2 * path.l2 + 1]
        turned = torch.einsum("abc,eb->eac", path.coefficients, harmonics)
        weights = self.weights[:, path.weight : path.weight + path.channels]
        shape = (turned.shape[1], turned.shape[2], path.channels)
        result = torch.zeros(len(self.keys), *shape, dtype=torch.float64)
        step = max(1, _CHUNK_ELEMENTS // int(np.prod(shape)))
        for start in range(0, len(weights), step):
            part = slice(start, start + step)
            products = turned[part, :, :, None] * weights[part, None, None, :]
            result.index_add_(0, self.owner[part], products)
        return result


@dataclass(frozen=True, eq=False)
class ListedPairs:
    """Fixed messages pair by pair.

    Attributes:
        first: First pair of each target atom, shape (n_atoms + 1,).
        source: Source of each pair, shape (n_pairs,).
        blocks: Per path (channels, n_pairs, 2·l1+1, 2·l3+1).
    """

    first: IntArray
    source: IntArray
    blocks: tuple[torch.Tensor, ...]

    @classmethod
    def build(cls, pairs: PairBlocks, dtype: torch.dtype) -> "ListedPairs":
        """Keep every pair's matrices as they are."""
        targets = np.arange(pairs.n_atoms + 1) * pairs.n_atoms
        return cls(
            first=np.searchsorted(pairs.keys, targets),
            source=pairs.keys % pairs.n_atoms,
            blocks=tuple(
                pairs.of(path).permute(3, 0, 1, 2).to(dtype).contiguous()
                for path in pairs.layer.paths
            ),
        )

    def path_messages(
        self, index: int, path: Path, sources: torch.Tensor, target: torch.Tensor
    ) -> None:
        """See `FixedMessages`; the number of points is a multiple of `LANES`."""
        _sum_pairs(
            target.numpy(),
            sources.numpy(),
            self.blocks[index].numpy(),
            self.first,
            self.source,
            (0,) * (2 * path.l1 + 1),
            (0,) * (2 * path.l3 + 1),
        )


@dataclass(frozen=True, eq=False)
class DensePairs:
    """Fixed messages as one matrix product per channel.

    Attributes:
        matrices: Per path (channels, atoms·(2·l3+1), atoms·(2·l1+1)).
    """

    matrices: tuple[torch.Tensor, ...]

    @classmethod
    def build(cls, pairs: PairBlocks, device: str, dtype: torch.dtype) -> "DensePairs":
        """Spread every pair's matrices over the matrices of the whole crystal."""
        return cls(tuple(_dense(pairs, path, dtype).to(device) for path in pairs.layer.paths))

    def path_messages(
        self, index: int, path: Path, sources: torch.Tensor, target: torch.Tensor
    ) -> None:
        """See `FixedMessages`."""
        del path
        torch.bmm(self.matrices[index], sources.flatten(1, 2), out=target.flatten(1, 2))


def _dense(pairs: PairBlocks, path: Path, dtype: torch.dtype) -> torch.Tensor:
    """Matrices (channels, atoms·(2·l3+1), atoms·(2·l1+1)) of one path; zero where out of reach."""
    n, d1, d3 = pairs.n_atoms, 2 * path.l1 + 1, 2 * path.l3 + 1
    full = torch.zeros(path.channels, n, d3, n, d1, dtype=dtype)
    target, source = pairs.keys // n, pairs.keys % n
    full[:, target, :, source, :] = pairs.of(path).to(dtype).permute(0, 3, 2, 1)
    return full.reshape(path.channels, n * d3, n * d1)


@compiled
def _sum_pairs(
    messages: np.ndarray,
    features: np.ndarray,
    blocks: np.ndarray,
    first: IntArray,
    source: IntArray,
    inputs: tuple[int, ...],
    outputs: tuple[int, ...],
) -> None:
    """Overwrite one path's messages; the tuples' lengths are 2·l1+1 and 2·l3+1."""
    channels, n_atoms, d3, n_points = messages.shape
    per_channel = blocks.shape[1] * blocks.shape[2] * blocks.shape[3]
    for u in range(channels):
        for i in range(n_atoms):
            for p in range(0, n_points, LANES):
                sum_blocks(
                    messages,
                    (u * n_atoms + i) * d3 * n_points + p,
                    blocks,
                    u * per_channel,
                    features,
                    u * n_atoms * features.shape[2] * n_points + p,
                    n_points,
                    source,
                    first[i],
                    first[i + 1],
                    inputs,
                    outputs,
                )
