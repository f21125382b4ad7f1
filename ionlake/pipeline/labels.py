"""Taking conductivities into a lake and finding the materials they belong to."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ionlake.catalog.publish import publish
from ionlake.errors import LakeError
from ionlake.labels.csv_file import read_csv
from ionlake.labels.matching import Candidate, Match, Matcher, Wanted
from ionlake.labels.obelix import read_obelix
from ionlake.labels.record import Label
from ionlake.lake import schema
from ionlake.lake.ledger import Ledger
from ionlake.lake.marker import find_lake
from ionlake.lake.progress import Progress, followed, unfollowed
from ionlake.lake.release import ReleaseInfo
from ionlake.lake.writer import open_writer
from ionlake.structures.record import StructureRecord

Key = tuple[str, str]
Row = dict[str, Any]


@dataclass(frozen=True)
class LabelReport:
    """What an import or a matching did.

    Attributes:
        rows: Rows that were read or looked at.
        new: Rows that were not there before.
        corrected: Rows that replaced a former one.
        unchanged: Rows that stood there already.
        censored: Rows whose conductivity is an upper bound.
        matched: Number of rows by the way in which they found their material.
        unmatched: Number of rows that belong to no material.
        rematched: Rows that belong elsewhere than before.
        reasons: Why rows belong to none, by row as (label set, row key, reason).
        release: Number of the release that was published, None if nothing changed.
    """

    rows: int
    new: int
    corrected: int
    unchanged: int
    censored: int
    matched: Mapping[str, int]
    unmatched: int
    rematched: int
    reasons: tuple[tuple[str, str, str], ...]
    release: int | None


def import_csv(path: str | Path, file: Path, *, progress: Progress = unfollowed) -> LabelReport:
    """Take a table of conductivities into a lake; the same table again changes nothing.

    Args:
        path: Folder of the lake.
        file: The table, as `ionlake.labels.csv_file.read_csv` describes it.
        progress: Who follows the matching.

    Raises:
        SourceError: The table cannot be read.
        LabelError: Rows of it are wrong; then none is taken over.
        LakeError: No lake, another format, or another writer.
    """
    return _import(path, lambda: read_csv(file), progress)


def import_obelix(
    path: str | Path, folder: Path | None = None, *, progress: Progress = unfollowed
) -> LabelReport:
    """Take the measured conductivities of OBELiX into a lake.

    Args:
        path: Folder of the lake.
        folder: Its data, as `ionlake.labels.obelix.read_obelix` describes it.
        progress: Who follows the matching.

    Raises:
        MissingExtraError: The package is not installed.
        SourceError: Its data cannot be fetched or read.
        LakeError: No lake, another format, or another writer.
    """
    return _import(path, lambda: read_obelix(folder), progress)


def match_labels(
    path: str | Path, label_set: str | None = None, *, progress: Progress = unfollowed
) -> LabelReport:
    """Find the materials of all labels again, as after the lake grew.

    Args:
        path: Folder of the lake.
        label_set: Only of this set.
        progress: Who follows the matching.

    Raises:
        LakeError: No lake, another format, another writer, or no such labels.
    """
    with open_writer(path) as writer:
        rows = labels_of(writer.ledger, label_set)
        rematched = _match(writer.ledger, rows, progress)
        release = publish(writer.layout, writer.ledger)
        after = labels_of(writer.ledger, label_set)
    return _report(after, (0, 0, len(rows)), rematched, release)


def labels_of(ledger: Ledger, label_set: str | None = None) -> list[Row]:
    """Rows of ``labels``, of one set or of all.

    Raises:
        LakeError: There are none.
    """
    where = {} if label_set is None else {"label_set": label_set}
    rows = list(ledger.rows(schema.LABELS, **where))
    if not rows:
        raise LakeError(nothing_labelled(label_set, label_sets(ledger)))
    return rows


def label_sets(ledger: Ledger) -> set[str]:
    """Names of all sets of labels."""
    return {row["label_set"] for row in ledger.rows(schema.LABELS)}


def nothing_labelled(label_set: str | None, known: Iterable[str]) -> str:
    """The message where there are no labels, or none of a set."""
    sets = ", ".join(sorted(known))
    if label_set is None or not sets:
        return "the lake has no labels: import some with ionlake labels import FILE.csv"
    return f"the lake has no labels of set {label_set!r}: its sets are {sets}"


def label_row(label: Label) -> Row:
    """Row of ``labels``, not matched yet."""
    crystal = label.structure
    copied = {
        name: getattr(label, name)
        for name in schema.LABELS.column_names
        if name not in schema.MATCH_COLUMNS and hasattr(label, name)
    }
    return {
        **dict.fromkeys(schema.MATCH_COLUMNS),
        **copied,
        "stated_material_id": label.material_id,
        "cell_ang": None if crystal is None else crystal.cell.ravel().tolist(),
        "atomic_numbers": None if crystal is None else crystal.atomic_numbers.tolist(),
        "fractional_positions": (
            None if crystal is None else crystal.fractional_positions.ravel().tolist()
        ),
    }


def structure_from_row(row: Mapping[str, Any]) -> StructureRecord | None:
    """The crystal in a row of ``labels`` or ``structures``."""
    if row["cell_ang"] is None:
        return None
    return StructureRecord(
        np.reshape(row["cell_ang"], (3, 3)),
        np.asarray(row["atomic_numbers"], dtype=np.int64),
        np.reshape(row["fractional_positions"], (-1, 3)),
    )


def _import(
    path: str | Path, read: Callable[[], Sequence[Label]], progress: Progress
) -> LabelReport:
    find_lake(path)
    labels = read()
    with open_writer(path) as writer:
        taken = writer.ledger.put_labels(label_row(label) for label in labels)
        keys = {(label.label_set, label.row_key) for label in labels}
        changed = {*taken.new, *taken.corrected}
        rematched = _match(writer.ledger, _rows(writer.ledger, changed), progress)
        release = publish(writer.layout, writer.ledger)
        after = _rows(writer.ledger, keys)
    counts = (len(taken.new), len(taken.corrected), len(taken.unchanged))
    return _report(after, counts, rematched, release)


def _match(ledger: Ledger, rows: Sequence[Row], progress: Progress) -> int:
    if not rows:
        return 0
    matcher = Matcher(_candidates(ledger), lambda name: _structure(ledger, name))
    return ledger.put_matches(
        {
            (row["label_set"], row["row_key"]): _match_columns(matcher.match(_wanted(row)))
            for row in followed(progress, "labels", rows)
        }
    )


def _wanted(row: Mapping[str, Any]) -> Wanted:
    return Wanted(
        row["stated_material_id"],
        row["icsd_id"],
        row["formula"],
        structure_from_row(row),
        row["structure_note"],
    )


def _match_columns(match: Match) -> dict[str, Any]:
    return {
        "material_id": match.material_id,
        "matched_by": None if match.matched_by is None else str(match.matched_by),
        "match_reason": match.reason,
        "match_rms": match.rms,
    }


def _candidates(ledger: Ledger) -> tuple[Candidate, ...]:
    icsd: dict[str, set[str]] = {}
    for row in ledger.rows(schema.EXTERNAL_IDS, database="icsd"):
        icsd.setdefault(row["material_id"], set()).add(row["external_id"])
    return tuple(
        Candidate(
            row["material_id"],
            row["formula"],
            row["structure_id"],
            row["energy_above_hull_ev_per_atom"],
            frozenset(icsd.get(row["material_id"], ())),
        )
        for row in ledger.rows(schema.MATERIALS)
    )


def _structure(ledger: Ledger, structure_id: str) -> StructureRecord:
    row = ledger.row(schema.STRUCTURES, structure_id)
    structure = None if row is None else structure_from_row(row)
    if structure is None:
        raise LakeError(
            f"the ledger has no structure {structure_id}, which a material names: the lake is"
            " damaged, restore it from a copy"
        )
    return structure


def _rows(ledger: Ledger, keys: Iterable[Key]) -> list[Row]:
    rows = (ledger.row(schema.LABELS, *key) for key in sorted(keys))
    return [row for row in rows if row is not None]


def _report(
    rows: Sequence[Row], counts: tuple[int, int, int], rematched: int, release: ReleaseInfo | None
) -> LabelReport:
    ways = Counter(row["matched_by"] for row in rows if row["material_id"] is not None)
    lost = [row for row in rows if row["material_id"] is None]
    new, corrected, unchanged = counts
    return LabelReport(
        rows=len(rows),
        new=new,
        corrected=corrected,
        unchanged=unchanged,
        censored=sum(row["censored"] for row in rows),
        matched=dict(sorted(ways.items())),
        unmatched=len(lost),
        rematched=rematched,
        reasons=tuple((r["label_set"], r["row_key"], r["match_reason"] or "") for r in lost),
        release=None if release is None else release.number,
    )
