"""Messages along fixed pairs: one linear map of the features for each layer, built once.

A processor goes through the list of pairs that are in contact, a graphics card through matrix
products of all atoms with all atoms. Both are exact, and both have channels as the batch and
points innermost.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Final, Protocol

import numpy as np
import torch

from ionlake.geometry import IntArray
from ionlake.potentials.frozen_lattice.compiled import compiled
from ionlake.potentials.frozen_lattice.lanes import as_pattern, lanes_of, sum_blocks
from ionlake.potentials.frozen_lattice.neighbours import FixedPairs
from ionlake.potentials.frozen_lattice.network import Layer, Network, Path
from ionlake.potentials.frozen_lattice.radial import radial_weights

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
            sources: What atoms send, (channels, senders, 2·l1+1, points).
            target: The messages, (channels, atoms, 2·l3+1, points).
        """

    def among(self, senders: IntArray) -> "FixedMessages":
        """The same when only some of the atoms, given in ascending order, send anything."""


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
        return ListedPairs.build(blocks, network_patterns(network), dtype)
    return DensePairs.build(blocks, device, dtype)


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
        first: First entry of each target atom in the list, shape (n_atoms + 1,).
        pair: Pair of each entry, shape (n_entries,).
        sender: Row of the pair's source among what is sent, shape (n_entries,).
        patterns: Every pattern that the matrices of the network have.
        kinds: Per path which of them its matrices (2·l1+1, 2·l3+1) have.
        blocks: Per path the entries in this pattern, (channels, n_pairs, entries).
    """

    first: IntArray
    pair: IntArray
    sender: IntArray
    patterns: tuple[str, ...]
    kinds: tuple[int, ...]
    blocks: tuple[torch.Tensor, ...]

    @classmethod
    def build(
        cls, pairs: PairBlocks, patterns: tuple[str, ...], dtype: torch.dtype
    ) -> "ListedPairs":
        """Keep every pair's matrices as they are."""
        targets = np.arange(pairs.n_atoms + 1) * pairs.n_atoms
        present = [_present(path) for path in pairs.layer.paths]
        return cls(
            first=np.searchsorted(pairs.keys, targets),
            pair=np.arange(len(pairs.keys)),
            sender=pairs.keys % pairs.n_atoms,
            patterns=patterns,
            kinds=tuple(patterns.index(as_pattern(each.numpy())) for each in present),
            blocks=tuple(
                pairs.of(path)[:, each].permute(2, 0, 1).to(dtype).contiguous()
                for path, each in zip(pairs.layer.paths, present, strict=True)
            ),
        )

    def path_messages(
        self, index: int, path: Path, sources: torch.Tensor, target: torch.Tensor
    ) -> None:
        """See `FixedMessages`; the number of points is a multiple of `LANES`."""
        _summation(" ".join(self.patterns))(
            target.numpy(),
            sources.numpy(),
            self.blocks[index].numpy(),
            self.first,
            self.pair,
            self.sender,
            lanes_of(2 * path.l3 + 1),
            self.kinds[index],
        )

    def among(self, senders: IntArray) -> "ListedPairs":
        """See `FixedMessages`; the list gets shorter."""
        sends = np.isin(self.sender, senders)
        before = np.append(0, np.cumsum(sends))
        return ListedPairs(
            first=before[self.first],
            pair=self.pair[sends],
            sender=np.searchsorted(senders, self.sender[sends]),
            patterns=self.patterns,
            kinds=self.kinds,
            blocks=self.blocks,
        )


@dataclass(frozen=True, eq=False)
class DensePairs:
    """Fixed messages as one matrix product per channel.

    Attributes:
        matrices: Per path (channels, atoms·(2·l3+1), senders, 2·l1+1).
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
        matrix = self.matrices[index].flatten(2)
        torch.bmm(matrix, sources.flatten(1, 2), out=target.flatten(1, 2))

    def among(self, senders: IntArray) -> "DensePairs":
        """See `FixedMessages`; the matrices get narrower."""
        chosen = torch.from_numpy(senders).to(self.matrices[0].device)
        return DensePairs(tuple(each.index_select(2, chosen) for each in self.matrices))


def _dense(pairs: PairBlocks, path: Path, dtype: torch.dtype) -> torch.Tensor:
    """Matrices (channels, atoms·(2·l3+1), atoms, 2·l1+1) of one path; zero where out of reach."""
    n, d1, d3 = pairs.n_atoms, 2 * path.l1 + 1, 2 * path.l3 + 1
    full = torch.zeros(path.channels, n, d3, n, d1, dtype=dtype)
    target, source = pairs.keys // n, pairs.keys % n
    full[:, target, :, source, :] = pairs.of(path).to(dtype).permute(0, 3, 2, 1)
    return full.reshape(path.channels, n * d3, n, d1)


def network_patterns(network: Network) -> tuple[str, ...]:
    """Every pattern of zeros that the matrices of a network's paths have."""
    paths = (path for layer in network.layers for path in layer.paths)
    return tuple(sorted({as_pattern(_present(path).numpy()) for path in paths}))


def _present(path: Path) -> torch.Tensor:
    """Which entries of a path's matrices (2·l1+1, 2·l3+1) can differ from zero."""
    return path.non_zero().any(dim=1)


@cache
def _summation(patterns: str) -> Callable[..., None]:
    """The sum over pairs, compiled once for all patterns of a network."""

    @compiled
    def sum_pairs(
        messages: np.ndarray,
        features: np.ndarray,
        blocks: np.ndarray,
        first: IntArray,
        pair: IntArray,
        sender: IntArray,
        lanes: int,
        kind: int,
    ) -> None:
        """Overwrite one path's messages."""
        channels, n_atoms, d3, n_points = messages.shape
        per_channel = blocks.shape[1] * blocks.shape[2]
        for u in range(channels):
            for i in range(n_atoms):
                for p in range(0, n_points, lanes):
                    sum_blocks(
                        messages,
                        (u * n_atoms + i) * d3 * n_points + p,
                        blocks,
                        u * per_channel,
                        features,
                        u * features.shape[1] * features.shape[2] * n_points + p,
                        n_points,
                        pair,
                        sender,
                        first[i],
                        first[i + 1],
                        kind,
                        patterns,
                    )

    return sum_pairs
