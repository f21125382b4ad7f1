"""Bringing files and rows of one lake into another: files first, then the rows that count them."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Final

from ionlake.errors import LakeError, SourceError
from ionlake.lake import schema
from ionlake.lake.copying import DamagedFolderError, copy_folder
from ionlake.lake.layout import LakeLayout, new_attempt
from ionlake.lake.ledger import Ledger
from ionlake.lake.merge.holdings import Holdings
from ionlake.lake.merge.plan import MergePlan
from ionlake.lake.objects import read_through
from ionlake.lake.progress import Progress, followed
from ionlake.lake.rows import Row
from ionlake.lake.summaries import read_answers
from ionlake.lake.writer import LakeWriter
from ionlake.structures.sources.kept_summaries import read_packed, write_packed

_TOGETHER: Final = 100
"""Scans that are committed at once."""


@dataclass
class Merging:
    """One lake that is being taken over by another, and the tally of it.

    Attributes:
        writer: The lake that takes over, open for writing.
        layout: Paths of the other one.
        ledger: Its ledger, open for reading.
        progress: Who follows.
        scans: Scans that were taken over.
        linked: Folders that are hard links and take no space.
        descriptions: Descriptors that were taken over.
        md_runs: Runs of dynamics that were taken over.
        summaries: Kept answers of databases that were taken over.
        damaged: What is wrong with files that were left out.
    """

    writer: LakeWriter
    layout: LakeLayout
    ledger: Ledger
    progress: Progress
    scans: int = 0
    linked: int = 0
    descriptions: int = 0
    md_runs: int = 0
    summaries: int = 0
    damaged: list[str] = field(default_factory=list)

    def take_materials(self, plan: MergePlan) -> None:
        """Take over materials with all that is said of them, in one transaction."""
        into, found = self.writer.ledger, self.ledger
        with into.together():
            structures = [self._row(schema.STRUCTURES, name) for name in plan.structures]
            into.take_rows(schema.STRUCTURES, structures)
            into.put_materials(self._pair(name) for name in plan.materials)
            for name in plan.materials:
                ids = found.rows(schema.EXTERNAL_IDS, material_id=name)
                into.put_external_ids({name: [(i["database"], i["external_id"]) for i in ids]})
                former = found.rows(schema.FORMER_STRUCTURES, material_id=name)
                into.take_rows(schema.FORMER_STRUCTURES, former)
            tombstones = [self._row(schema.TOMBSTONES, name) for name in plan.buried]
            into.take_rows(schema.TOMBSTONES, tombstones)
            into.take_rows(schema.SELECTIONS, found.rows(schema.SELECTIONS))

    def take_scans(self, plan: MergePlan, source: Holdings) -> None:
        """Take over grids and descriptors, some at a time."""
        described: dict[str, list[str]] = {scan_id: [] for scan_id in plan.scans}
        for name in plan.descriptions:
            described.setdefault(source.descriptions[name].scan_id, []).append(name)
        what = f"scans of {self.layout.root.name}"
        ready = self._with_grids(followed(self.progress, what, list(described)), plan)
        while some := list(islice(ready, _TOGETHER)):
            with self.writer.ledger.together():
                for scan_id, scan in some:
                    self._commit(scan_id, scan, described[scan_id])

    def take_dynamics(self, plan: MergePlan) -> None:
        """Take over trajectories with what they say, one by one."""
        into, found = self.writer.ledger, self.ledger
        what = f"trajectories of {self.layout.root.name}"
        for md_run_id in followed(self.progress, what, plan.md_runs):
            row = self._row(schema.MD_RUNS, md_run_id)
            target = self.writer.layout.trajectory(md_run_id, new_attempt())
            if self._bring(row["trajectory_path"], target, row["trajectory_sha256"]):
                path = self.writer.layout.relative(target)
                with into.together():
                    into.take_rows(schema.MD_RUNS, [row | {"trajectory_path": path}])
                    diffusivities = found.rows(schema.DIFFUSIVITIES, md_run_id=md_run_id)
                    into.take_rows(schema.DIFFUSIVITIES, diffusivities)
                self.md_runs += 1
        here = {name for (name,) in into.columns(schema.DIFFUSIVITIES, "diffusivity_id")}
        fits = [self._row(schema.CONDUCTIVITIES, name) for name in plan.conductivities]
        complete = [row for row in fits if here.issuperset(row["diffusivity_ids"])]
        into.take_rows(schema.CONDUCTIVITIES, complete)

    def take_the_rest(self, plan: MergePlan, failures: Iterable[str]) -> None:
        """Take over labels, what failed and how runs went, in one transaction."""
        into = self.writer.ledger
        with into.together():
            into.take_rows(schema.LABELS, [self._row(schema.LABELS, *key) for key in plan.labels])
            into.take_rows(schema.FAILURES, [self._row(schema.FAILURES, key) for key in failures])
            into.take_rows(schema.RUNS, self.ledger.rows(schema.RUNS))
            for run_id in plan.settled:
                into.forget_to_do(run_id)
            for run_id in plan.waiting:
                into.take_rows(schema.TO_DO, self.ledger.rows(schema.TO_DO, run_id=run_id))

    def take_summaries(self) -> None:
        """Take over the newest answers of databases, unless those that are here are as new."""
        ours, theirs = read_answers(self.writer.layout), read_answers(self.layout)
        here = {question: ours.came[path] for question, path in ours.newest.items()}
        self.damaged += theirs.damaged
        for question, path in theirs.newest.items():
            if here.get(question, "") < theirs.came[path]:
                self.summaries += self._copy_summaries(path)

    def _with_grids(
        self, scan_ids: Iterable[str], plan: MergePlan
    ) -> Iterator[tuple[str, Row | None]]:
        """Scans whose grids are here now, with their rows where these are new."""
        new, layout = frozenset(plan.scans), self.writer.layout
        for scan_id in scan_ids:
            if scan_id not in new:
                yield scan_id, None
                continue
            row = self._row(schema.SCANS, scan_id)
            target = layout.grid(scan_id, new_attempt())
            if self._bring(row["grid_path"], target, row["grid_sha256"]):
                yield scan_id, row | {"grid_path": layout.relative(target)}

    def _commit(self, scan_id: str, scan: Row | None, descriptions: Iterable[str]) -> None:
        into, found = self.writer.ledger, self.ledger
        if scan is not None:
            into.commit_scan(scan)
            into.put_grid_chunks(scan_id, found.rows(schema.GRID_CHUNKS, scan_id=scan_id))
            self.scans += 1
        for name in descriptions:
            into.commit_descriptors(
                self._row(schema.DESCRIPTOR_VALUES, name),
                found.rows(schema.MOBILE_IONS, descriptor_id=name),
                found.rows(schema.PATHWAYS, descriptor_id=name),
            )
            self.descriptions += 1

    def _bring(self, relative: str, target: Path, digest: str | None) -> bool:
        """Copy or link a folder; False, and a note, if it is damaged."""
        try:
            with _writing(target):
                self.linked += copy_folder(self.layout.resolve(relative), target, digest)
        except DamagedFolderError as error:
            self.damaged.append(str(error))
            return False
        return True

    def _copy_summaries(self, relative: str) -> bool:
        """Copy an answer of a database to the same place; False, and a note, if it is damaged."""
        source, target = self.layout.resolve(relative), self.writer.layout.resolve(relative)
        try:
            with read_through(source):
                content = read_packed(source)
        except SourceError as error:
            self.damaged.append(str(error))
            return False
        with _writing(target), read_through(target):
            write_packed(target, content)
        return True

    def _pair(self, material_id: str) -> tuple[Row, Row]:
        """The rows of a material and of its structure; the latter stays as this lake has it."""
        material = self._row(schema.MATERIALS, material_id)
        structure = self.writer.ledger.row(schema.STRUCTURES, material["structure_id"])
        return material, structure or self._row(schema.STRUCTURES, material["structure_id"])

    def _row(self, table: schema.Table, *key: str) -> dict[str, Any]:
        """A row that the other lake is known to have."""
        row = self.ledger.row(table, *key)
        if row is None:
            raise LakeError(
                f"table {table.name} of the lake {self.layout.root} lacks the row {', '.join(key)}"
                " that others refer to: run ionlake verify on it"
            )
        return row


@contextmanager
def _writing(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise LakeError(
            f"{target} cannot be written ({error.strerror}): check space and permissions and merge"
            " again; what was taken over stands"
        ) from error
