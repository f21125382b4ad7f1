"""From trials to what the figure of scores shows. Pure."""

from typing import Final

from ionlake.catalog.figures.scores import Panel
from ionlake.descriptors.keys import MPE, XI, barrier_key, robust_key, volume_key
from ionlake.pes.settings import FROZEN_FRAMEWORK
from ionlake.pipeline.evaluation import Trial
from ionlake.ranking.bootstrap import Interval
from ionlake.ranking.evaluate import SCORE, Score, curve

FAMILIES: Final = ("fv_connected_union", "fv_disconnected_union", "fv_connected", "fv_disconnected")
CURVES: Final = (
    XI,
    MPE,
    barrier_key(3),
    volume_key("", 0.5, "connected", "_union"),
    volume_key("", 0.5, "disconnected", "_union"),
)
_SINGLE: Final = (XI, MPE, robust_key(0.05), *(barrier_key(n) for n in (1, 2, 3)))


def score_panel(trial: Trial) -> Panel:
    """The line of the figure for one trial; reference values are those of Ξ's rows.

    Args:
        trial: The trial.
    """
    families: dict[str, dict[float, Interval]] = {family: {} for family in FAMILIES}
    single: dict[str, Interval] = {}
    scores: dict[str, Score] = {}
    curves = {}
    for verdict in trial.verdicts:
        predictor = verdict.predictor
        (score,) = (each for each in verdict.evaluation.scores if each.metric == SCORE)
        scores[predictor.name] = score
        if predictor.threshold_ev is not None and predictor.family in families:
            families[predictor.family][predictor.threshold_ev] = score.interval
        if predictor.name in _SINGLE:
            single[predictor.name] = score.interval
        if predictor.name in CURVES:
            found = curve(verdict.values, trial.classified, ascending=predictor.ascending)
            curves[predictor.name] = found
    settings = trial.pool.settings
    labelled = trial.labelled
    protocol = settings.get("scan_protocol", FROZEN_FRAMEWORK)
    return Panel(
        title=f"{labelled.label_set}, {labelled.definition}, {settings['potential']},"
        f" {settings['grid_protocol']} grid"
        + ("" if protocol == FROZEN_FRAMEWORK else f", {protocol}"),
        families=families,
        single=single,
        random_value=scores[XI].random_value,
        perfect_value=scores[XI].perfect_value,
        curves=curves,
    )
