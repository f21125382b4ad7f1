"""Messages between the moving ion and its neighbours, new at every point."""

from dataclasses import dataclass

import numpy as np
import torch

from ionlake.geometry import IntArray
from ionlake.potentials.frozen_lattice.compiled import compiled
from ionlake.potentials.frozen_lattice.lanes import LANES, TILE, add_product, interpolate_tile
from ionlake.potentials.frozen_lattice.neighbours import MovingPairs
from ionlake.potentials.frozen_lattice.network import Blocks, Layer, Path
from ionlake.potentials.frozen_lattice.radial import RadialTable


@dataclass(frozen=True, eq=False)
class MovingMessages:
    """Adds the messages of the moving ion to those of the fixed pairs.

    Attributes:
        paths: The paths of the layer.
        tables: Their radial weights, channels filled up with zeros to whole tiles.
        terms: Per path the components (m1, m2, m3) of its non-zero coefficients, shape (k, 3), and
            these, shape (k,).
        site: The moving ion.
    """

    paths: tuple[Path, ...]
    tables: tuple[torch.Tensor, ...]
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
            terms.append((where.nonzero().numpy(), values))
        tables = tuple(
            torch.nn.functional.pad(each, (0, -each.shape[2] % TILE)) for each in table.paths
        )
        return cls(layer.paths, tables, tuple(terms), site)

    def add(self, pairs: MovingPairs, features: Blocks, messages: Blocks) -> None:
        """Add both directions' messages at a batch of points.

        Args:
            pairs: Neighbours of the moving ion; the number of points is a multiple of `LANES`.
            features: What atoms send, (channels, atoms, 2·l1+1, points).
            messages: What they receive, (channels, atoms, 2·l3+1, points); changed in place.
        """
        on_processor = messages[0].device.type == "cpu"
        add = self._add_compiled if on_processor else self._add_tensors
        for index, path in enumerate(self.paths):
            source = slice(path.source, path.source + path.channels)
            target = slice(path.target, path.target + path.channels)
            add(index, path, pairs, features[path.l1][source], messages[path.l3][target])

    def _add_compiled(
        self,
        index: int,
        path: Path,
        pairs: MovingPairs,
        features: torch.Tensor,
        messages: torch.Tensor,
    ) -> None:
        _exchange(
            messages.numpy(),
            features.numpy(),
            self.site,
            pairs.atoms,
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
        messages: torch.Tensor,
    ) -> None:
        device, dtype = messages.device, messages.dtype
        atoms, first, node = (
            torch.as_tensor(each, device=device) for each in (pairs.atoms, pairs.first, pairs.node)
        )
        table = self.tables[index][..., : path.channels]
        ends = torch.cat([table[node], table[node + 1]], dim=2)
        weights = torch.einsum("spk,spku->usp", pairs.hermite.to(device), ends)
        harmonics = pairs.harmonics.to(device)[:, path.l2**2 : (path.l2 + 1) ** 2]
        images = torch.einsum("usp,sbp->usbp", weights, harmonics)
        owner = torch.repeat_interleave(torch.arange(len(atoms), device=device), first.diff())
        geometry = images.new_zeros(path.channels, len(atoms), *images.shape[2:])
        geometry.index_add_(1, owner, images)
        products = torch.einsum("abc,ujbp->ujacp", path.coefficients.to(device, dtype), geometry)
        back = (-1.0) ** path.l2 * products
        to_ion = torch.einsum("ujacp,ujap->ucp", products, features[:, atoms])
        messages.index_add_(1, atoms, torch.einsum("ujacp,uap->ujcp", back, features[:, self.site]))
        messages[:, self.site] += to_ion


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
    one = table.dtype.type(1)
    for p in range(0, n_points, TILE):
        at = image * n_points + p
        interpolate_tile(weights, p, n_points, table, start, table.shape[2], node, hermite, at)
    for u in range(tile):
        for m2 in range(d2):
            y = (image * harmonics.shape[1] + l2 * l2 + m2) * n_points
            g = (u * d2 + m2) * n_points
            for p in range(0, n_points, LANES):
                add_product(geometry, g + p, weights, u * n_points + p, harmonics, y + p, one)


@compiled
def _exchange(
    messages: np.ndarray,
    features: np.ndarray,
    site: int,
    atoms: IntArray,
    first: IntArray,
    node: IntArray,
    hermite: np.ndarray,
    harmonics: np.ndarray,
    l2: int,
    table: np.ndarray,
    components: np.ndarray,
    coefficients: np.ndarray,
) -> None:
    """Add one path's messages to and from the moving ion, a tile of channels at a time."""
    channels, n_atoms, d3, n_points = messages.shape
    d1, d2 = features.shape[2], 2 * l2 + 1
    sign = table.dtype.type(-1 if l2 % 2 == 1 else 1)
    weights = np.empty((TILE, n_points), dtype=table.dtype)
    geometry = np.empty((TILE, d2, n_points), dtype=table.dtype)
    for index in range(len(atoms)):
        j = atoms[index]
        for start in range(0, channels, TILE):
            geometry[:] = 0
            for image in range(first[index], first[index + 1]):
                _add_image(geometry, weights, image, node, hermite, harmonics, l2, table, start)
            for u in range(min(TILE, channels - start)):
                row = (start + u) * n_atoms
                for term in range(len(coefficients)):
                    m1, m2, m3 = components[term]
                    there = coefficients[term]
                    g = (u * d2 + m2) * n_points
                    to_ion = ((row + site) * d3 + m3) * n_points
                    to_atom = ((row + j) * d3 + m3) * n_points
                    of_ion = ((row + site) * d1 + m1) * n_points
                    of_atom = ((row + j) * d1 + m1) * n_points
                    for p in range(0, n_points, LANES):
                        add_product(
                            messages, to_ion + p, geometry, g + p, features, of_atom + p, there
                        )
                        add_product(
                            messages,
                            to_atom + p,
                            geometry,
                            g + p,
                            features,
                            of_ion + p,
                            sign * there,
                        )
