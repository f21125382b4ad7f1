"""Messages between the moving ion and its neighbours, new at every point."""

from dataclasses import dataclass

import numpy as np
import torch

from ionlake.geometry import IntArray
from ionlake.potentials.frozen_lattice.compiled import compiled
from ionlake.potentials.frozen_lattice.neighbours import MovingPairs
from ionlake.potentials.frozen_lattice.network import Blocks, Layer, Path
from ionlake.potentials.frozen_lattice.radial import RadialTable


@dataclass(frozen=True, eq=False)
class MovingMessages:
    """Adds the messages of the moving ion to those of the fixed pairs.

    Attributes:
        paths: The paths of the layer.
        table: Their radial weights.
        terms: Per path the components (m1, m2, m3) of its non-zero coefficients, shape (k, 3), and
            these, shape (k,).
        site: The moving ion.
    """

    paths: tuple[Path, ...]
    table: RadialTable
    terms: tuple[tuple[np.ndarray, np.ndarray], ...]
    site: int

    @classmethod
    def build(
        cls, layer: Layer, table: RadialTable, site: int, dtype: torch.dtype
    ) -> "MovingMessages":
        """Pick the non-zero coefficients of every path."""
        terms = []
        for path in layer.paths:
            where = path.coefficients.abs() > 1e-12
            values = path.coefficients[where].to(dtype).numpy()
            terms.append((where.nonzero().numpy().astype(np.uint64), values))
        return cls(layer.paths, table, tuple(terms), site)

    def add(self, pairs: MovingPairs, features: Blocks, messages: Blocks) -> None:
        """Add both directions' messages at a batch of points.

        Args:
            pairs: Neighbours of the moving ion.
            features: What atoms send, (atoms, 2·l1+1, points, channels).
            messages: What they receive, (atoms, 2·l3+1, points, channels); changed in place.
        """
        on_processor = messages[0].device.type == "cpu"
        add = self._add_compiled if on_processor else self._add_tensors
        for index, path in enumerate(self.paths):
            add(index, path, pairs, features[path.l1], messages[path.l3])

    def _add_compiled(
        self,
        index: int,
        path: Path,
        pairs: MovingPairs,
        features: torch.Tensor,
        messages: torch.Tensor,
    ) -> None:
        components, coefficients = self.terms[index]
        _exchange(
            messages.numpy(),
            path.target,
            features.numpy(),
            path.source,
            self.site,
            pairs.point,
            pairs.atom,
            pairs.first,
            pairs.node,
            pairs.hermite.numpy(),
            pairs.harmonics.numpy(),
            path.l2,
            self.table.paths[index].numpy(),
            components,
            coefficients,
        )

    def _add_tensors(
        self,
        index: int,
        path: Path,
        pairs: MovingPairs,
        features: torch.Tensor,
        messages: torch.Tensor,
    ) -> None:
        device, dtype = messages.device, messages.dtype
        point, atom, first = (
            torch.as_tensor(each, device=device) for each in (pairs.point, pairs.atom, pairs.first)
        )
        geometry = self._geometry(index, path, pairs, first, device)
        products = torch.einsum("abc,qbu->qacu", path.coefficients.to(device, dtype), geometry)
        source = slice(path.source, path.source + path.channels)
        target = slice(path.target, path.target + path.channels)
        sites = torch.full_like(atom, self.site)
        sent, received = features.transpose(1, 2), messages.transpose(1, 2)
        for sender, receiver, sign in ((atom, sites, 1.0), (sites, atom, (-1.0) ** path.l2)):
            part = torch.einsum("qacu,qau->qcu", products, sent[sender, point][..., source])
            received[..., target].index_put_((receiver, point), part * sign, accumulate=True)

    def _geometry(
        self,
        index: int,
        path: Path,
        pairs: MovingPairs,
        first: torch.Tensor,
        device: torch.device,
    ) -> torch.Tensor:
        """Σ_images w·Y of every pair, shape (n_pairs, 2·l2+1, channels)."""
        table = self.table.paths[index]
        node = torch.as_tensor(pairs.node, device=device)
        ends = torch.cat([table[node], table[node + 1]], dim=1)
        weights = torch.einsum("ek,eku->eu", pairs.hermite.to(device), ends)
        columns = slice(path.l2**2, (path.l2 + 1) ** 2)
        harmonics = pairs.harmonics.to(device)[:, columns]
        owner = torch.repeat_interleave(torch.arange(len(first) - 1, device=device), first.diff())
        sums = weights.new_zeros(len(first) - 1, harmonics.shape[1], path.channels)
        return sums.index_add_(0, owner, harmonics[:, :, None] * weights[:, None, :])


@compiled
def _exchange(
    messages: np.ndarray,
    target_channel: int,
    features: np.ndarray,
    source_channel: int,
    site: int,
    point: IntArray,
    atom: IntArray,
    first: IntArray,
    node: IntArray,
    hermite: np.ndarray,
    harmonics: np.ndarray,
    l2: int,
    table: np.ndarray,
    components: np.ndarray,
    coefficients: np.ndarray,
) -> None:
    """Add one path's messages to and from the moving ion.

    Unsigned indices spare the compiler the question of negative ones.
    """
    n, d2, y0, one = (
        np.uint64(table.shape[2]),
        np.uint64(2 * l2 + 1),
        np.uint64(l2 * l2),
        np.uint64(1),
    )
    ion, target, source = np.uint64(site), np.uint64(target_channel), np.uint64(source_channel)
    odd = l2 % 2 == 1
    weights = np.empty(table.shape[2], dtype=table.dtype)
    geometry = np.empty((2 * l2 + 1, table.shape[2]), dtype=table.dtype)
    for pair in range(np.uint64(len(point))):
        p, j = np.uint64(point[pair]), np.uint64(atom[pair])
        geometry[:] = 0
        for vector in range(np.uint64(first[pair]), np.uint64(first[pair + one])):
            low = np.uint64(node[vector])
            high = low + one
            a, b, c, d = hermite[vector]
            for u in range(n):
                weights[u] = a * table[low, 0, u] + b * table[low, 1, u]
                weights[u] += c * table[high, 0, u] + d * table[high, 1, u]
            for m2 in range(d2):
                y = harmonics[vector, y0 + m2]
                for u in range(n):
                    geometry[m2, u] += y * weights[u]
        for term in range(np.uint64(len(coefficients))):
            m1, m2, m3 = components[term]
            there = coefficients[term]
            back = -there if odd else there
            for u in range(n):
                of_atom = features[j, m1, p, source + u]
                messages[ion, m3, p, target + u] += there * geometry[m2, u] * of_atom
            for u in range(n):
                of_ion = features[ion, m1, p, source + u]
                messages[j, m3, p, target + u] += back * geometry[m2, u] * of_ion
