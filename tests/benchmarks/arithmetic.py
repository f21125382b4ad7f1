"""Arithmetic of one point, counted from the network, and the machine's matrix peak."""

import numpy as np

from ionlake.potentials.frozen_lattice.neighbours import fixed_pairs
from tests.benchmarks.timing import warm_median


def flops_of_linear_map(linear_map):
    """Operations of a linear map on one atom; a multiplication and an addition are two."""
    return sum(
        2 * (2 * degree + 1) * matrix.shape[0] * matrix.shape[1]
        for degree, matrix in linear_map.matrices.items()
    )


def flops_of_fixed_pair(layer):
    """Operations of one fixed pair in one layer: the entries of a matrix per channel."""
    return sum(2 * int(p.non_zero().any(dim=1).sum()) * p.channels for p in layer.paths)


def flops_per_point(network, n_atoms, n_pairs):
    """Operations that one point cannot do without, matrix products only.

    Linear maps of every atom and messages along fixed pairs. Left out: the moving ion's own
    messages, the gates, and everything in the first layer before its messages are mixed, which is
    constant. Every atom is taken for a neighbour of the ion; in cells so large that some are not,
    the first two layers do less.
    """
    first, *others = network.layers
    per_atom = flops_of_linear_map(first.receive)
    per_atom += sum(
        flops_of_linear_map(each)
        for layer in others
        for each in (layer.keep, layer.send, layer.receive)
    )
    per_atom += flops_of_linear_map(network.hidden) + flops_of_linear_map(network.energy)
    return n_atoms * per_atom + n_pairs * sum(map(flops_of_fixed_pair, others))


def distinct_fixed_pairs(case, cutoff_ang):
    """Directed pairs of atoms that never move against each other, images counted as one."""
    crystal = case.structure
    pairs = fixed_pairs(crystal.cell, crystal.fractional_positions, case.site, cutoff_ang)
    return len(np.unique(pairs.target * crystal.n_sites + pairs.source))


def matrix_peak_gflops(size=2048, repeats=5):
    """GFLOP/s of a float32 matrix product on this thread."""
    import torch

    a, b = torch.rand(size, size), torch.rand(size, size)
    return 2e-9 * size**3 / warm_median(lambda: torch.mm(a, b), repeats)
