"""A crystal, its moving ion, and the points at which evaluators compete."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matscipy.neighbours import neighbour_list

from ionlake.pes.exclusion import contact_distances
from ionlake.pes.grid import grid_fractional
from ionlake.pes.plan import orbit_points, plan_scan
from ionlake.pes.settings import ScanSettings
from ionlake.structures.record import StructureRecord
from ionlake.structures.sources.bundled import bundled_ids, load_bundled
from ionlake.structures.sources.parsing import read_structure

NO_SYMMETRY = ScanSettings(symmetry="none")
CLOSEST = 4
_NEAR_ANG = 3.0


@dataclass(frozen=True, eq=False)
class Case:
    """A crystal by name; its first lithium moves."""

    name: str
    structure: StructureRecord

    @property
    def site(self):
        """Index of the moving ion."""
        return int(self.structure.mobile_sites("Li")[0])

    def pairs(self, cutoff_ang):
        """Directed pairs of atoms within the cut-off, images counted one by one."""
        cell, fractional = self.structure.cell, self.structure.fractional_positions
        ends = neighbour_list(
            "i", cutoff=cutoff_ang, positions=fractional @ cell, cell=cell, pbc=np.ones(3, bool)
        )
        return len(ends)

    def contacts(self):
        """Allowed grid points, flat, and their distances to the nearest atom, inf if it is far."""
        plan = plan_scan(self.structure, NO_SYMMETRY)
        _, framework = plan.framework(0)
        distances = contact_distances(self.structure.cell, framework, plan.shape, _NEAR_ANG)
        allowed = orbit_points(plan, 0).evaluated
        return plan.shape, allowed, distances.reshape(-1)[allowed]

    def points(self, count):
        """The allowed points of closest contact and random others; fractional, and that contact."""
        shape, allowed, distances = self.contacts()
        closest = np.argsort(distances, kind="stable")[:CLOSEST]
        others = np.random.default_rng(0).permutation(np.setdiff1d(range(len(allowed)), closest))
        chosen = np.concatenate([closest, others])[:count]
        return grid_fractional(shape, allowed[chosen]), float(distances.min())


def load_cases(crystals, files=()):
    """Bundled crystals by id, then crystals in files, named after them."""
    unknown = sorted(set(crystals) - set(bundled_ids()))
    if unknown:
        raise SystemExit(f"no bundled crystal {', '.join(unknown)}: use {', '.join(bundled_ids())}")
    named = [Case(each, load_bundled(each)) for each in crystals]
    return named + [Case(Path(each).stem, read_structure(Path(each))) for each in files]


def supercell(case, repeats):
    """The same crystal in a larger cell."""
    atoms = case.structure.to_ase().repeat(repeats)
    name = "×".join(map(str, repeats))
    return Case(f"{case.name} {name}", StructureRecord.from_ase(atoms))
