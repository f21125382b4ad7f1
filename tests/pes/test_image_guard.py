"""Scans of supercells: the same landscape where images do not matter, only the ions that differ."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

import ionlake
from ionlake.geometry import lattice_shifts, shortest_lattice_vector
from ionlake.pes.image_guard import settings_for
from ionlake.pes.plan import plan_scan
from ionlake.pes.scan import scan_structure
from ionlake.pes.settings import ScanSettings
from ionlake.potentials.interface import PotentialCard, as_batch
from ionlake.structures.record import StructureRecord
from ionlake.structures.sources.bundled import load_bundled
from tests.reference.landscapes import TRICLINIC
from tests.reference.potentials import PairPotential

COARSE = ScanSettings(spacing_ang=0.8)
GUARDED = replace(COARSE, min_image_distance_ang=5.0)


@dataclass(frozen=True)
class FrameworkOnly:
    """Each Li feels the other atoms alone: it notices neither another Li nor its own images."""

    cutoff: float = 3.5
    height_ev: float = 4.0

    @property
    def card(self):
        return PotentialCard("framework", "float64", self.cutoff, None, parity=True, parameters={})

    def energies(self, cell, numbers, positions):
        fractional = as_batch(positions, len(numbers)) @ np.linalg.inv(cell)
        moving = np.asarray(numbers) == 3
        difference = fractional[:, moving, None, :] - fractional[:, None, ~moving, :]
        difference -= np.round(difference)
        total = np.zeros(len(fractional))
        for shift in lattice_shifts(cell, self.cutoff, difference=0.5):
            squared = (((difference + shift) @ cell) ** 2).sum(axis=-1)
            near = np.clip(1.0 - squared / self.cutoff**2, 0.0, None) ** 3
            total += self.height_ev * near.sum(axis=(1, 2))
        return total


def test_without_an_interaction_of_images_a_supercell_has_the_landscape_of_its_cell():
    crystal = StructureRecord(
        TRICLINIC, np.array([3, 8, 9]), np.array([[0.52, 0.47, 0.51], [0, 0, 0], [0.1, 0, 0.45]])
    )
    # With next to no exclusion, the other Li close no path.
    settings = ScanSettings(spacing_ang=0.5, exclusion_radius_ang=0.02)
    plain = scan_structure(crystal, settings, FrameworkOnly())
    guard = replace(settings, min_image_distance_ang=5.0)
    guarded = scan_structure(crystal, guard, FrameworkOnly())
    repeats = guarded.attrs["repeats"]
    n_cells = int(np.prod(repeats))
    assert n_cells > 1
    for ion in range(n_cells):
        tiled = np.tile(plain.energy[0].to_numpy(), repeats)
        np.testing.assert_allclose(guarded.energy[ion].to_numpy(), tiled, atol=1e-5)
    one, other = ionlake.describe(plain), ionlake.describe(guarded)
    kinds = ("_union", "_disconnected_rel")
    same = [name for name in one if name.startswith("fv_") and name.endswith(kinds)]
    same += [f"percolation_barrier_{d}d_ev" for d in (1, 2, 3)]
    assert 0.1 < one["percolation_barrier_1d_ev"] < 4
    for name in same:
        assert other[name] == pytest.approx(one[name], abs=2e-5), name
    assert other["Xi"] == pytest.approx(one["Xi"], rel=1e-3)


@pytest.mark.parametrize("grid", ["commensurate", "paper"])
@pytest.mark.parametrize("material", ["LiF-225", "Li2O-225", "Li3N-191", "LiCoO2-166"])
def test_ions_that_translations_map_onto_each_other_share_one_scan(material, grid):
    crystal = load_bundled(material)
    settings = replace(GUARDED, grid=grid, symmetry="proper")
    plain = plan_scan(crystal, replace(settings, min_image_distance_ang=None))
    plan = plan_scan(crystal, settings)
    assert (
        shortest_lattice_vector(plan.structure.cell) >= 5.0 > shortest_lattice_vector(crystal.cell)
    )
    assert plan.shape == tuple(np.array(plain.shape) * plan.repeats)
    assert len(plan.orbits) <= len(plain.sites)
    of_site = {}
    for number, orbit in enumerate(plan.orbits):
        for ion in (orbit.ion, *(ion for ion, _ in orbit.copies)):
            of_site.setdefault(plan.sites[ion] % crystal.n_sites, set()).add(number)
    assert sorted(of_site) == plain.sites.tolist()
    assert all(len(orbits) == 1 for orbits in of_site.values())


def test_the_copies_of_a_supercell_are_what_a_full_scan_gives():
    crystal, potential = load_bundled("LiF-225"), PairPotential(cutoff=4.0)
    reduced = scan_structure(crystal, GUARDED, potential)
    full = scan_structure(crystal, replace(GUARDED, symmetry="none"), potential)
    np.testing.assert_allclose(reduced.energy, full.energy, atol=1e-5)
    assert reduced.attrs["symmetry"]["points_evaluated"] < full.attrs["symmetry"][
        "points_evaluated"
    ] / (2 * full.sizes["mobile_ion"])


def test_a_cell_that_keeps_its_images_apart_has_the_plain_scan():
    crystal, potential = load_bundled("Li3N-191"), PairPotential()
    distance = shortest_lattice_vector(crystal.cell)
    enough = replace(COARSE, min_image_distance_ang=distance)
    assert settings_for(crystal.cell, enough) == COARSE
    plain = scan_structure(crystal, COARSE, potential)
    assert scan_structure(crystal, enough, potential).attrs == plain.attrs
    more = replace(COARSE, min_image_distance_ang=distance + 0.01)
    assert settings_for(crystal.cell, more) == more


def test_a_grid_names_the_crystal_and_says_how_it_was_repeated():
    crystal = load_bundled("LiF-225")
    grid = scan_structure(crystal, GUARDED, PairPotential())
    attributes = grid.attrs
    assert attributes["structure_id"] == crystal.structure_id
    assert attributes["scan_protocol"] == "frozen_framework_supercell-5"
    assert attributes["image_guard_ang"] == 5.0
    assert attributes["repeats"] == [2, 2, 2]
    np.testing.assert_array_equal(np.array(attributes["cell"]), 2 * crystal.cell)
    assert attributes["min_image_distance_ang"] == shortest_lattice_vector(2 * crystal.cell)
    plain = scan_structure(crystal, COARSE, PairPotential()).attrs
    assert (plain["repeats"], plain["image_guard_ang"]) == ([1, 1, 1], None)
    assert plain["scan_id"] != attributes["scan_id"]
    assert plain["structure_id"] == attributes["structure_id"]


@pytest.mark.model
def test_rocksalt_lithium_iodide_loses_its_place():
    crystal = load_bundled("LiI-225")
    plain = ionlake.scan(crystal, accuracy="screen")
    guarded = ionlake.scan(crystal, accuracy="screen", min_image_distance_ang=5.0)
    assert ionlake.describe(plain)["Xi"] > 0.85
    assert ionlake.describe(guarded)["Xi"] < 0.3
