"""The collapsed operator against plain SevenNet in float64, and its parts against each other."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import torch

from ionlake.errors import PotentialError
from ionlake.geometry import minimum_image_distances
from ionlake.pes.evaluator import BatchedEvaluator, evaluator_name
from ionlake.potentials.frozen_lattice.evaluator import even_slices
from ionlake.potentials.frozen_lattice.lanes import LANES
from ionlake.potentials.frozen_lattice.layer import apply_gate, mix
from ionlake.potentials.frozen_lattice.neighbours import fixed_pairs
from ionlake.potentials.frozen_lattice.pairs import (
    DensePairs,
    ListedPairs,
    PairBlocks,
    network_patterns,
)
from ionlake.potentials.frozen_lattice.radial import Nodes, hermite_weights, radial_weights
from ionlake.potentials.load import load_potential
from ionlake.structures.record import StructureRecord
from ionlake.structures.sources.bundled import load_bundled

pytestmark = pytest.mark.model

NETWORKS = ("sevennet-0", "7net-l3i5", "7net-mf-0@PBE", "7net-mf-0@R2SCAN")


@pytest.fixture(autouse=True)
def _one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@cache
def loaded(name="sevennet-0", dtype="float32"):
    return load_potential(name, device="cpu", dtype=dtype)


def collapsed(record, site=0, name="sevennet-0", dtype="float32"):
    return loaded(name, dtype).scan_evaluator(
        record.cell, record.atomic_numbers, record.fractional_positions, site
    )


def allowed(record, site, count, seed=0):
    """Random points at least 1.2 Å from the other atoms, the closest contact first."""
    points = np.random.default_rng(seed).uniform(-0.5, 1.5, (400, 3))
    others = np.delete(record.fractional_positions, site, axis=0)
    nearest = minimum_image_distances(points, others, record.cell).min(axis=1)
    order = np.argsort(nearest)
    order = order[nearest[order] >= 1.2]
    return points[np.concatenate([order[:1], order[1:][:: max(1, len(order) // count)]])]


def plain(record, site, points, name="sevennet-0"):
    return BatchedEvaluator(loaded(name).reference(), record, site).energies(points)


def skewed():
    """Li2O in a triclinic cell of the same lattice with a negative determinant."""
    record = load_bundled("Li2O-225")
    change = np.array([[1, 1, 0], [0, 1, 2], [0, 0, -1]])
    positions = record.fractional_positions @ np.linalg.inv(change)
    order = [1, 0, 2]
    return StructureRecord(change @ record.cell, record.atomic_numbers[order], positions[order])


@pytest.mark.parametrize("name", NETWORKS)
def test_energies_are_those_of_the_plain_network(name):
    record = load_bundled("Li2O-225")
    site = int(record.mobile_sites("Li")[0])
    points = np.vstack([allowed(record, site, 8), record.fractional_positions[[site]]])
    energies = collapsed(record, site, name).energies(points)
    assert energies.dtype == np.float64
    np.testing.assert_allclose(energies, plain(record, site, points, name), rtol=0, atol=1e-5)


@pytest.mark.parametrize("crystal", ["LiH-225", "Li3P-194", "LiAlO2-92"])
def test_small_dense_and_first_middle_last_sites(crystal):
    record = load_bundled(crystal)
    for site in record.mobile_sites("Li")[[0, -1]]:
        points = allowed(record, int(site), 4)
        energies = collapsed(record, int(site)).energies(points)
        expected = plain(record, int(site), points)
        np.testing.assert_allclose(energies, expected, rtol=0, atol=1e-5)


def test_in_float64_only_the_table_is_left():
    record = load_bundled("Li3P-194")
    site = int(record.mobile_sites("Li")[0])
    points = allowed(record, site, 8)
    energies = collapsed(record, site, dtype="float64").energies(points)
    np.testing.assert_allclose(energies, plain(record, site, points), rtol=0, atol=1e-6)


def test_triclinic_cell():
    record = skewed()
    site = int(record.mobile_sites("Li")[0])
    points = allowed(record, site, 8)
    energies = collapsed(record, site).energies(points)
    np.testing.assert_allclose(energies, plain(record, site, points), rtol=0, atol=1e-5)


@pytest.mark.parametrize("crystal", ["Li2O-225", "Li3P-194"])
def test_batches_do_not_matter(crystal):
    record = load_bundled(crystal)
    site = int(record.mobile_sites("Li")[0])
    evaluator, points = collapsed(record, site), allowed(record, site, 12)
    whole = evaluator.energies(points)
    single = [evaluator.energies(point[None])[0] for point in points]
    again = [evaluator.energies(point[None])[0] for point in points]
    np.testing.assert_array_equal(single, again)
    np.testing.assert_allclose(whole, single, rtol=0, atol=1e-5)
    fives = replace(evaluator, n_points=5).energies(points[::-1])[::-1]
    np.testing.assert_allclose(whole, fives, rtol=0, atol=1e-5)
    np.testing.assert_allclose(
        whole, evaluator.energies(points + np.array([1, -2, 3])), rtol=0, atol=1e-5
    )
    assert evaluator.energies(np.empty((0, 3))).shape == (0,)


def test_a_contact_closer_than_the_tables_is_refused():
    record = load_bundled("Li2O-225")
    lithium = record.mobile_sites("Li")
    with pytest.raises(PotentialError, match=r"expected at least 0\.500 Å"):
        collapsed(record, int(lithium[0])).energies(record.fractional_positions[lithium[1:]])


def test_the_evaluator_is_part_of_the_identity_and_can_be_passed_over():
    assert evaluator_name(loaded()) == "frozen-lattice-3"
    assert evaluator_name(loaded(), "batched") == "batched-1"
    assert loaded().reference().card.dtype == "float64"


def test_a_network_of_another_build_is_evaluated_in_batches(monkeypatch):
    def refuse(*_):
        raise PotentialError("built otherwise")

    monkeypatch.setattr("ionlake.potentials.frozen_lattice.network.take_apart", refuse)
    assert evaluator_name(load_potential("sevennet-0", device="cpu")) == "batched-1"


def test_radial_tables_reproduce_the_network():
    network, nodes = loaded().parts, Nodes.up_to(5.0)
    random = np.random.default_rng(0).uniform(0.9, 5.0, 200)
    distances = torch.from_numpy(np.append(random, [4.5, 5.0 - 1e-9]))
    operator = loaded(dtype="float64")._operator
    steps = (distances - nodes.first_ang) / nodes.step_ang
    node = steps.long().clamp(max=nodes.count - 2)
    weights = hermite_weights(steps - node)
    for layer, table in zip(network.layers, operator.tables, strict=True):
        exact = radial_weights(network, layer, distances).detach()
        for path, values in zip(layer.paths, table.paths, strict=True):
            found = torch.einsum(
                "ek,eku->eu", weights, torch.cat([values[node], values[node + 1]], 1)
            )
            expected = exact[:, path.weight : path.weight + path.channels]
            torch.testing.assert_close(found, expected, rtol=0, atol=2e-6)


def test_linear_maps_and_gates_are_the_modules_own():
    model, network = loaded().reference().network, loaded().parts
    layer, modules = network.layers[1], dict(model.named_children())
    linear = modules["1_self_interaction_1"].linear
    x = torch.randn(4, linear.irreps_in.dim, dtype=torch.float64)
    mixed = mix(layer.send, blocks(x, linear.irreps_in))
    for degree, expected in blocks(linear(x), linear.irreps_out).items():
        torch.testing.assert_close(mixed[degree], expected)
    gate = modules["1_equivariant_gate"].gate
    y = torch.randn(4, gate.irreps_in.dim, dtype=torch.float64)
    gated = apply_gate(layer.gate, blocks(y, gate.irreps_in))
    for degree, expected in blocks(gate(y), gate.irreps_out).items():
        torch.testing.assert_close(gated[degree], expected)


def blocks(x, irreps):
    """Features of each degree as (channels, 1, components, rows)."""
    return {
        irrep.l: x[:, where].unflatten(1, (channels, irrep.dim)).permute(1, 2, 0)[:, None]
        for (channels, irrep), where in zip(irreps, irreps.slices(), strict=True)
    }


@pytest.fixture(scope="module")
def layer_at_work():
    """A layer of the network on random features of a crystal of eight atoms."""
    record, operator = load_bundled("Li3P-194"), loaded(dtype="float64")._operator
    network, layer = operator.network, operator.network.layers[1]
    pairs = fixed_pairs(record.cell, record.fractional_positions, 0, network.cutoff_ang)
    generator = torch.Generator().manual_seed(0)
    features = {
        degree: torch.randn(
            width, record.n_sites, 2 * degree + 1, LANES, generator=generator
        ).double()
        for degree, width in ((0, 128), (1, 64), (2, 32))
    }
    return (
        record,
        operator,
        layer,
        PairBlocks.build(network, layer, pairs, record.n_sites),
        features,
    )


@pytest.mark.parametrize("senders", [range(8), [0, 3, 4, 7]])
def test_listed_and_dense_pairs_agree(layer_at_work, senders):
    record, operator, layer, pair_blocks, features = layer_at_work
    patterns = network_patterns(operator.network)
    listed = ListedPairs.build(pair_blocks, patterns, torch.float64)
    dense = DensePairs.build(pair_blocks, "cpu", torch.float64)
    some = np.array(senders)
    for index, path in enumerate(layer.paths):
        found = torch.empty(2, path.channels, record.n_sites, 2 * path.l3 + 1, LANES).double()
        sent = features[path.l1][path.source : path.source + path.channels]
        listed.among(some).path_messages(index, path, sent[:, some].contiguous(), found[0])
        others = np.setdiff1d(np.arange(record.n_sites), some)
        dense.path_messages(index, path, sent.index_fill(1, torch.from_numpy(others), 0), found[1])
        assert found[0].abs().max() > 0
        torch.testing.assert_close(found[0], found[1])
        dense.among(some).path_messages(index, path, sent[:, some].contiguous(), found[1])
        torch.testing.assert_close(found[0], found[1])


def test_tensors_and_compiled_loops_give_the_same_moving_messages(layer_at_work):
    record, _, layer, _, features = layer_at_work
    evaluator = collapsed(record, 0, dtype="float64")
    points = allowed(record, 0, LANES)[:LANES]
    pairs, moving = evaluator.neighbours.at(points), evaluator.steps[1].moving
    senders = np.append(0, pairs.atoms)
    receivers = record.n_sites - 1 - senders
    for index, path in enumerate(layer.paths):
        shape = (path.channels, record.n_sites, 2 * path.l3 + 1, LANES)
        found = [torch.zeros(shape).double() for _ in range(2)]
        sent = features[path.l1][path.source : path.source + path.channels]
        moving._add_compiled(index, path, pairs, sent, senders, found[0], receivers)
        moving._add_tensors(index, path, pairs, sent, senders, found[1], receivers)
        assert found[0].abs().max() > 0
        torch.testing.assert_close(found[0], found[1])


def test_where_the_ion_has_no_neighbours_the_first_layers_keep_the_quiet_lattice():
    """In a sparse cell the ion is alone but for its own image, and the energy is flat there."""
    record = StructureRecord(
        np.diag([4.0, 4.0, 40.0]),
        np.array([3, 9]),
        np.array([[0.0, 0.0, 0.0], [0.5, 0.5, 0.1]]),
    )
    points = np.array([[0.0, 0.0, 0.45], [0.3, 0.6, 0.6], [0.0, 0.0, 0.05]])
    energies = collapsed(record).energies(points)
    np.testing.assert_allclose(energies, plain(record, 0, points), rtol=0, atol=1e-5)
    alone = collapsed(record).energies(points[:2])
    assert alone[0] == alone[1]
    np.testing.assert_allclose(alone, energies[:2], rtol=0, atol=1e-5)


def test_batches_are_even_and_within_the_budget():
    assert even_slices(0, 5) == []
    assert even_slices(11, 5) == [slice(0, 4), slice(4, 7), slice(7, 11)]
    small, large = (collapsed(load_bundled(name)) for name in ("LiH-225", "LiFePO4-62"))
    assert small.n_points > large.n_points >= LANES
    assert large.n_points % LANES == 0
