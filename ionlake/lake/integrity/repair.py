"""Mending what a check has found, without deleting anything.

What nobody reads goes to the trash; a scan whose grid is lost or damaged is withdrawn, so that the
next run computes it again; CURRENT is pointed at a good release. A file that a release names stays
where it is.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

from ionlake import __version__
from ionlake.lake.atomic import replace_text
from ionlake.lake.files import move
from ionlake.lake.integrity.findings import Finding, Kind
from ionlake.lake.integrity.listing import release_sizes
from ionlake.lake.layout import LakeLayout
from ionlake.lake.ledger import new_run_id
from ionlake.lake.release import publish_release
from ionlake.lake.writer import LakeWriter

RECIPE: Final = "ionlake repair"
"""Under this name repairs stand in the table runs."""

_RELEASE_PROBLEMS: Final = (Kind.RELEASE_DAMAGED, Kind.SCHEMA_DIFFERS)


class Verb(StrEnum):
    """What is done, in the order in which it is done."""

    WITHDRAW_SCAN = "withdraw_scan"
    WITHDRAW_DESCRIPTORS = "withdraw_descriptors"
    FORGET_STAGED = "forget_staged"
    WITHDRAW_MD_RUN = "withdraw_md_run"
    POINT_CURRENT = "point_current"
    MOVE_TO_TRASH = "move_to_trash"
    PUBLISH = "publish"


@dataclass(frozen=True)
class Deed:
    """One step of a repair.

    Attributes:
        verb: What is done.
        where: File or folder that it is done to, relative to the lake; of `Verb.POINT_CURRENT` the
            release that is named from now on.
        why: What was found.
        scan_id: The scan or the run of dynamics it concerns, None where it concerns none.
    """

    verb: Verb
    where: str
    why: str
    scan_id: str | None = None


def plan_repair(findings: Iterable[Finding], releases: Iterable[str]) -> tuple[Deed, ...]:
    """What to do about findings, each deed once, in order.

    Args:
        findings: What a check found.
        releases: Files of all releases, relative to the lake.
    """
    findings = tuple(findings)
    bad = {found.where for found in findings if found.kind in _RELEASE_PROBLEMS}
    good = [path for path in sorted(releases) if path not in bad]
    deeds = [deed for found in findings for deed in _deeds(found, good)]
    order = list(Verb)
    return tuple(sorted(dict.fromkeys(deeds), key=lambda deed: order.index(deed.verb)))


def repair_lake(writer: LakeWriter, deeds: Sequence[Deed]) -> str | None:
    """Carry out a repair; it is noted as a run named `RECIPE`.

    Args:
        writer: The lake, open for writing.
        deeds: From `plan_repair`.

    Returns:
        The trash folder, relative to the lake; None if nothing was moved.

    Raises:
        LakeError: The ledger or a release cannot be written, or a store refuses.
        OSError: A file cannot be moved.
    """
    layout = writer.layout
    trash = layout.trash / f"{datetime.now(UTC):%Y%m%dT%H%M%S.%f}"
    _change_rows(writer, deeds)
    for deed in deeds:
        if deed.verb is Verb.POINT_CURRENT:
            replace_text(layout.current, deed.where.removeprefix("releases/") + "\n")
        elif deed.verb is Verb.MOVE_TO_TRASH:
            move(layout.resolve(deed.where), trash / deed.where)
        elif deed.verb is Verb.PUBLISH:
            publish_release(layout, writer.ledger)
    moved = any(deed.verb is Verb.MOVE_TO_TRASH for deed in deeds)
    return layout.relative(trash) if moved else None


def release_files(layout: LakeLayout) -> list[str]:
    """Files of all releases, relative to the lake."""
    return [layout.relative(layout.release(number)) for number in release_sizes(layout)]


def _deeds(found: Finding, good: Sequence[str]) -> list[Deed]:
    if found.kind is Kind.CURRENT_BROKEN:
        pointed = Deed(Verb.POINT_CURRENT, good[-1], found.what) if good else None
        return [pointed or Deed(Verb.PUBLISH, "CURRENT", found.what)]
    moved = Deed(Verb.MOVE_TO_TRASH, found.where, found.what)
    if found.kind in _ASIDE:
        return [moved]
    verb = _WITHDRAWN.get(found.kind)
    if verb is None or not found.in_ledger:
        return []
    withdrawn = Deed(verb, found.where, found.what, found.scan_id)
    aside = found.kind in _DAMAGED and not found.releases
    return [withdrawn, moved] if aside else [withdrawn]


_ASIDE: Final = (Kind.ORPHAN, *_RELEASE_PROBLEMS)
_DAMAGED: Final = (Kind.GRID_DAMAGED, Kind.GRID_DIFFERS, Kind.TRAJECTORY_DAMAGED)
_WITHDRAWN: Final = {
    Kind.GRID_LOST: Verb.WITHDRAW_SCAN,
    Kind.GRID_DAMAGED: Verb.WITHDRAW_SCAN,
    Kind.GRID_DIFFERS: Verb.WITHDRAW_SCAN,
    Kind.DESCRIPTORS_DIFFER: Verb.WITHDRAW_DESCRIPTORS,
    Kind.STAGED_LOST: Verb.FORGET_STAGED,
    Kind.TRAJECTORY_LOST: Verb.WITHDRAW_MD_RUN,
    Kind.TRAJECTORY_DAMAGED: Verb.WITHDRAW_MD_RUN,
}


def _change_rows(writer: LakeWriter, deeds: Sequence[Deed]) -> None:
    """Change the ledger and note the whole repair in it, in one transaction."""
    ledger, run_id = writer.ledger, new_run_id()
    settings: dict[str, Any] = {"deeds": [asdict(deed) for deed in deeds]}
    with ledger.together():
        ledger.start_run(run_id, RECIPE, settings, {"ionlake": __version__})
        for deed in deeds:
            if deed.scan_id is None:
                continue
            if deed.verb is Verb.FORGET_STAGED:
                ledger.forget_blocks(deed.scan_id)
            elif deed.verb is Verb.WITHDRAW_MD_RUN:
                ledger.withdraw_md_run(deed.scan_id)
            else:
                only = deed.verb is Verb.WITHDRAW_DESCRIPTORS
                ledger.withdraw(deed.scan_id, descriptors_only=only)
        ledger.finish_run(
            run_id,
            materials_read=0,
            materials_computed=0,
            materials_reused=0,
            materials_failed=0,
            energies_evaluated=0,
        )
