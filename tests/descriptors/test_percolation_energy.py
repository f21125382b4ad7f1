import numpy as np
import pytest

from ionlake.descriptors.percolation_energy import ROBUST_QUANTILES, mpe, mpe_robust


def levels_with_faces(lowest):
    levels = np.full((5, 7, 9), 4.0)
    levels[2, 3, 4] = 0.0
    for axis, end, level in lowest:
        point = [2, 3, 4]
        point[axis] = end
        levels[tuple(point)] = level
    return levels


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("end", [0, -1])
def test_mpe_sees_each_face(axis, end):
    assert mpe(levels_with_faces([(axis, end, 1.25)])) == 1.25
    assert mpe_robust(levels_with_faces([(axis, end, 1.25)]), 9.0, [0.0]) == (1.25,)


def test_mpe_is_the_lowest_face_and_not_the_lowest_point():
    assert mpe(levels_with_faces([(0, 0, 2.0), (2, -1, 1.5)])) == 1.5
    assert mpe(levels_with_faces([])) == 4.0


def test_mpe_has_no_cap():
    assert mpe(np.full((3, 3, 3), 11.5)) == 11.5


def test_quantiles_are_interpolated_on_each_face_and_the_lowest_face_counts():
    levels = np.random.default_rng(2).random((5, 7, 9)) * 5.0
    faces = [levels[0], levels[-1], levels[:, 0], levels[:, -1], levels[..., 0], levels[..., -1]]
    expected = [min(np.quantile(face, p, method="linear") for face in faces) for p in (0.03, 0.1)]
    assert mpe_robust(levels, 9.0, (0.03, 0.1)) == pytest.approx(expected)
    assert len(mpe_robust(levels, 9.0)) == len(ROBUST_QUANTILES)


def test_quantiles_see_the_highest_energy_above_six():
    face = np.full((3, 3, 3), 6.5)
    face[:, :, 0] = 1.0
    assert mpe_robust(np.full((3, 3, 3), 6.5), 9.0, [0.5]) == (9.0,)
    levels = np.full((3, 3, 3), 7.0)
    levels[0, 0, :] = 2.0
    assert mpe_robust(levels, 10.0, [0.3125]) == pytest.approx((2.0 + 0.5 * 8.0,))
