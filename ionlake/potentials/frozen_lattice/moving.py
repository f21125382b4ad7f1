"""Messages between the moving ion and its neighbours, new at every point."""

from dataclasses import dataclass

import numpy as np
import torch

from ionlake.geometry import IntArray
from ionlake.potentials.frozen_lattice.compiled import compiled
from ionlake.potentials.frozen_lattice.lanes import (
    LANES,
    TILE,
    add_product,
    add_terms,
    interpolate_tile,
)
from ionlake.potentials.frozen_lattice.neighbours import MovingPairs
from ionlake.potentials.frozen_lattice.network import Layer, Path
from ionlake.potentials.frozen_lattice.radial import RadialTable


@dataclass(frozen=True, eq=False)
class MovingMessages:
    """Adds the messages of the moving ion to those of the fixed pairs.

    Attributes:
        tables: Radial weights of each path, channels filled up with zeros to whole tiles.
        terms: Per path its non-zero coefficients in the order of m3, their m1 and m2, and the first
            of each m3 (2·l3+2 numbers).
    """

    tables: tuple[torch.Tensor, ...]
    terms: tuple[tuple[np.ndarray, IntArray, IntArray], ...]

    @classmethod
    def build(cls, layer: Layer, table: RadialTable, dtype: torch.dtype) -> "MovingMessages":
        """Pick the non-zero coefficients of every path."""
        tables = tuple(
            torch.nn.functional.pad(each, (0, -each.shape[2] % TILE)) for each in table.paths
        )
        return cls(tables, tuple(_terms(path, dtype) for path in layer.paths))

    def add(
        self,
        index: int,
        path: Path,
        pairs: MovingPairs,
        features: torch.Tensor,
        senders: IntArray,
        messages: torch.Tensor,
        receivers: IntArray,
    ) -> None:
        """Add both directions' messages of one path at a batch of points.

        Args:
            index: The path's place in its layer.
            path: The path.
            pairs: Neighbours of the moving ion; the number of points is a multiple of `LANES`.
            features: What atoms send, (channels, rows, 2·l1+1, points).
            senders: Rows of ``features`` that hold the moving ion and each neighbour.
            messages: What they receive, (channels, rows, 2·l3+1, points); changed in place.
            receivers: Rows of ``messages`` that belong to the moving ion and each neighbour.
        """
        add = self._add_compiled if messages.device.type == "cpu" else self._add_tensors
        add(index, path, pairs, features, senders, messages, receivers)

    def _add_compiled(
        self,
        index: int,
        path: Path,
        pairs: MovingPairs,
        features: torch.Tensor,
        senders: IntArray,
        messages: torch.Tensor,
        receivers: IntArray,
    ) -> None:
        _exchange(
            messages.numpy(),
            receivers,
            features.numpy(),
            senders,
            pairs.first,
            pairs.node,
            pairs.hermite.numpy(),
            pairs.harmonics.numpy(),
            path.l2,
            self.tables[index].numpy(),
            *self.terms[index],
        )

    def _add_tensors(
        self,
        index: int,
        path: Path,
        pairs: MovingPairs,
        features: torch.Tensor,
        senders: IntArray,
        messages: torch.Tensor,
        receivers: IntArray,
    ) -> None:
        device, dtype = messages.device, messages.dtype
        of, to, first, node = (
            torch.as_tensor(each, device=device)
            for each in (senders, receivers, pairs.first, pairs.node)
        )
        table = self.tables[index][..., : path.channels]
        ends = torch.cat([table[node], table[node + 1]], dim=2)
        weights = torch.einsum("spk,spku->usp", pairs.hermite.to(device), ends)
        harmonics = pairs.harmonics.to(device)[:, path.l2**2 : (path.l2 + 1) ** 2]
        images = torch.einsum("usp,sbp->usbp", weights, harmonics)
        owner = torch.repeat_interleave(torch.arange(len(first) - 1, device=device), first.diff())
        geometry = images.new_zeros(path.channels, len(first) - 1, *images.shape[2:])
        geometry.index_add_(1, owner, images)
        products = torch.einsum("abc,ujbp->ujacp", path.coefficients.to(device, dtype), geometry)
        back = (-1.0) ** path.l2 * products
        to_ion = torch.einsum("ujacp,ujap->ucp", products, features[:, of[1:]])
        to_atoms = torch.einsum("ujacp,uap->ujcp", back, features[:, of[0]])
        messages.index_add_(1, to[1:], to_atoms)
        messages[:, to[0]] += to_ion


def _terms(path: Path, dtype: torch.dtype) -> tuple[np.ndarray, IntArray, IntArray]:
    by_m3 = path.coefficients.permute(2, 0, 1)
    present = path.non_zero().permute(2, 0, 1)
    m3, m1, m2 = present.nonzero(as_tuple=True)
    components = torch.stack([m1, m2], dim=1).numpy()
    first = np.searchsorted(m3.numpy(), np.arange(2 * path.l3 + 2))
    return by_m3[present].to(dtype).numpy(), components, first


@compiled
def _add_image(
    geometry: np.ndarray,
    weights: np.ndarray,
    image: int,
    node: IntArray,
    hermite: np.ndarray,
    harmonics: np.ndarray,
    l2: int,
    table: np.ndarray,
    start: int,
) -> None:
    """Add w·Y of one image to a tile of channels (channels, 2·l2+1, points)."""
    tile, d2, n_points = geometry.shape
    for p in range(0, n_points, TILE):
        at = image * n_points + p
        interpolate_tile(weights, p, n_points, table, start, table.shape[2], node, hermite, at)
    for u in range(tile):
        for m2 in range(d2):
            y = (image * harmonics.shape[1] + l2 * l2 + m2) * n_points
            g = (u * d2 + m2) * n_points
            for p in range(0, n_points, LANES):
                add_product(geometry, g + p, weights, u * n_points + p, harmonics, y + p)


@compiled
def _exchange(
    messages: np.ndarray,
    receivers: IntArray,
    features: np.ndarray,
    senders: IntArray,
    first: IntArray,
    node: IntArray,
    hermite: np.ndarray,
    harmonics: np.ndarray,
    l2: int,
    table: np.ndarray,
    coefficients: np.ndarray,
    components: IntArray,
    terms: IntArray,
) -> None:
    """Add one path's messages to and from the moving ion, a tile of channels at a time."""
    channels, n_receivers, d3, n_points = messages.shape
    _, n_senders, d1, _ = features.shape
    d2 = 2 * l2 + 1
    sign = table.dtype.type(-1 if l2 % 2 == 1 else 1)
    weights = np.empty((TILE, n_points), dtype=table.dtype)
    geometry = np.empty((TILE, d2, n_points), dtype=table.dtype)
    for index in range(1, len(senders)):
        for start in range(0, channels, TILE):
            geometry[:] = 0
            for image in range(first[index - 1], first[index]):
                _add_image(geometry, weights, image, node, hermite, harmonics, l2, table, start)
            for u in range(min(TILE, channels - start)):
                to = (start + u) * n_receivers
                of = (start + u) * n_senders
                for m3 in range(d3):
                    for p in range(0, n_points, LANES):
                        add_terms(
                            messages,
                            ((to + receivers[0]) * d3 + m3) * n_points + p,
                            ((to + receivers[index]) * d3 + m3) * n_points + p,
                            geometry,
                            u * d2 * n_points + p,
                            features,
                            (of + senders[0]) * d1 * n_points + p,
                            (of + senders[index]) * d1 * n_points + p,
                            n_points,
                            coefficients,
                            components,
                            terms[m3],
                            terms[m3 + 1],
                            sign,
                        )
