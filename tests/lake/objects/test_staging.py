"""Staged energies in a store."""

import numpy as np
import pytest

from ionlake.errors import LakeError
from ionlake.lake.location import lake_root
from ionlake.lake.staging import read_block, remove_staging, write_block
from tests.lake.objects.conftest import names_in, store


def test_energies_come_back_as_they_were_written(url):
    energies = np.arange(10_000, dtype=np.float64) / 7
    energies[::5] = np.nan
    write_block(lake_root(url) / "block", energies)
    assert np.array_equal(read_block(lake_root(url) / "block", 10_000), energies, equal_nan=True)


def test_a_block_that_is_missing_short_or_damaged_is_no_block(url):
    path = lake_root(url) / "block"
    with pytest.raises(LakeError, match=r"cannot be read.*compute the block again"):
        read_block(path, 10)
    write_block(path, np.arange(5000.0))
    with pytest.raises(LakeError, match="hold 5000 numbers, expected 10"):
        read_block(path, 10)
    store().rm_file(f"{url}/block/c/1")
    with pytest.raises(LakeError, match="hold 4096 numbers, expected 5000"):
        read_block(path, 5000)
    content = store().cat_file(f"{url}/block/c/0")
    store().pipe_file(f"{url}/block/c/0", content[:-1] + b"?")
    with pytest.raises(LakeError, match="cannot be read"):
        read_block(path, 5000)


def test_staging_is_removed_whole_and_removing_nothing_is_fine(url):
    folder = lake_root(url) / "staging"
    for number in range(3):
        write_block(folder / f"block-{number}", np.arange(3.0))
    remove_staging(folder)
    remove_staging(folder)
    assert names_in(url) == []
