"""Who is near whom: fixed pairs once, the moving ion's neighbours at every point."""

from dataclasses import dataclass

import numpy as np
import torch

from ionlake.errors import PotentialError
from ionlake.geometry import FloatArray, IntArray, lattice_shifts
from ionlake.potentials.frozen_lattice.compiled import compiled
from ionlake.potentials.frozen_lattice.network import Network
from ionlake.potentials.frozen_lattice.radial import Nodes, hermite_weights


@dataclass(frozen=True, eq=False)
class FixedPairs:
    """Directed pairs whose geometry never changes.

    Attributes:
        target: Atom that receives, shape (m,).
        source: Atom that sends, shape (m,).
        vectors: From target to source, Å, shape (m, 3).
    """

    target: IntArray
    source: IntArray
    vectors: FloatArray


@dataclass(frozen=True, eq=False)
class MovingPairs:
    """Vectors from the moving ion to its neighbours at a batch of points, points innermost.

    Neighbour k owns the images ``first[k]`` to ``first[k + 1]``. At a point where fewer of its
    images are near, the interpolation weights of the others are zero.

    Attributes:
        atoms: Atoms near the ion at any of the points, shape (n_neighbours,).
        first: First image of each, shape (n_neighbours + 1,).
        node: Table node below each distance, shape (n_images, n_points).
        hermite: Interpolation weights, shape (n_images, n_points, 4).
        harmonics: Spherical harmonics of directions, shape (n_images, (lmax + 1)², n_points).
    """

    atoms: IntArray
    first: IntArray
    node: IntArray
    hermite: torch.Tensor
    harmonics: torch.Tensor


def fixed_pairs(
    cell: FloatArray, fractional: FloatArray, site: int, cutoff_ang: float
) -> FixedPairs:
    """Pairs of frozen atoms, and of the moving ion with its own images."""
    from matscipy.neighbours import neighbour_list

    target, source, vectors = neighbour_list(
        "ijD", cutoff=cutoff_ang, positions=fractional @ cell, cell=cell, pbc=np.ones(3, bool)
    )
    fixed = (target == site) == (source == site)
    return FixedPairs(
        target[fixed].astype(np.int64), source[fixed].astype(np.int64), vectors[fixed]
    )


@dataclass(frozen=True, eq=False)
class MovingNeighbours:
    """Finds the neighbours of the moving ion at any point.

    Attributes:
        network: The network.
        nodes: Nodes of the radial tables.
        cell: Lattice vectors as rows, Å.
        fractional: Positions of all atoms.
        site: The moving ion.
        translations: Lattice translations that can bring an atom near, Å, shape (m, 3).
        dtype: Floating-point type of weights and harmonics.
    """

    network: Network
    nodes: Nodes
    cell: FloatArray
    fractional: FloatArray
    site: int
    translations: FloatArray
    dtype: torch.dtype

    @classmethod
    def around(
        cls,
        network: Network,
        nodes: Nodes,
        cell: FloatArray,
        fractional: FloatArray,
        site: int,
        dtype: torch.dtype,
    ) -> "MovingNeighbours":
        """Prepare the lattice translations of one crystal."""
        shifts = lattice_shifts(cell, network.cutoff_ang, difference=0.5)
        return cls(network, nodes, cell, fractional, site, shifts @ cell, dtype)

    def at(self, points: FloatArray) -> MovingPairs:
        """Neighbours with the ion at fractional points (n_points, 3).

        Raises:
            PotentialError: If another atom is nearer than the tables reach.
        """
        differences = self.fractional - points[:, None]
        differences -= np.round(differences)
        nearest = differences @ self.cell
        point, atom, first, vectors = _neighbour_vectors(
            nearest, self.translations, self.network.cutoff_ang, self.site
        )
        distances = np.sqrt((vectors**2).sum(axis=1))
        steps = (distances - self.nodes.first_ang) / self.nodes.step_ang
        if len(steps) and steps.min() < 0:
            raise PotentialError(
                f"the moving ion comes within {distances.min():.3f} Å of another atom, expected at "
                f"least {self.nodes.first_ang:.3f} Å: use a larger exclusion radius, or the "
                "potential without its scan evaluator"
            )
        node = np.minimum(steps.astype(np.int64), self.nodes.count - 2)
        counts = np.diff(first)
        images = np.zeros(len(self.fractional), dtype=np.int64)
        np.maximum.at(images, atom, counts)
        start = np.cumsum(images) - images
        rank = np.arange(len(vectors)) - np.repeat(first[:-1], counts)
        where = np.repeat(start[atom], counts) + rank, np.repeat(point, counts)
        shape = int(images.sum()), len(points)
        weights = np.zeros((*shape, 4))
        weights[where] = hermite_weights(torch.from_numpy(steps - node)).numpy()
        harmonics = self.network.harmonics(torch.from_numpy(vectors)).numpy()
        spread = np.zeros((*shape, harmonics.shape[1]))
        spread[where] = harmonics
        nodes = np.zeros(shape, dtype=np.int64)
        nodes[where] = node
        atoms = np.flatnonzero(images)
        return MovingPairs(
            atoms=atoms,
            first=np.append(start[atoms], shape[0]),
            node=nodes,
            hermite=torch.from_numpy(weights).to(self.dtype),
            harmonics=torch.from_numpy(spread).to(self.dtype).transpose(1, 2).contiguous(),
        )


def _neighbour_vectors(
    nearest: FloatArray, translations: FloatArray, cutoff_ang: float, site: int
) -> tuple[IntArray, IntArray, IntArray, FloatArray]:
    """Point, atom and first vector of each pair, and the vectors from the ion to its neighbours.

    Args:
        nearest: Vectors to one image of each atom, Å, shape (n_points, n_atoms, 3).
        translations: Vectors from there to the others that can be near, Å, shape (m, 3).
        cutoff_ang: Interaction radius, Å.
        site: The ion itself, which has no images among its neighbours.
    """
    counts = np.zeros(nearest.shape[:2], dtype=np.int64)
    _count_images(nearest, translations, cutoff_ang**2, counts)
    counts[:, site] = 0
    point, atom = counts.nonzero()
    first = np.append(0, np.cumsum(counts[point, atom]))
    vectors = np.empty((first[-1], 3))
    _list_images(nearest, translations, cutoff_ang**2, point, atom, first, vectors)
    return point, atom, first, vectors


@compiled
def _count_images(
    nearest: FloatArray, translations: FloatArray, limit: float, counts: IntArray
) -> None:
    """Count the images of each atom whose squared distance is below the limit."""
    for p in range(nearest.shape[0]):
        for j in range(nearest.shape[1]):
            for t in range(len(translations)):
                x = nearest[p, j, 0] + translations[t, 0]
                y = nearest[p, j, 1] + translations[t, 1]
                z = nearest[p, j, 2] + translations[t, 2]
                if x * x + y * y + z * z < limit:
                    counts[p, j] += 1


@compiled
def _list_images(
    nearest: FloatArray,
    translations: FloatArray,
    limit: float,
    point: IntArray,
    atom: IntArray,
    first: IntArray,
    vectors: FloatArray,
) -> None:
    """Write down the vectors that were counted."""
    for pair in range(len(point)):
        p, j, at = point[pair], atom[pair], first[pair]
        for t in range(len(translations)):
            x = nearest[p, j, 0] + translations[t, 0]
            y = nearest[p, j, 1] + translations[t, 1]
            z = nearest[p, j, 2] + translations[t, 2]
            if x * x + y * y + z * z < limit:
                vectors[at, 0], vectors[at, 1], vectors[at, 2] = x, y, z
                at += 1
