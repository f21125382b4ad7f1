import numpy as np
import pytest

from ionlake.errors import GridError, LakeError
from ionlake.lake.staging import CHUNK, read_block, remove_staging, write_block

ENERGIES = np.random.default_rng(0).random(2 * CHUNK + 5) - 1000.0


def test_energies_come_back_exactly(tmp_path):
    write_block(tmp_path / "scan" / "block-0-0-1", ENERGIES)
    read = read_block(tmp_path / "scan" / "block-0-0-1", ENERGIES.size)
    assert read.dtype == np.float64
    np.testing.assert_array_equal(read, ENERGIES)


@pytest.mark.parametrize(
    "energies",
    [
        ENERGIES.astype("f4"),
        ENERGIES.reshape(1, -1),
        np.array([1.0, np.inf]),
        np.array([np.nan, np.nan]),
    ],
)
def test_only_rows_of_doubles_are_staged(tmp_path, energies):
    with pytest.raises(GridError, match="expected float64 numbers of shape"):
        write_block(tmp_path / "block", energies)


def test_what_was_skipped_is_told_from_what_was_lost(tmp_path):
    some = np.where(np.arange(ENERGIES.size) % 3 == 0, np.nan, ENERGIES)
    write_block(tmp_path / "block", some)
    np.testing.assert_array_equal(read_block(tmp_path / "block", some.size), some)
    (tmp_path / "block" / "c" / "1").unlink()
    with pytest.raises(LakeError, match=f"hold {CHUNK + 5} numbers, expected {some.size}"):
        read_block(tmp_path / "block", some.size)


def test_a_lost_chunk_is_not_taken_for_energies(tmp_path):
    write_block(tmp_path / "block", ENERGIES)
    (tmp_path / "block" / "c" / "1").unlink()
    with pytest.raises(LakeError, match=f"hold {CHUNK + 5} numbers, expected {ENERGIES.size}"):
        read_block(tmp_path / "block", ENERGIES.size)


def test_the_ledger_says_how_many_there_must_be(tmp_path):
    write_block(tmp_path / "block", ENERGIES)
    with pytest.raises(LakeError, match="compute the block again"):
        read_block(tmp_path / "block", ENERGIES.size + 1)
    with pytest.raises(LakeError, match="compute the block again"):
        read_block(tmp_path / "nothing", 1)


def test_a_flipped_bit_is_found(tmp_path):
    write_block(tmp_path / "block", ENERGIES)
    chunk = tmp_path / "block" / "c" / "0"
    data = bytearray(chunk.read_bytes())
    data[100] ^= 4
    chunk.write_bytes(data)
    with pytest.raises(LakeError, match="compute the block again"):
        read_block(tmp_path / "block", ENERGIES.size)


def test_staging_is_removed_as_a_whole(tmp_path):
    write_block(tmp_path / "scan" / "block-0-0-1", ENERGIES)
    remove_staging(tmp_path / "scan")
    assert not (tmp_path / "scan").exists()
    remove_staging(tmp_path / "scan")
