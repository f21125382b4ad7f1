"""How work is cut up: every point once, nothing longer than it may be."""

from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ionlake.pipeline.blocks import (
    GRANULE,
    LARGEST_BUNDLE,
    Block,
    covers,
    missing_blocks,
    points_in,
    take_bundle,
    task_seconds,
)

numbers_of_points = st.integers(1, 200 * GRANULE)
block_sizes = st.integers(1, 50).map(lambda granules: granules * GRANULE)


def points_of(blocks):
    return sorted(point for block in blocks for point in range(block.first, block.end))


@given(numbers_of_points, block_sizes)
def test_blocks_hold_every_point_once_within_their_size(n_points, size):
    blocks = missing_blocks(3, n_points, [], size)
    assert covers(n_points, blocks)
    assert points_of(blocks) == list(range(n_points))
    assert all(0 < block.n_points <= size for block in blocks)
    assert all(block.first % GRANULE == 0 for block in blocks)
    assert len(blocks) <= -(-n_points // size)
    assert {block.ion for block in blocks} == {3}


@given(numbers_of_points, block_sizes, block_sizes, st.data())
def test_what_is_staged_is_never_cut_again(n_points, before, now, data):
    """A run that was killed had cut the scan otherwise; any of its blocks may be staged."""
    cut = missing_blocks(0, n_points, [], before)
    staged = data.draw(st.sets(st.sampled_from(cut)))
    missing = missing_blocks(0, n_points, staged, now)
    assert covers(n_points, [*staged, *missing])
    assert points_of([*staged, *missing]) == list(range(n_points))
    assert all(block.first % GRANULE == 0 and block.n_points <= now for block in missing)


@pytest.mark.parametrize(
    "blocks",
    [
        [],
        [Block(0, 0, 9)],
        [Block(0, 1, 9)],
        [Block(0, 0, 5), Block(0, 4, 6)],
        [Block(0, 0, 5), Block(0, 6, 4)],
        [Block(0, 0, 11)],
    ],
)
def test_gaps_overlaps_and_other_lengths_are_noticed(blocks):
    assert not covers(10, blocks)


@given(st.floats(0, 1e4), st.floats(1e-7, 10))
def test_a_block_takes_as_long_as_it_should_or_is_one_granule(seconds, point_s):
    points = points_in(seconds, point_s)
    assert points % GRANULE == 0
    assert points == GRANULE or points * point_s <= seconds * (1 + 1e-9)
    assert (points + GRANULE) * point_s > seconds * (1 - 1e-9)


@given(st.lists(st.floats(0, 20), min_size=1, max_size=500), st.floats(0.1, 10))
def test_bundles_take_everything_in_order_within_the_budget(seconds, budget):
    waiting, bundles = deque(enumerate(seconds)), []
    while waiting:
        bundles.append(take_bundle(waiting, lambda item: item[1], budget))
    assert [item for bundle in bundles for item in bundle] == list(enumerate(seconds))
    for bundle in bundles:
        assert len(bundle) <= LARGEST_BUNDLE
        assert len(bundle) == 1 or sum(item[1] for item in bundle) <= budget


@given(st.floats(0, 1e6), st.floats(0, 1e6), st.integers(1, 64))
def test_tasks_get_shorter_as_the_work_runs_out(more, less, workers):
    more, less = max(more, less), min(more, less)
    assert 5 <= task_seconds(less, workers, 45, 5) <= task_seconds(more, workers, 45, 5) <= 45
