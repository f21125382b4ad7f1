"""One set of labels, two sides: two potentials of a release, or two releases of a lake."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ionlake.errors import SettingsError
from ionlake.lake.marker import find_lake
from ionlake.lake.reader import ReleaseReader
from ionlake.pipeline.bench import Labelled, Pool, descriptor_values, read_labels, read_pools
from ionlake.pipeline.evaluation import Draws
from ionlake.ranking.classes import Definition
from ionlake.ranking.evaluate import Counts, Difference, compare
from ionlake.ranking.predictors import Predictor, predictors

_POTENTIAL: Final = ("potential", "potential_id")
_VERSION: Final = "descriptor_version"


@dataclass(frozen=True)
class Compared:
    """One descriptor on both sides, judged on the materials that both have.

    Attributes:
        label_set: The set of labels.
        definition: Definition of the classes.
        settings: What both sides share of their scan settings.
        predictor: The descriptor.
        counts: Which rows the scores rest on.
        differences: One per metric.
    """

    label_set: str
    definition: Definition
    settings: Mapping[str, Any]
    predictor: Predictor
    counts: Counts
    differences: tuple[Difference, ...]


def compare_sides(
    path: str | Path,
    sides: tuple[str, str],
    label_set: str | None = None,
    *,
    draws: Draws | None = None,
) -> tuple[Compared, ...]:
    """Judge every descriptor on two sides by the labels of the current release; stores nothing.

    Args:
        path: Folder of the lake.
        sides: Two numbers of releases, or two potentials by name or id.
        label_set: Only by this set.
        draws: How resamples are drawn; both sides are judged on the same ones.

    Raises:
        SettingsError: The sides are of two kinds, or nothing of them compares.
        LakeError: No lake, no such release, or no labels.
    """
    layout = find_lake(path)
    with ExitStack() as stack:
        current = stack.enter_context(closing(ReleaseReader.open(layout)))
        labelled = read_labels(current, label_set)
        names = [name for each in labelled for name in each.material_ids]
        if all(side.isdecimal() for side in sides):
            opened = [
                stack.enter_context(closing(ReleaseReader.open(layout, int(side))))
                for side in sides
            ]
            first, second = (read_pools(release, names) for release in opened)
            pairs = list(_pairs(first, second, (_VERSION,)))
        else:
            first, second = _of_potentials(read_pools(current, names), sides)
            pairs = list(_pairs(first, second, (*_POTENTIAL, _VERSION)))
    if not pairs:
        raise SettingsError(
            f"{sides[0]} and {sides[1]} have no scans of labelled materials with the same settings:"
            " compare others, or scan the same materials for both"
        )
    draws = draws or Draws()
    return tuple(
        found
        for each in labelled
        for one, other in pairs
        for found in _compare(each, one, other, draws)
    )


def _compare(labelled: Labelled, one: Pool, other: Pool, draws: Draws) -> Iterator[Compared]:
    rows = labelled.within(one).within(other)
    if not rows.rows:
        return
    classified = rows.classified(other)
    drawn = draws.multiplicities(len(rows.rows))
    shared = {
        name: value for name, value in one.settings.items() if other.settings.get(name) == value
    }
    frames = [pool.rows(rows.material_ids) for pool in (one, other)]
    for predictor in predictors():
        first, second = (descriptor_values(frame, predictor) for frame in frames)
        counts, differences = compare(
            first, second, classified, drawn, ascending=predictor.ascending
        )
        yield Compared(rows.label_set, rows.definition, shared, predictor, counts, differences)


def _of_potentials(
    pools: Sequence[Pool], sides: tuple[str, str]
) -> tuple[tuple[Pool, ...], tuple[Pool, ...]]:
    known = sorted({str(pool.settings["potential"]) for pool in pools})
    found = [
        tuple(pool for pool in pools if side in {pool.settings[name] for name in _POTENTIAL})
        for side in sides
    ]
    for side, of_side in zip(sides, found, strict=True):
        if not of_side:
            raise SettingsError(
                f"there is no potential {side!r} among the scans of labelled materials; expected"
                f" two of {', '.join(known) or 'none'}, or two numbers of releases"
            )
    return found[0], found[1]


def _pairs(
    first: Sequence[Pool], second: Sequence[Pool], ignoring: Sequence[str]
) -> Iterator[tuple[Pool, Pool]]:
    """Pools of both sides with equal settings, apart from some."""

    def settings(pool: Pool) -> dict[str, Any]:
        return {name: value for name, value in pool.settings.items() if name not in ignoring}

    for one in first:
        for other in second:
            if settings(one) == settings(other):
                yield one, other
