"""Free volumes by their definition: one map of true and false per threshold, ion and masking."""

import itertools

import numpy as np

from tests.reference.minimax import slow_fold

THRESHOLDS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0)
SHIFTS = (-0.04, -0.02, 0.0, 0.02, 0.04)
MASKINGS = ("", "masked1p5_", "Wmasked1p5_")


def slow_free_volumes(energies, levels, seeds, cell):
    """``summed`` and ``union`` fractions by (masking, kind, threshold)."""
    shape = energies[0].shape
    doubled = [2 * n for n in shape]
    boxes = {
        "disconnected": [_doubled_energy(e, s) for e, s in zip(energies, seeds, strict=True)],
        "connected": [slow_fold(level) for level in levels],
    }
    hidden = {masking: slow_mask(masking, cell, shape) for masking in MASKINGS}
    summed, union = {}, {}
    for masking, kind, threshold in itertools.product(MASKINGS, boxes, THRESHOLDS):
        sums, unions = [], []
        for shift in SHIFTS:
            maps = [(box < threshold + shift) & ~hidden[masking] for box in boxes[kind]]
            points = max((~hidden[masking]).sum(), 1)
            sums.append(sum(free.sum() / points for free in maps))
            any_ion = np.zeros(doubled, dtype=bool)
            for free, seed in zip(maps, seeds, strict=True):
                any_ion |= _at_common_origin(free, seed, shape)
            unions.append(any_ion.sum() / any_ion.size)
        summed[masking, kind, threshold] = np.mean(sums)
        union[masking, kind, threshold] = np.mean(unions)
    return summed, union


def slow_mask(masking, cell, shape):
    """Distances of every point of the doubled box from every centre that the masking names."""
    reach = {"": (), "masked1p5_": (0,), "Wmasked1p5_": (-1, 0, 1)}[masking]
    hidden = np.zeros([2 * n for n in shape], dtype=bool)
    for point in np.ndindex(*hidden.shape):
        fraction = np.array(point) / np.array(shape) - 1.0
        for image in itertools.product(reach, repeat=3):
            if np.linalg.norm((fraction - image) @ cell) <= 1.5 + 1e-9:
                hidden[point] = True
    return hidden


def _doubled_energy(energy, seed):
    box = np.empty([2 * n for n in energy.shape])
    for point in np.ndindex(*box.shape):
        box[point] = energy[
            tuple((p - n + s) % n for p, n, s in zip(point, energy.shape, seed, strict=True))
        ]
    return box


def _at_common_origin(free, seed, shape):
    moved = np.zeros_like(free)
    for point in np.ndindex(*free.shape):
        target = [(p - n + s) % (2 * n) for p, n, s in zip(point, shape, seed, strict=True)]
        moved[tuple(target)] = free[point]
    return moved
