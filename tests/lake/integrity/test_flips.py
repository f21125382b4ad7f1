"""Single flipped bits anywhere in grids and releases, each of which must be reported."""

import random

import pytest

from ionlake.lake.integrity.findings import Kind
from ionlake.lake.integrity.verify import Depth, verify_lake

DAMAGE = {Kind.GRID_DAMAGED, Kind.RELEASE_DAMAGED}


def damageable(layout):
    """Every file of grids and releases, each with a fair share of the flips."""
    return sorted(
        p for p in (*layout.root.glob("grids/**/*"), *layout.releases.iterdir()) if p.is_file()
    )


def flip(path, bit):
    with path.open("r+b") as file:
        file.seek(bit // 8)
        (byte,) = file.read(1)
        file.seek(bit // 8)
        file.write(bytes([byte ^ (1 << bit % 8)]))


@pytest.mark.parametrize(
    "count", [40, pytest.param(200, marks=pytest.mark.benchmark)], ids="{} flips".format
)
def test_every_flipped_bit_is_reported(layout, count):
    chosen = random.Random(count)
    files = damageable(layout)
    assert len(files) == 20
    missed = []
    for number in range(count):
        path = files[number % len(files)]
        bit = chosen.randrange(8 * path.stat().st_size)
        flip(path, bit)
        report = verify_lake(layout, Depth(deep=True))
        where = {found.where for found in report.findings if found.kind in DAMAGE}
        named = any(layout.relative(path).startswith(each) for each in where)
        if report.clean or not named:
            missed.append((path.name, bit))
        flip(path, bit)
    assert missed == []
    assert verify_lake(layout, Depth(deep=True)).findings == ()
