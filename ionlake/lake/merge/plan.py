"""What one lake takes over from another. Pure: it looks at keys, not at files.

A lake takes over what it lacks, as a run adds what is missing: it never takes anything out. Of two
rows of one material the later one counts. Scans and descriptors have names that say all that their
numbers depend on, so those that are there already stay.
"""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import Final

from ionlake.descriptors.keys import DESCRIPTOR_VERSION
from ionlake.descriptors.pathways import PATHWAY_VERSION
from ionlake.errors import LakeError
from ionlake.lake.merge.holdings import HeldFailure, Holdings
from ionlake.pes.identity import SCAN_VERSION
from ionlake.transport.versions import MD_VERSION

_SHOWN: Final = 3


class MergeRefusedError(LakeError):
    """A lake that cannot be joined with another; nothing was taken over from it."""


@dataclass(frozen=True)
class MergePlan:
    """What is taken over.

    Attributes:
        materials: Materials that are new, or whose row is newer.
        buried: Those of them that are gone where they come from.
        structures: Structures that are new.
        scans: Scans that are new, with their grids.
        descriptions: Descriptors that are new, of these scans or of scans with the same grid.
        md_runs: Runs of dynamics that are new, with their trajectories.
        conductivities: Fits to runs of dynamics that are new.
        labels: Labels that are new.
        waiting: Runs that are new, of which it is noted what they had to do.
        settled: Runs here of which that is not noted any more there, for a later one has looked.
    """

    materials: tuple[str, ...]
    buried: tuple[str, ...]
    structures: tuple[str, ...]
    scans: tuple[str, ...]
    descriptions: tuple[str, ...]
    md_runs: tuple[str, ...]
    conductivities: tuple[str, ...]
    labels: tuple[tuple[str, str], ...]
    waiting: tuple[str, ...]
    settled: tuple[str, ...]


def plan_merge(source: Holdings, target: Holdings) -> MergePlan:
    """Work out what a lake takes over from another one.

    Args:
        source: The other one.
        target: The lake.

    Raises:
        MergeRefusedError: Other versions of ionlake's algorithms made the source, or both lakes
            have a material of one name with structures that have nothing to do with each other.
    """
    _require_versions(source)
    _require_same_materials(source, target)
    materials = tuple(name for name in source.materials if _is_newer(name, source, target))
    scans = tuple(
        name
        for name, scan in source.scans.items()
        if scan.version == SCAN_VERSION and name not in target.scans
    )
    return MergePlan(
        materials=materials,
        buried=tuple(name for name in materials if source.materials[name].gone),
        structures=tuple(sorted(source.structures - target.structures)),
        scans=scans,
        descriptions=tuple(_descriptions(source, target, frozenset(scans))),
        md_runs=tuple(
            name
            for name, version in source.md_runs.items()
            if version == MD_VERSION and name not in target.md_runs
        ),
        conductivities=tuple(sorted(source.conductivities - target.conductivities)),
        labels=tuple(sorted(source.labels - target.labels)),
        waiting=tuple(sorted(source.waiting - target.runs)),
        settled=tuple(sorted((target.waiting & source.runs) - source.waiting)),
    )


def standing_failures(source: Holdings, target: Holdings) -> list[str]:
    """Failures of a source that still stand once everything else was taken over.

    Args:
        source: The lake they come from.
        target: The lake that has taken over from it.
    """
    return [
        name
        for name, failure in source.failures.items()
        if _stands(failure, target)
        and (name not in target.failures or target.failures[name].failed_at < failure.failed_at)
    ]


def _require_versions(source: Holdings) -> None:
    """Refuse a lake whose present results come from other versions of the algorithms.

    What newer results have replaced does not count, and is not taken over.
    """
    present = {each.structure_id for each in source.materials.values() if not each.gone}
    scans = {name: each for name, each in source.scans.items() if each.structure_id in present}
    described = [each for each in source.descriptions.values() if each.scan_id in scans]
    traced = [each for each in described if each.pathways is not None]
    made_by = (
        ("scans", SCAN_VERSION, [(each.subject, each.version) for each in scans.values()]),
        ("descriptors", DESCRIPTOR_VERSION, [(each.scan_id, each.version) for each in described]),
        ("paths", PATHWAY_VERSION, [(each.scan_id, each.pathways or 0) for each in traced]),
    )
    for what, expected, found in made_by:
        newest: dict[Hashable, int] = {}
        for subject, version in found:
            newest[subject] = max(version, newest.get(subject, version))
        other = set(newest.values()) - {expected}
        if other:
            raise _other_version(what, min(other), expected)


def _other_version(what: str, found: int, expected: int) -> MergeRefusedError:
    command = "trace" if what == "paths" else "update"
    return MergeRefusedError(
        f"its {what} were made by version {found} of their algorithm, this ionlake has version"
        f" {expected}: run ionlake {command} on it with the newer ionlake, and merge with that one"
    )


def _require_same_materials(source: Holdings, target: Holdings) -> None:
    """Refuse a lake in which names stand for other crystals; a change that is known is none."""
    conflicts = [
        name
        for name, theirs in source.materials.items()
        if name in target.materials
        and theirs.structure_id != target.materials[name].structure_id
        and not _knows(source, target, name)
        and not _knows(target, source, name)
    ]
    if conflicts:
        shown = ", ".join(sorted(conflicts)[:_SHOWN])
        more = f" and {len(conflicts) - _SHOWN} more" if len(conflicts) > _SHOWN else ""
        raise MergeRefusedError(
            f"{shown}{more} have other structures there than here, and neither lake knows of a"
            " change: name the materials apart in their sources, or bring both lakes up to date"
            " with one source"
        )


def _knows(one: Holdings, other: Holdings, material_id: str) -> bool:
    """Whether a lake once had the structure that a material has in the other."""
    return other.materials[material_id].structure_id in one.former.get(material_id, ())


def _is_newer(material_id: str, source: Holdings, target: Holdings) -> bool:
    """Whether the row of a material is new, or newer than the lake's own."""
    theirs, ours = source.materials[material_id], target.materials.get(material_id)
    if ours is None:
        return True
    if theirs.gone or ours.gone:
        return False
    changed_here, changed_there = (
        _knows(target, source, material_id),
        _knows(source, target, material_id),
    )
    if theirs.structure_id != ours.structure_id and changed_here != changed_there:
        return changed_there
    return theirs.run_id > ours.run_id


def _descriptions(source: Holdings, target: Holdings, scans: frozenset[str]) -> Iterator[str]:
    for name, each in source.descriptions.items():
        if each.version != DESCRIPTOR_VERSION or name in target.descriptions:
            continue
        ours, theirs = target.scans.get(each.scan_id), source.scans.get(each.scan_id)
        same_grid = ours is not None and theirs is not None and ours.digest == theirs.digest
        if each.scan_id in scans or same_grid:
            yield name


def _stands(failure: HeldFailure, target: Holdings) -> bool:
    """Whether nothing that a lake holds makes a failure obsolete."""
    if failure.inputs_id in target.scans or failure.inputs_id in target.descriptions:
        return False
    material = target.materials.get(failure.material_id)
    if material is None:
        return True
    if failure.structure_id is None:
        return failure.run_id > material.run_id
    return failure.structure_id == material.structure_id
