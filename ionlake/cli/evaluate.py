"""``ionlake evaluate``: how well descriptors find the conductors among labelled materials."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from ionlake.cli.labels import SetOption
from ionlake.cli.options import JsonOption, LakeOption, ReleaseOption, lake_path
from ionlake.cli.output import print_table, to_json
from ionlake.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ionlake.pipeline.comparison import Compared
    from ionlake.pipeline.evaluation import Draws, Trial, Trials
    from ionlake.ranking.bootstrap import Interval

_SHOWN_TOP: Final = "enrichment_top_10"
_NAMES: Final = (
    *("descriptor", "rows", "conductors", "insulators", "score", "16-84 %", "random", "perfect"),
    *("ROC-AUC", "16-84 %", "av. precision", "top 10", "Spearman", "16-84 %"),
)
_COMPARED: Final = (
    *("descriptor", "metric", "rows", "first", "16-84 %", "second", "16-84 %"),
    *("difference", "16-84 %", "random", "perfect"),
)


def evaluate(
    label_set: SetOption = None,
    compare: Annotated[
        tuple[str, str] | None,
        typer.Option("--compare", help="Two releases or two potentials, side by side."),
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Show every descriptor, not the main ones alone.")
    ] = False,
    figure: Annotated[
        Path | None,
        typer.Option(
            "--figure", help="File for a figure of the scores: .png, .svg, .pdf or .html."
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Store nothing; needs no lock.")
    ] = False,
    release: ReleaseOption = None,
    resamples: Annotated[
        int, typer.Option("--resamples", min=1, help="Number of bootstrap resamples.")
    ] = 1000,
    seed: Annotated[
        int | None, typer.Option("--seed", min=0, help="Seed of the resamples.")
    ] = None,
    lake: LakeOption = None,
    json: JsonOption = False,
) -> None:
    """Judge every descriptor by the lake's labels, and keep the result as table evaluations.

    The score is the paper's: going down the list, the area under conductors found against
    insulators found, up to a tenth of the insulators. Beside it what guessing and a perfect order
    get, ROC-AUC, average precision, the enrichment of conductors among the best 10, and Spearman's
    rank correlation with the conductivity (1: orders as the conductivity does). Intervals are 16
    to 84 % of bootstrap resamples.

    With --compare, --release or --dry-run nothing is stored. --compare judges on the materials that
    both sides have, by the labels of the current release.

    \b
    Examples:
      ionlake evaluate
      ionlake evaluate --labels obelix --figure scores.png
      ionlake evaluate --compare 3 7
      ionlake evaluate --compare sevennet-0 7net-l3i5 --json
    """
    from ionlake.pipeline.evaluation import Draws
    from ionlake.ranking.bootstrap import SEED

    draws = Draws(resamples, SEED if seed is None else seed)
    if compare is not None:
        if figure is not None or release is not None:
            raise SettingsError(
                "--compare goes with neither --figure nor --release: leave them out"
            )
        _compare(lake_path(lake), compare, label_set, draws, every=every, json=json)
        return
    stores = not dry_run and release is None
    trials = _trials(lake_path(lake), label_set, release, draws, stores=stores)
    if figure is not None:
        _draw(trials, figure)
    if json:
        sys.stdout.write(to_json(_facts(trials)) + "\n")
        return
    for trial in trials.trials:
        _show(trial, every=every)
    if stores:
        stored = "as before" if trials.stored is None else f"in release {trials.stored}"
        sys.stdout.write(f"table evaluations: {stored}\n")


def _trials(
    lake: str | Path, label_set: str | None, release: int | None, draws: "Draws", *, stores: bool
) -> "Trials":
    from ionlake.cli.counting import bar
    from ionlake.pipeline.evaluation import evaluate_lake, evaluate_release

    with bar() as follow:
        if stores:
            return evaluate_lake(lake, label_set, draws=draws, progress=follow)
        return evaluate_release(lake, label_set, number=release, draws=draws, progress=follow)


def _draw(trials: "Trials", path: Path) -> None:
    from ionlake.catalog.figures.saving import Provenance
    from ionlake.catalog.figures.scores import save_scores
    from ionlake.pipeline.score_panels import score_panel

    panels = [score_panel(trial) for trial in trials.trials]
    save_scores(panels, path, Provenance(trials.release))


def _facts(trials: "Trials") -> dict[str, Any]:
    return {
        "release": trials.release,
        "stored_in_release": trials.stored,
        "trials": [
            {
                "label_set": trial.labelled.label_set,
                "classes": str(trial.labelled.definition),
                "pool": dict(trial.pool.settings),
                "labelled_rows": len(trial.labelled.rows),
                "descriptors": [
                    {
                        "descriptor": verdict.predictor.name,
                        "threshold_ev": verdict.predictor.threshold_ev,
                        **asdict(verdict.evaluation),
                    }
                    for verdict in trial.verdicts
                ],
            }
            for trial in trials.trials
        ],
    }


def _show(trial: "Trial", *, every: bool) -> None:
    from ionlake.ranking.predictors import MAIN

    _head(trial.labelled.label_set, trial.labelled.definition, trial.pool.settings)
    notes = {verdict.evaluation.note for verdict in trial.verdicts[: len(MAIN)]} - {None}
    shown = trial.verdicts if every else trial.verdicts[: len(MAIN)]
    rows = []
    for verdict in shown:
        scores = {score.metric: score for score in verdict.evaluation.scores}
        counts = verdict.evaluation.counts
        score, auc, rank = scores["score"], scores["roc_auc"], scores["spearman"]
        rows.append(
            [
                *(verdict.predictor.name, counts.n_rows, counts.n_positive, counts.n_negative),
                *_cells(score.interval),
                *(score.random_value, score.perfect_value, *_cells(auc.interval)),
                scores["average_precision"].interval.value,
                scores[_SHOWN_TOP].interval.value,
                *_cells(rank.interval),
            ]
        )
    print_table(_NAMES, rows)
    for note in sorted(str(each) for each in notes):
        sys.stdout.write(f"{note}\n")
    sys.stdout.write("\n")


def _compare(
    lake: str | Path,
    sides: tuple[str, str],
    label_set: str | None,
    draws: "Draws",
    *,
    every: bool,
    json: bool,
) -> None:
    from ionlake.pipeline.comparison import compare_sides
    from ionlake.ranking.predictors import MAIN

    found = compare_sides(lake, sides, label_set, draws=draws)
    if json:
        facts = {"first": sides[0], "second": sides[1], "descriptors": [_plain(f) for f in found]}
        sys.stdout.write(to_json(facts) + "\n")
        return
    heads: dict[tuple[str, ...], list[Compared]] = {}
    for each in found:
        key = (each.label_set, str(each.definition), str(sorted(each.settings.items())))
        heads.setdefault(key, []).append(each)
    for group in heads.values():
        _head(group[0].label_set, group[0].definition, group[0].settings)
        print_table(
            _COMPARED,
            [
                [
                    *(each.predictor.name, difference.metric, each.counts.n_rows),
                    *_cells(difference.first),
                    *_cells(difference.second),
                    *_cells(difference.difference),
                    *(difference.random_value, difference.perfect_value),
                ]
                for each in group
                if every or each.predictor.name in MAIN
                for difference in each.differences
            ],
        )
        sys.stdout.write("\n")


def _plain(compared: "Compared") -> dict[str, Any]:
    return {
        "label_set": compared.label_set,
        "classes": str(compared.definition),
        "settings": dict(compared.settings),
        "descriptor": compared.predictor.name,
        "threshold_ev": compared.predictor.threshold_ev,
        "counts": asdict(compared.counts),
        "metrics": [asdict(difference) for difference in compared.differences],
    }


def _head(label_set: str, definition: str, settings: "Mapping[str, Any]") -> None:
    told = ", ".join(
        str(settings[name])
        for name in ("mobile_species", "potential", "scan_protocol", "grid_protocol", "accuracy")
        if name in settings
    )
    sys.stdout.write(f"labels {label_set}, classes {definition}; {told}\n")


def _cells(interval: "Interval") -> tuple[float | None, str]:
    """A value and its interval; none where it is not defined."""
    value = None if interval.value != interval.value else interval.value
    low, high = (f"{each:.3g}" for each in (interval.q16, interval.q84))
    return value, "" if value is None or "nan" in {low, high} else f"{low}..{high}"
