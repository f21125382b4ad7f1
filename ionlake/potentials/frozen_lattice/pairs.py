"""Messages along fixed pairs: one linear map of the features for each layer, built once.

Small and sparse crystals go through a list of pairs, dense ones of medium size through matrix
products with channels as the batch. Both are exact.
"""

from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
import torch

from ionlake.geometry import IntArray
from ionlake.potentials.frozen_lattice.compiled import compiled
from ionlake.potentials.frozen_lattice.neighbours import FixedPairs
from ionlake.potentials.frozen_lattice.network import Blocks, Layer, Network, Path
from ionlake.potentials.frozen_lattice.radial import radial_weights
from ionlake.potentials.frozen_lattice.scratch import Scratch

_SMALL_CELL: Final = 6
"""Up to this many atoms, matrices per channel are too small for matrix products to pay."""

_DENSE_SHARE: Final = 0.3
"""Share of pairs in contact below which the list of pairs takes less time and memory."""

_CHUNK_ELEMENTS: Final = 1 << 22


class FixedMessages(Protocol):
    """The messages along fixed pairs as a linear map of the features.

    Attributes:
        channels_last: Whether its messages have the shape (points, atoms, 2·l3+1, channels);
            otherwise (channels, points, atoms, 2·l3+1), which matrix products make without copies.
    """

    @property
    def channels_last(self) -> bool:
        """See the class."""

    def messages(self, features: Blocks, widths: dict[int, int], scratch: Scratch) -> Blocks:
        """Messages of every degree, which live in ``scratch`` until the next ones are made.

        Args:
            features: What atoms send, (points, atoms, 2·l1+1, channels).
            widths: Number of message channels of each degree.
            scratch: Memory that every batch uses again.
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
    listed = n_atoms <= _SMALL_CELL or len(blocks.keys) < _DENSE_SHARE * n_atoms**2
    if listed and device == "cpu":
        return ListedPairs.build(blocks, dtype)
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
    """Fixed messages pair by pair, channels innermost.

    Attributes:
        paths: The paths.
        first: First pair of each target atom, shape (n_atoms + 1,).
        source: Source of each pair, shape (n_pairs,).
        blocks: Per path (n_pairs, 2·l1+1, 2·l3+1, channels).
    """

    paths: tuple[Path, ...]
    first: IntArray
    source: IntArray
    blocks: tuple[torch.Tensor, ...]
    channels_last: bool = True

    @classmethod
    def build(cls, pairs: PairBlocks, dtype: torch.dtype) -> "ListedPairs":
        """Keep every pair's matrices as they are."""
        targets = np.arange(pairs.n_atoms + 1) * pairs.n_atoms
        return cls(
            paths=pairs.layer.paths,
            first=np.searchsorted(pairs.keys, targets),
            source=pairs.keys % pairs.n_atoms,
            blocks=tuple(pairs.of(path).to(dtype).contiguous() for path in pairs.layer.paths),
        )

    def messages(self, features: Blocks, widths: dict[int, int], scratch: Scratch) -> Blocks:
        """See `FixedMessages`."""
        n_points, n_atoms = next(iter(features.values())).shape[:2]
        messages = {
            l3: scratch.take(f"messages of degree {l3}", n_points, n_atoms, 2 * l3 + 1, channels)
            for l3, channels in widths.items()
        }
        for path, block in zip(self.paths, self.blocks, strict=True):
            _listed_messages(
                messages[path.l3].numpy(),
                path.target,
                features[path.l1].numpy(),
                path.source,
                self.first,
                self.source,
                block.numpy(),
            )
        return messages


@dataclass(frozen=True, eq=False)
class DensePairs:
    """Fixed messages as one matrix product per channel.

    Attributes:
        paths: The paths.
        matrices: Per path (channels, atoms·(2·l1+1), atoms·(2·l3+1)).
    """

    paths: tuple[Path, ...]
    matrices: tuple[torch.Tensor, ...]
    channels_last: bool = False

    @classmethod
    def build(cls, pairs: PairBlocks, device: str, dtype: torch.dtype) -> "DensePairs":
        """Spread every pair's matrices over the matrices of the whole crystal."""
        paths = pairs.layer.paths
        return cls(paths, tuple(_dense(pairs, path, dtype).to(device) for path in paths))

    def messages(self, features: Blocks, widths: dict[int, int], scratch: Scratch) -> Blocks:
        """See `FixedMessages`."""
        n_points, n_atoms = next(iter(features.values())).shape[:2]
        sources = {
            l1: scratch.take(f"sources of degree {l1}", each.shape[3], *each.shape[:3]).copy_(
                each.permute(3, 0, 1, 2)
            )
            for l1, each in features.items()
        }
        messages = {
            l3: scratch.take(f"messages of degree {l3}", channels, n_points, n_atoms, 2 * l3 + 1)
            for l3, channels in widths.items()
        }
        for path, matrices in zip(self.paths, self.matrices, strict=True):
            source = sources[path.l1][path.source : path.source + path.channels]
            target = messages[path.l3][path.target : path.target + path.channels]
            torch.bmm(source.flatten(2), matrices, out=target.flatten(2))
        return messages


def _dense(pairs: PairBlocks, path: Path, dtype: torch.dtype) -> torch.Tensor:
    """Matrices (channels, atoms·(2·l1+1), atoms·(2·l3+1)) of one path; zero where out of reach."""
    n, d1, d3 = pairs.n_atoms, 2 * path.l1 + 1, 2 * path.l3 + 1
    full = torch.zeros(path.channels, n, d1, n, d3, dtype=dtype)
    target, source = pairs.keys // n, pairs.keys % n
    full[:, source, :, target, :] = pairs.of(path).to(dtype).permute(0, 3, 1, 2)
    return full.reshape(path.channels, n * d1, n * d3)


@compiled
def _listed_messages(
    messages: np.ndarray,
    target_channel: int,
    features: np.ndarray,
    source_channel: int,
    first: IntArray,
    source: IntArray,
    blocks: np.ndarray,
) -> None:
    """Overwrite one path's messages; four points share each read of a pair's matrices."""
    n_points, n_atoms, d3 = messages.shape[0], messages.shape[1], messages.shape[2]
    d1, channels = blocks.shape[1], blocks.shape[3]
    sums = np.zeros((4, channels), dtype=messages.dtype)
    a, b, c, d = sums[0], sums[1], sums[2], sums[3]
    for start in range(0, n_points, 4):
        last = n_points - 1
        p, q, r, s = start, min(start + 1, last), min(start + 2, last), min(start + 3, last)
        for i in range(n_atoms):
            for m3 in range(d3):
                sums[:] = 0
                for pair in range(first[i], first[i + 1]):
                    j = source[pair]
                    for m1 in range(d1):
                        row = blocks[pair, m1, m3]
                        x = features[p, j, m1, source_channel : source_channel + channels]
                        y = features[q, j, m1, source_channel : source_channel + channels]
                        z = features[r, j, m1, source_channel : source_channel + channels]
                        w = features[s, j, m1, source_channel : source_channel + channels]
                        for u in range(channels):
                            a[u] += row[u] * x[u]
                            b[u] += row[u] * y[u]
                            c[u] += row[u] * z[u]
                            d[u] += row[u] * w[u]
                for u in range(channels):
                    messages[p, i, m3, target_channel + u] = a[u]
                    messages[q, i, m3, target_channel + u] = b[u]
                    messages[r, i, m3, target_channel + u] = c[u]
                    messages[s, i, m3, target_channel + u] = d[u]
