"""What happens when a device's memory runs out, with a device that claims it has."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from ionlake.errors import DeviceMemoryError
from ionlake.potentials.load import load_potential
from ionlake.potentials.memory import Shortage
from ionlake.structures.sources.bundled import load_bundled


def of_at_most(n_items, sizes):
    """Work that runs out of memory with more items; notes the sizes of what it did."""

    def work(batch):
        if batch.stop - batch.start > n_items:
            raise torch.OutOfMemoryError("CUDA out of memory")
        sizes.append(batch.stop - batch.start)
        return np.arange(batch.start, batch.stop, dtype=float)

    return work


def test_a_batch_is_halved_until_memory_holds_it():
    sizes, shortage = [], Shortage()
    found = shortage.evaluate(of_at_most(3, sizes), slice(2, 12))
    np.testing.assert_array_equal(found, np.arange(2, 12))
    assert sizes == [3, 2, 3, 2]
    assert shortage.divisor == 4  # ten, then each half of five
    assert shortage.shrink(100) == 25
    assert shortage.shrink(3) == 1


def test_what_cannot_get_smaller_is_an_error_with_a_remedy():
    shortage = Shortage()
    with pytest.raises(
        DeviceMemoryError, match=r"does not hold 2 configurations .* use device cpu"
    ):
        shortage.evaluate(of_at_most(1, []), slice(0, 4), fewest=2)


def test_other_errors_pass():
    def broken(_batch):
        raise RuntimeError("of another kind")

    with pytest.raises(RuntimeError, match="of another kind"):
        Shortage().evaluate(broken, slice(0, 4))


@pytest.mark.model
def test_energies_do_not_depend_on_how_often_memory_ran_out(monkeypatch):
    from ionlake.potentials.frozen_lattice import evaluator as operator

    crystal = load_bundled("LiF-225")
    frozen = load_potential("sevennet-0", device="cpu").scan_evaluator(
        crystal.cell, crystal.atomic_numbers, crystal.fractional_positions, 0
    )
    points = np.random.default_rng(0).uniform(-0.1, 0.1, (100, 3))
    expected = frozen.energies(points)
    whole = operator.FrozenLatticeEvaluator._batch

    def short_of_memory(self, some):
        if len(some) > 40:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return whole(self, some)

    monkeypatch.setattr(operator.FrozenLatticeEvaluator, "_batch", short_of_memory)
    short = replace(frozen, n_points=128, shortage=Shortage())
    np.testing.assert_array_equal(short.energies(points), expected)
    assert short.shortage.divisor == 4  # a hundred, then each half of fifty
    np.testing.assert_array_equal(short.energies(points), expected)
    assert short.shortage.divisor == 4  # batches stay small
