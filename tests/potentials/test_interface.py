"""What identifies a potential, and what it refuses."""

import json
from dataclasses import replace

import numpy as np
import pytest

from ionlake.errors import PotentialError
from ionlake.potentials.analytic import CosineLandscape
from ionlake.potentials.interface import (
    OffersScanEvaluator,
    Potential,
    PotentialCard,
    as_batch,
    require_elements,
)

CARD = PotentialCard(
    name="net",
    dtype="float32",
    cutoff_ang=5.0,
    atomic_numbers=frozenset({3, 8}),
    parity=False,
    checkpoint_sha256="ab" * 32,
    modality="PBE",
)
FITTED = replace(CARD, checkpoint_sha256=None, modality=None, parameters={"a": 1.0, "b": [1, 2]})


@pytest.mark.parametrize(
    "changes",
    [
        {"checkpoint_sha256": "cd" * 32},
        {"checkpoint_sha256": None},
        {"modality": "R2SCAN"},
        {"modality": None},
        {"dtype": "float64"},
    ],
)
def test_another_network_has_another_identity(changes):
    assert replace(CARD, **changes).potential_id != CARD.potential_id


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "other"},
        {"parameters": {"a": 1.0, "b": [2, 1]}},
        {"parameters": {"a": 1.0 + 1e-15, "b": [1, 2]}},
        {"parameters": None},
        {"dtype": "float64"},
    ],
)
def test_other_parameters_make_another_identity(changes):
    assert replace(FITTED, **changes).potential_id != FITTED.potential_id


def test_identity_does_not_depend_on_what_leaves_the_energies_alone():
    assert replace(CARD).potential_id == CARD.potential_id
    assert replace(CARD, name="copy of net").potential_id == CARD.potential_id
    reordered = replace(FITTED, parameters={"b": (1, 2), "a": np.float64(1.0)})
    assert reordered.potential_id == FITTED.potential_id
    assert len(CARD.potential_id) == 32


def test_parameters_become_plain_data():
    odd = {"matrix": np.eye(2), "count": np.int64(3), "pair": (1, 2), 7: None}
    card = replace(FITTED, parameters=odd)
    assert card.parameters == {
        "matrix": [[1.0, 0.0], [0.0, 1.0]],
        "count": 3,
        "pair": [1, 2],
        "7": None,
    }
    assert json.loads(json.dumps(card.parameters, allow_nan=False)) == card.parameters


def test_later_changes_of_the_given_parameters_do_not_reach_the_card():
    given = {"a": [1.0]}
    card = replace(FITTED, parameters=given)
    given["a"].append(2.0)
    assert card.parameters == {"a": [1.0]}


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), object(), {1, 2}, np.array([np.nan])])
def test_parameters_that_cannot_be_stored_are_refused(bad):
    with pytest.raises(PotentialError, match=r"parameters of the potential net are no plain data"):
        replace(FITTED, parameters={"a": bad})


def test_unknown_elements_are_named():
    require_elements(CARD, np.array([3, 8, 8]))
    require_elements(replace(CARD, atomic_numbers=None), np.array([92]))
    with pytest.raises(PotentialError, match=r"net does not know P, U \(it knows 2 elements\)"):
        require_elements(CARD, np.array([92, 3, 15, 92]))


@pytest.mark.parametrize("shape", [(3,), (2, 3), (4, 3, 3), (4, 2, 2), (4, 2, 3, 1)])
def test_batches_of_another_shape_are_refused(shape):
    with pytest.raises(PotentialError, match=r"expected \(n_configurations, 2, 3\)"):
        as_batch(np.zeros(shape), 2)


def test_batches_become_float64():
    assert as_batch(np.zeros((0, 2, 3), dtype=np.float32), 2).dtype == np.float64
    assert as_batch([[[0, 0, 0], [1, 1, 1]]], 2).shape == (1, 2, 3)


def test_the_analytic_landscape_is_a_potential_without_a_scan_evaluator():
    assert isinstance(CosineLandscape(), Potential)
    assert not isinstance(CosineLandscape(), OffersScanEvaluator)


def test_a_scan_evaluator_comes_with_a_reference():
    class Incomplete(CosineLandscape):
        scan_evaluator_name = "quick-1"

        def scan_evaluator(self, cell, numbers, fractional, site):
            raise NotImplementedError

    class Complete(Incomplete):
        def reference(self):
            return CosineLandscape()

    assert not isinstance(Incomplete(), OffersScanEvaluator)
    assert isinstance(Complete(), OffersScanEvaluator)


def test_cosine_landscape_in_closed_form():
    landscape = CosineLandscape(
        mobile=11, amplitudes_ev=(0.4, 0.7), harmonics=((1, 0, 0), (0, 1, 2))
    )
    cell = np.array([[3.0, 0.0, 0.0], [1.0, 4.0, 0.0], [0.0, -1.0, 5.0]])
    framework, mobile = np.array([[0.1, 0.2, 0.3], [0.6, 0.9, 0.5]]), np.array([0.7, 0.45, 0.25])
    expected = sum(
        amplitude * (1 + np.cos(2 * np.pi * np.dot(harmonic, mobile - atom))) / 2
        for atom in framework
        for amplitude, harmonic in zip((0.4, 0.7), ((1, 0, 0), (0, 1, 2)), strict=True)
    )
    positions = np.array([framework[0], mobile, framework[1]]) @ cell
    energies = landscape.energies(cell, np.array([8, 11, 8]), np.array([positions, positions + 2]))
    np.testing.assert_allclose(energies, expected, rtol=0, atol=1e-12)


def test_default_landscape_has_its_barriers():
    path = np.array([[0.5, 0.5, 0.5], [0.0, 0.5, 0.5], [0.0, 0.0, 0.5], [0.0, 0.0, 0.0]])
    frames = np.stack([np.zeros_like(path), path], axis=1)
    energies = CosineLandscape(amplitudes_ev=(0.1, 0.2, 0.4)).energies(
        np.eye(3), np.array([8, 3]), frames
    )
    np.testing.assert_allclose(energies, [0.0, 0.1, 0.3, 0.7], atol=1e-12)


def test_every_harmonic_needs_its_amplitude():
    with pytest.raises(PotentialError, match="2 amplitudes for 3 harmonics"):
        CosineLandscape(amplitudes_ev=(0.1, 0.2))


@pytest.mark.parametrize(
    "changes", [{"mobile": 11}, {"amplitudes_ev": (0.3, 0.3, 0.4)}, {"harmonics": ((1, 1, 0),) * 3}]
)
def test_landscapes_differ_by_their_parameters(changes):
    assert CosineLandscape(**changes).card.potential_id != CosineLandscape().card.potential_id
    assert CosineLandscape(**changes).card.potential_id == (
        CosineLandscape(**changes).card.potential_id
    )
