"""Joining lakes: one writer takes over from the others and publishes one release."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from ionlake import __version__
from ionlake.catalog.publish import publish
from ionlake.errors import LakeError, SettingsError
from ionlake.lake import schema
from ionlake.lake.layout import LakeLayout
from ionlake.lake.ledger import Ledger, new_run_id
from ionlake.lake.lock import LakeLockedError
from ionlake.lake.marker import find_lake, require_current_format
from ionlake.lake.merge.plan import MergeRefusedError
from ionlake.lake.merge.take import Taken, take_over
from ionlake.lake.progress import Progress, unfollowed
from ionlake.lake.release import current_release
from ionlake.lake.writer import LakeWriter, open_writer


@dataclass(frozen=True)
class Refused:
    """A lake from which nothing was taken over.

    Attributes:
        lake: Its folder or URL.
        reason: Why.
        locked: Whether it is because a process writes to it.
    """

    lake: str
    reason: str
    locked: bool


@dataclass(frozen=True)
class Merge:
    """What became of some lakes.

    Attributes:
        lake: The lake that took over from them.
        taken: What it took over, lake by lake.
        refused: Lakes from which it took nothing.
        release: Number of its current release, None where there is none yet.
        interrupted: Whether it was stopped from outside; the same again goes on.
    """

    lake: str
    taken: tuple[Taken, ...]
    refused: tuple[Refused, ...]
    release: int | None
    interrupted: bool = False

    @property
    def complete(self) -> bool:
        """Whether all of all lakes is here now."""
        return not (self.interrupted or self.refused or any(each.damaged for each in self.taken))


def merge(lakes: Sequence[str | Path], path: str | Path, progress: Progress = unfollowed) -> Merge:
    """Take over what some lakes have and one lacks; the others stay as they are.

    A lake that is being written, or cannot be joined, is passed over, and so is a grid that is
    damaged; the others go on. Nothing is ever taken out. The same again does nothing.

    Args:
        lakes: Folders or URLs of lakes of the current format.
        path: The lake that takes over from them; made where there is nothing yet.
        progress: Who follows.

    Raises:
        SettingsError: A lake would take over from itself.
        LakeError: One of them is no lake or has an older format, or the lake that takes over has
            another writer or cannot be written; what was taken over by then stands.
    """
    sources = list(dict.fromkeys(_source(each) for each in lakes))
    taken: list[Taken] = []
    refused: list[Refused] = []
    with open_writer(path, create=True) as writer:
        _require_others(sources, writer)
        before = writer.ledger.revision
        interrupted = _take_all(writer, sources, taken, refused, progress)
        if writer.ledger.revision != before:
            _note(writer.ledger, sources, taken)
        publish(writer.layout, writer.ledger)
        release = current_release(writer.layout)
    return Merge(
        str(path),
        tuple(taken),
        tuple(refused),
        None if release is None else release.number,
        interrupted,
    )


def _take_all(
    writer: LakeWriter,
    sources: Iterable[LakeLayout],
    taken: list[Taken],
    refused: list[Refused],
    progress: Progress,
) -> bool:
    """Take over from one lake after the other; returns whether it was interrupted."""
    try:
        for layout in sources:
            try:
                taken.append(take_over(writer, layout, progress))
            except (LakeLockedError, MergeRefusedError) as error:
                locked = isinstance(error, LakeLockedError)
                refused.append(Refused(str(layout.root), str(error), locked))
    except KeyboardInterrupt:
        return True
    except LakeError:
        with suppress(LakeError, OSError):
            publish(writer.layout, writer.ledger)
        raise
    return False


def _source(lake: str | Path) -> LakeLayout:
    layout = find_lake(lake)
    require_current_format(layout)
    return layout


def _require_others(sources: Iterable[LakeLayout], writer: LakeWriter) -> None:
    for layout in sources:
        if layout.root == writer.layout.root:
            raise SettingsError(
                f"{layout.root} cannot take over from itself: name another lake with --lake"
            )


def _note(ledger: Ledger, sources: Sequence[LakeLayout], taken: Sequence[Taken]) -> None:
    """Note the merge as a run that computed nothing."""
    run_id = new_run_id()
    settings = {
        "lakes": [str(layout.root) for layout in sources],
        "taken": [asdict(each) for each in taken],
    }
    with ledger.together():
        ledger.start_run(run_id, schema.MERGE, settings, {"ionlake": __version__})
        ledger.finish_run(
            run_id,
            materials_read=sum(each.materials for each in taken),
            materials_computed=0,
            materials_reused=0,
            materials_failed=sum(each.failures for each in taken),
            energies_evaluated=0,
        )
