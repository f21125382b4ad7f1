"""Judging every descriptor of a lake by its labels, and keeping the verdicts in the lake."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from ionlake import __version__
from ionlake.catalog.publish import publish
from ionlake.errors import LakeError
from ionlake.geometry import FloatArray
from ionlake.lake import schema
from ionlake.lake.marker import find_lake
from ionlake.lake.progress import Progress, followed, unfollowed
from ionlake.lake.reader import ReleaseReader
from ionlake.lake.writer import open_writer
from ionlake.pipeline.bench import Labelled, Pool, descriptor_values, read_labels, read_pools
from ionlake.pipeline.labels import label_sets
from ionlake.ranking.bootstrap import N_RESAMPLES, SEED, multiplicities
from ionlake.ranking.classes import Classified
from ionlake.ranking.evaluate import Evaluation, evaluate
from ionlake.ranking.predictors import Predictor, predictors

Row = dict[str, Any]


@dataclass(frozen=True)
class Draws:
    """How resamples are drawn.

    Attributes:
        n_resamples: Their number.
        seed: Seed of the draws.
    """

    n_resamples: int = N_RESAMPLES
    seed: int = SEED

    def multiplicities(self, n_rows: int) -> FloatArray:
        """How often each row is drawn, shape (n_resamples + 1, n_rows)."""
        return multiplicities(n_rows, self.n_resamples, self.seed)


@dataclass(frozen=True)
class Verdict:
    """One descriptor judged.

    Attributes:
        predictor: The descriptor.
        values: Its values in the labelled rows, NaN where there are none.
        evaluation: Its scores.
    """

    predictor: Predictor
    values: FloatArray
    evaluation: Evaluation


@dataclass(frozen=True)
class Trial:
    """Every descriptor of one pool judged by one set of labels.

    Attributes:
        labelled: The labelled rows whose materials are in the pool.
        pool: The pool.
        classified: Classes of the rows.
        verdicts: One per descriptor.
    """

    labelled: Labelled
    pool: Pool
    classified: Classified
    verdicts: tuple[Verdict, ...]


@dataclass(frozen=True)
class Trials:
    """All trials on one release.

    Attributes:
        release: Number of the release.
        trials: The trials.
        stored: Number of the release that shows them; None where nothing was stored or changed.
    """

    release: int
    trials: tuple[Trial, ...]
    stored: int | None = None


def evaluate_lake(
    path: str | Path,
    label_set: str | None = None,
    *,
    draws: Draws | None = None,
    progress: Progress = unfollowed,
) -> Trials:
    """Judge every descriptor by every set of labels and publish the result, as the lake's writer.

    Args:
        path: Folder of the lake.
        label_set: Only by this set.
        draws: How resamples are drawn.
        progress: Who follows.

    Raises:
        LakeError: No lake, another format, another writer, no labels, or none of a scanned
            material.
    """
    draws = draws or Draws()
    with open_writer(path) as writer:
        publish(writer.layout, writer.ledger)
        with closing(ReleaseReader.open(writer.layout)) as release:
            trials = judge(release, label_set, draws, progress)
            number = release.info.number
        rows = [row for trial in trials for row in evaluation_rows(trial, draws, number)]
        sets = label_sets(writer.ledger) if label_set is None else {label_set}
        writer.ledger.put_evaluations(sets, rows)
        info = publish(writer.layout, writer.ledger)
    return Trials(number, trials, None if info is None else info.number)


def evaluate_release(
    path: str | Path,
    label_set: str | None = None,
    *,
    number: int | None = None,
    draws: Draws | None = None,
    progress: Progress = unfollowed,
) -> Trials:
    """Judge every descriptor of a release and store nothing.

    Args:
        path: Folder of the lake.
        label_set: Only by this set.
        number: Number of the release, by default the current one.
        draws: How resamples are drawn.
        progress: Who follows.

    Raises:
        LakeError: No lake, no such release, no labels in it, or none of a scanned material.
    """
    with closing(ReleaseReader.open(find_lake(path), number)) as release:
        trials = judge(release, label_set, draws or Draws(), progress)
        return Trials(release.info.number, trials)


def judge(
    release: ReleaseReader, label_set: str | None, draws: Draws, progress: Progress = unfollowed
) -> tuple[Trial, ...]:
    """Judge every descriptor of a release by its labels.

    Args:
        release: The release, open.
        label_set: Only by this set.
        draws: How resamples are drawn.
        progress: Who follows.

    Raises:
        LakeError: There are no labels, or none of a material that is described.
    """
    labelled = read_labels(release, label_set)
    names = [name for each in labelled for name in each.material_ids]
    pools = read_pools(release, names)
    pairs = [(each.within(pool), pool) for each in labelled for pool in pools]
    pairs = [(each, pool) for each, pool in pairs if each.rows]
    if not pairs:
        raise LakeError(
            f"no material that is described in release {release.info.number} has a label: scan"
            " labelled materials, or run ionlake labels match after the lake grew"
        )
    return tuple(_trial(each, pool, draws) for each, pool in followed(progress, "trials", pairs))


def _trial(labelled: Labelled, pool: Pool, draws: Draws) -> Trial:
    classified = labelled.classified(pool)
    drawn = draws.multiplicities(len(labelled.rows))
    rows, verdicts = pool.rows(labelled.material_ids), []
    for predictor in predictors():
        values = descriptor_values(rows, predictor)
        found = evaluate(values, classified, drawn, ascending=predictor.ascending)
        verdicts.append(Verdict(predictor, values, found))
    return Trial(labelled, pool, classified, tuple(verdicts))


def evaluation_rows(trial: Trial, draws: Draws, release: int) -> Iterator[Row]:
    """Rows for ``evaluations``, one per descriptor and metric.

    Args:
        trial: The trial.
        draws: How its resamples were drawn.
        release: Number of the release it was made on.
    """
    judged = {
        "label_set": trial.labelled.label_set,
        "classes": str(trial.labelled.definition),
        **trial.pool.settings,
        "n_resamples": draws.n_resamples,
        "seed": draws.seed,
    }
    labels = _label_digest(trial.labelled)
    for verdict in trial.verdicts:
        evaluation, predictor = verdict.evaluation, verdict.predictor
        inputs = sha256(labels.encode() + verdict.values.tobytes()).hexdigest()[:32]
        for score in evaluation.scores:
            identity = {**judged, "descriptor": predictor.name, "metric": score.metric}
            yield {
                **identity,
                "evaluation_id": _hash(identity),
                "threshold_ev": predictor.threshold_ev,
                "value": score.interval.value,
                "value_q16": score.interval.q16,
                "value_q50": score.interval.q50,
                "value_q84": score.interval.q84,
                "random_value": score.random_value,
                "perfect_value": score.perfect_value,
                **vars(evaluation.counts),
                "note": evaluation.note,
                "inputs_id": inputs,
                "ionlake_version": __version__,
                "release": release,
            }


def _label_digest(labelled: Labelled) -> str:
    names = [name for name in schema.LABELS.column_names if name not in _UNUSED]
    return _hash([[row[name] for name in names] for row in labelled.rows])


_UNUSED = frozenset(
    {
        *("matched_by", "match_reason", "match_rms", "note", "doi", "source", "licence"),
        *("structure_note", "cell_ang", "atomic_numbers", "fractional_positions"),
    }
)


def _hash(value: Mapping[str, Any] | Sequence[Any]) -> str:
    return sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:32]
