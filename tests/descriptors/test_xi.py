import math

import pytest

from ionlake.descriptors.xi import xi


def formula(connected, disconnected):
    def soft_step(x):
        return 1.0 / (1.0 + math.exp(-x))

    return soft_step(10.0 * (math.log10(connected) + 2.0)) * soft_step(
        10.0 * (math.log10(disconnected) + 1.15)
    )


@pytest.mark.parametrize("connected", [1e-4, 0.009, 0.01, 0.057, 0.3])
@pytest.mark.parametrize("disconnected", [1e-3, 0.07, 0.115, 0.9])
def test_equals_the_formula(connected, disconnected):
    assert xi(connected, disconnected) == pytest.approx(formula(connected, disconnected), rel=1e-12)


def test_half_steps():
    assert xi(10.0**-2.0, 1e9) == pytest.approx(0.5)
    assert xi(1e9, 10.0**-1.15) == pytest.approx(0.5)


def test_no_volume_no_score():
    assert xi(0.0, 0.5) == 0.0
    assert xi(0.5, 0.0) == 0.0
    assert xi(0.0, 0.0) == 0.0
    assert xi(1e-300, 1e-300) == 0.0
