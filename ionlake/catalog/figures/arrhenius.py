"""Conductivities over inverse temperature: dynamics, fits, measurements."""

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import pandas as pd

from ionlake.catalog.figures.style import (
    GREY,
    PALETTE,
    foot_legend,
    formula_label,
    new_figure,
    styled,
)
from ionlake.errors import SettingsError
from ionlake.transport.arrhenius import (
    ROOM_TEMPERATURE_K,
    ArrheniusLine,
    ConductivityPoint,
    extrapolate,
    fit_line,
)

DYNAMICS_MARKERS: Final = {"mlmd": "o", "aimd": "s"}
LABEL_MARKERS: Final = {"experiment": "*", "aimd": "D"}
_NAMES: Final = {
    "o": "dynamics with the potential",
    "s": "imported dynamics",
    "*": "measured",
    "D": "label, computed",
}
_BOUND: Final = "upper bound only"
_UNSTATED_K: Final = 298.0
_TOP_TICKS_K: Final = (300, 400, 500, 667, 1000, 1500)


def arrhenius_figure(
    runs: pd.DataFrame, labels: pd.DataFrame | None = None, *, times_temperature: bool = True
) -> Any:
    """Draw conductivities over inverse temperature, with Arrhenius fits down to 300 K.

    Fits and bands (95 %) are those of table conductivities; a fit that gives no value at 300 K
    ends at its coldest run. Arrows point down from upper bounds.

    Args:
        runs: One row per analysed run: material_id, formula, method, potential, md_series_id,
            temperature_k and the columns of table diffusivities that end in _s_cm, and
            diffusivity_log_error.
        labels: Rows of table labels of these materials.
        times_temperature: Draw σT, which the law makes a straight line, else σ.

    Returns:
        A matplotlib figure.

    Raises:
        SettingsError: There are more materials than colours.
        MissingExtraError: matplotlib is not installed.

    References:
        arXiv:2411.06804, Fig. 4.
    """
    materials = list(dict.fromkeys(runs["material_id"]))
    if len(materials) > len(PALETTE):
        raise SettingsError(
            f"got {len(materials)} materials, expected at most {len(PALETTE)}: more colours cannot"
            " be told apart"
        )
    with styled():
        figure = new_figure(6.6, 4.6)
        axes = figure.subplots()
        for colour, material in zip(PALETTE, materials, strict=False):
            theirs = runs[runs["material_id"] == material]
            for _, series in theirs.groupby("md_series_id", sort=False):
                _series(axes, series, colour, times_temperature=times_temperature)
            if labels is not None:
                of_material = labels[labels["material_id"] == material]
                _labels(axes, of_material, colour, times_temperature=times_temperature)
        _finish(axes, times_temperature=times_temperature)
    return figure


def points_of(series: pd.DataFrame) -> list[ConductivityPoint]:
    """The runs of one series as the fit takes them."""
    return [
        ConductivityPoint(
            temperature_k=float(run["temperature_k"]),
            conductivity_s_cm=_known(run["conductivity_s_cm"]),
            log_error=_known(run["diffusivity_log_error"]),
            upper_s_cm=float(run["conductivity_upper_s_cm"]),
        )
        for run in series.to_dict("records")
    ]


def _known(value: Any) -> float | None:
    return None if pd.isna(value) else float(value)


def _series(axes: Any, series: pd.DataFrame, colour: str, *, times_temperature: bool) -> None:
    first = series.iloc[0]
    marker = DYNAMICS_MARKERS[first["method"]]
    scale = series["temperature_k"] if times_temperature else 1.0
    x = 1000 / series["temperature_k"]
    value, low, high, upper = (
        scale * series[f"conductivity{part}_s_cm"] for part in ("", "_low", "_high", "_upper")
    )
    known = value.notna()
    axes.errorbar(
        x[known],
        value[known],
        yerr=[(value - low)[known].clip(lower=0), (high - value)[known].clip(lower=0)],
        fmt=marker,
        color=colour,
        ms=6,
        mec="white",
        mew=0.7,
        elinewidth=1.2,
        capsize=2.5,
        zorder=4,
    )
    _bounds(axes, x[~known], upper[~known], colour, marker)
    told = _fit(axes, series, colour, times_temperature=times_temperature)
    name = f"{formula_label(first['formula'])} ({first['material_id']}), {first['potential']}{told}"
    axes.plot([], [], color=colour, marker=marker, mec="white", mew=0.7, label=name)


def _bounds(axes: Any, x: Any, upper: Any, colour: str, marker: str) -> None:
    """Open markers with an arrow down: the true value lies below."""
    style = {"ls": "", "mfc": "white", "color": colour, "zorder": 3}
    axes.plot(x, upper, marker=marker, ms=5.5, **style)
    arrow = {"arrowstyle": "<|-", "color": colour, "lw": 1.1, "shrinkA": 0, "shrinkB": 4}
    for point in zip(x, upper, strict=True):
        axes.annotate("", xy=point, xytext=(0, -20), textcoords="offset points", arrowprops=arrow)


def _fit(axes: Any, series: pd.DataFrame, colour: str, *, times_temperature: bool) -> str:
    """Draw the line and its band; gives the activation energy for the legend."""
    points = points_of(series)
    found = extrapolate(points)
    if found.activation_energy_ev is None or found.activation_energy_interval_ev is None:
        return ""
    used = [point for point in points if point.conductivity_s_cm is not None]
    temperatures = [point.temperature_k for point in used]
    coldest = min(temperatures) if found.censored else min(ROOM_TEMPERATURE_K, *temperatures)
    inverse = np.linspace(1 / max(temperatures), 1 / coldest, 80)
    _line(axes, fit_line(used), inverse, colour, times_temperature=times_temperature)
    low, high = found.activation_energy_interval_ev
    error = (high - low) / 2
    return f", $E_a$ = {found.activation_energy_ev:.2f} ± {error:.2f} eV"


def _line(
    axes: Any, line: ArrheniusLine, inverse: Any, colour: str, *, times_temperature: bool
) -> None:
    temperatures = 1 / inverse
    middle = np.array([line.at(each) for each in temperatures])
    width = np.array([line.reach * line.error_at(each) for each in temperatures])
    scale = 1.0 if times_temperature else 1 / temperatures
    low, value, high = (scale * np.exp(middle + way * width) for way in (-1, 0, 1))
    axes.plot(1000 * inverse, value, color=colour, lw=1.4, zorder=2)
    axes.fill_between(1000 * inverse, low, high, color=colour, alpha=0.13, lw=0, zorder=1)


def _labels(axes: Any, labels: pd.DataFrame, colour: str, *, times_temperature: bool) -> None:
    """Measured and computed labels; an experiment without a temperature is one at 298 K."""
    for temperature, sigma, censored, marker in _label_points(labels):
        y = sigma * (temperature if times_temperature else 1.0)
        if censored:
            _bounds(axes, [1000 / temperature], [y], colour, marker)
        else:
            size = 11 if marker == "*" else 6
            axes.plot(
                1000 / temperature, y, marker, color=colour, ms=size, mec="black", mew=0.6, zorder=5
            )


def _label_points(labels: pd.DataFrame) -> Iterator[tuple[float, float, bool, str]]:
    for row in labels.to_dict("records"):
        marker = LABEL_MARKERS[row["method"]]
        sigma, cold = _known(row["sigma_s_cm"]), _known(row["sigma_300k_s_cm"])
        if sigma:
            temperature = _known(row["temperature_k"]) or _UNSTATED_K
            yield temperature, sigma, bool(row["censored"]), marker
        if cold:
            yield ROOM_TEMPERATURE_K, cold, False, marker


def _finish(axes: Any, *, times_temperature: bool) -> None:
    axes.set_yscale("log")
    axes.set_xlabel("1000 / temperature (K$^{-1}$)")
    quantity = "conductivity × temperature (S K cm$^{-1}$)"
    axes.set_ylabel(quantity if times_temperature else "conductivity (S cm$^{-1}$)")
    axes.grid(visible=True)
    axes.axvline(1000 / ROOM_TEMPERATURE_K, color=GREY, lw=0.8, ls=":", zorder=0)
    top = axes.secondary_xaxis("top", functions=(_inverse, _inverse))
    low, high = axes.get_xlim()
    top.set_xticks([each for each in _TOP_TICKS_K if low <= 1000 / each <= high])
    top.set_xlabel("temperature (K)")
    top.minorticks_off()
    _legend(axes)


def _inverse(value: Any) -> Any:
    return 1000 / np.maximum(value, 1e-9)


def _legend(axes: Any) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    lines = axes.get_lines()
    drawn = {line.get_marker() for line in lines}
    kinds: list[Any] = [
        Line2D([], [], ls="", marker=marker, color=GREY, label=name)
        for marker, name in _NAMES.items()
        if marker in drawn
    ]
    if any(line.get_markerfacecolor() == "white" for line in lines):
        kinds.append(Line2D([], [], ls="", marker=r"$\downarrow$", color=GREY, label=_BOUND))
    if any(each.get_alpha() is not None for each in axes.collections):
        kinds.append(Patch(facecolor=GREY, alpha=0.3, label="fit with its 95 % band"))
    handles, _ = axes.get_legend_handles_labels()
    foot_legend(axes.figure, [*handles, *kinds], n_columns=2)
