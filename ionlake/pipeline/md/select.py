"""From a release to the materials that are run: the best by Ξ, and others by lot."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from ionlake.errors import SettingsError
from ionlake.lake.reader import ReleaseReader
from ionlake.pipeline.md.recipe import MdSelection
from ionlake.pipeline.rows import structure_of
from ionlake.structures.record import StructureRecord

Row = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Selected:
    """A material that is run.

    Attributes:
        material_id: The material; of several with one structure the first.
        structure: Its crystal.
        why: ``top``, ``random`` or ``named``.
        xi: Its Ξ, None if it is not ranked.
    """

    material_id: str
    structure: StructureRecord
    why: str
    xi: float | None


def select_materials(
    release: ReleaseReader, selection: MdSelection, mobile_species: str, potential_id: str
) -> list[Selected]:
    """The materials that a recipe asks for: named ones, then the best, then those by lot.

    Args:
        release: An open release.
        selection: What is asked for.
        mobile_species: Element that moves.
        potential_id: Identity of the potential of the dynamics.

    Raises:
        QueryError: The condition is no SQL.
        SettingsError: Nothing fits, or a named material is not there.
    """
    named = _named(release, selection.material_ids)
    taken = {row["structure_id"] for row in named}
    ranked = _ranked(release, selection, mobile_species, potential_id)
    ranked = [row for row in ranked if row["structure_id"] not in taken]
    top, others = ranked[: selection.top], ranked[selection.top :]
    lot = draw(sorted(row["material_id"] for row in others), selection.random, selection.seed)
    drawn = [row for row in others if row["material_id"] in lot]
    chosen = [
        (row, why)
        for rows, why in ((named, "named"), (top, "top"), (drawn, "random"))
        for row in rows
    ]
    if not chosen:
        raise SettingsError(
            f"no material of release {release.info.number} fits the selection (mobile species "
            f"{mobile_species}, grid_protocol {selection.grid_protocol}, potential "
            f"{selection.potential or potential_id}, where {selection.where}): ask for top, random "
            "or material_ids, or run a scan recipe first"
        )
    structures = _structures(release, {row["structure_id"] for row, _ in chosen})
    return [
        Selected(row["material_id"], structures[row["structure_id"]], why, row["Xi"])
        for row, why in chosen
    ]


def draw(names: Sequence[str], count: int, seed: int) -> frozenset[str]:
    """Some names by lot, the same ones for the same names and seed.

    Args:
        names: All names, sorted.
        count: How many; all if there are fewer.
        seed: Of the lot.
    """
    order = np.random.default_rng(seed).permutation(len(names))
    return frozenset(names[index] for index in order[:count])


_AS_GIVEN: Final = "scan_protocol = 'frozen_framework'"
_IMAGE_SAFE: Final = "scan_id IN (SELECT scan_id FROM rankings_image_safe)"


def _ranked(
    release: ReleaseReader, selection: MdSelection, mobile_species: str, potential_id: str
) -> list[Row]:
    scans = _IMAGE_SAFE if selection.image_safe else _AS_GIVEN
    query = (
        "SELECT material_id, structure_id, Xi FROM candidates"  # noqa: S608 - a recipe's own words
        f" WHERE Xi IS NOT NULL AND {scans} AND mobile_species = ? AND grid_protocol = ?"
        f" AND ? IN (potential, potential_id) AND ({selection.where})"
        " QUALIFY row_number() OVER (PARTITION BY structure_id ORDER BY Xi DESC, material_id) = 1"
        " ORDER BY Xi DESC, material_id"
    )
    potential = selection.potential or potential_id
    return release.rows(query, [mobile_species, selection.grid_protocol, potential])


def _named(release: ReleaseReader, names: Sequence[str]) -> list[Row]:
    query = (
        "SELECT material_id, structure_id, NULL::DOUBLE AS Xi FROM materials"
        " WHERE list_contains(?, material_id)"
        " QUALIFY row_number() OVER (PARTITION BY structure_id ORDER BY material_id) = 1"
        " ORDER BY material_id"
    )
    known = (
        {
            row["material_id"]
            for row in release.rows(
                "SELECT material_id FROM materials WHERE list_contains(?, material_id)",
                [list(names)],
            )
        }
        if names
        else set()
    )
    unknown = [name for name in names if name not in known]
    if unknown:
        raise SettingsError(
            f"release {release.info.number} has no material {', '.join(unknown)}: correct "
            "material_ids, or run a recipe that brings it first"
        )
    return release.rows(query, [list(names)]) if names else []


def _structures(release: ReleaseReader, wanted: set[str]) -> dict[str, StructureRecord]:
    rows = release.rows(
        "SELECT structure_id, cell_ang, atomic_numbers, fractional_positions FROM structures"
        " WHERE list_contains(?, structure_id)",
        [sorted(wanted)],
    )
    return {row["structure_id"]: structure_of(row) for row in rows}
