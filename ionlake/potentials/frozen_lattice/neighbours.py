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
        shifts: Lattice translations that can bring an atom near.
        dtype: Floating-point type of weights and harmonics.
    """

    network: Network
    nodes: Nodes
    cell: FloatArray
    fractional: FloatArray
    site: int
    shifts: FloatArray
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
        shifts = lattice_shifts(cell, network.cutoff_ang, difference=0.5).astype(np.float64)
        return cls(network, nodes, cell, fractional, site, shifts, dtype)

    def at(self, points: FloatArray) -> MovingPairs:
        """Neighbours with the ion at fractional points (n_points, 3).

        Raises:
            PotentialError: If another atom is nearer than the tables reach.
        """
        point, atom, first, vectors = _neighbour_vectors(
            points, self.fractional, self.site, self.shifts, self.cell, self.network.cutoff_ang
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


@compiled
def _neighbour_vectors(
    points: FloatArray,
    fractional: FloatArray,
    site: int,
    shifts: FloatArray,
    cell: FloatArray,
    cutoff_ang: float,
) -> tuple[IntArray, IntArray, IntArray, FloatArray]:
    """Point, atom, first vector of each pair, and the vectors from the ion to its neighbours."""
    point, atom, first = [0 for _ in range(0)], [0 for _ in range(0)], [0 for _ in range(0)]
    vectors = [(0.0, 0.0, 0.0) for _ in range(0)]
    translations = shifts @ cell
    for p in range(len(points)):
        for j in range(len(fractional)):
            if j == site:
                continue
            difference = fractional[j] - points[p]
            difference -= np.round(difference)
            nearest = difference @ cell
            before = len(vectors)
            for translation in translations:
                x = nearest[0] + translation[0]
                y = nearest[1] + translation[1]
                z = nearest[2] + translation[2]
                if x * x + y * y + z * z < cutoff_ang * cutoff_ang:
                    vectors.append((x, y, z))
            if len(vectors) > before:
                point.append(p)
                atom.append(j)
                first.append(before)
    first.append(len(vectors))
    flat = np.empty((len(vectors), 3))
    for index, vector in enumerate(vectors):
        flat[index, 0], flat[index, 1], flat[index, 2] = vector
    return np.array(point), np.array(atom), np.array(first), flat
