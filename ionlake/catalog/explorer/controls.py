"""Widgets that filter the table of candidates."""

from dataclasses import replace
from typing import Any, Final

import panel as pn

from ionlake.catalog.explorer.candidates import TITLES, Candidates
from ionlake.catalog.explorer.state import TableState

_NUMBERS: Final = {
    "xi_min": ("Ξ at least", 0.05),
    "mpe_max": ("Percolation energy at most (eV)", 0.05),
    "gap_min": ("Band gap at least (eV)", 0.5),
    "hull_max": ("Energy above hull at most (eV/atom)", 0.01),
    "log_sigma_min": ("log₁₀ σ (S/cm) at least", 0.5),
}


def filter_controls(candidates: Candidates, state: TableState) -> dict[str, Any]:
    """A widget for each filter, by its name in the state, in the order of the page."""
    wide: dict[str, Any] = {"sizing_mode": "stretch_width", "margin": (4, 0)}
    elements = list(candidates.elements)
    controls: dict[str, Any] = {
        "text": pn.widgets.TextInput(
            name="Search", placeholder="id, formula, space group", value=state.text, **wide
        ),
        "elements": pn.widgets.MultiChoice(
            name="With elements", options=elements, value=_known(state.elements, elements), **wide
        ),
        "without": pn.widgets.MultiChoice(
            name="Without elements", options=elements, value=_known(state.without, elements), **wide
        ),
    }
    for name, (title, step) in _NUMBERS.items():
        controls[name] = pn.widgets.FloatInput(
            name=title, value=getattr(state, name), step=step, **wide
        )
    controls["no_transition_metal"] = pn.widgets.Checkbox(
        name="No transition metal", value=state.no_transition_metal, **wide
    )
    controls["image_safe"] = pn.widgets.Checkbox(
        name="Image not nearer than 5 Å", value=state.image_safe, **wide
    )
    if len(candidates.pools) > 1:
        names = {f"{pool.name} ({pool.n_materials:,})": pool.name for pool in candidates.pools}
        chosen = candidates.pool(state.pool)
        controls["pool"] = pn.widgets.Select(
            name="Scans", options=names, value=chosen.name if chosen else None, **wide
        )
    return controls


def order_choice(candidates: Candidates, state: TableState) -> Any:
    """A list of orders, for those who cannot click on a heading."""
    names = {TITLES[name]: name for name in candidates.comments}
    options = {
        **names,
        **{f"{title}, highest first": f"-{name}" for title, name in names.items()},
    }
    chosen = order_value(state)
    return pn.widgets.Select(
        name="Order by",
        options=options,
        value=chosen if chosen in options.values() else "rank",
        sizing_mode="stretch_width",
        margin=(4, 0),
    )


def order_value(state: TableState) -> str:
    """The order as `order_choice` writes it: a column, after a minus the highest first."""
    return f"-{state.sort}" if state.descending else state.sort


def read_controls(controls: dict[str, Any], sorters: list[dict[str, Any]]) -> TableState:
    """The state that the widgets and the order of the table say."""
    values: dict[str, Any] = {
        name: tuple(widget.value) if isinstance(widget.value, list) else widget.value
        for name, widget in controls.items()
    }
    state = TableState(**values)
    if not sorters:
        return state
    return replace(state, sort=sorters[0]["field"], descending=sorters[0]["dir"] == "desc")


def clear_controls(controls: dict[str, Any]) -> None:
    """Take all filters off; the pool stays."""
    nothing = TableState()
    for name, widget in controls.items():
        if name != "pool":
            value = getattr(nothing, name)
            widget.value = list(value) if isinstance(value, tuple) else value


def _known(symbols: tuple[str, ...], elements: list[str]) -> list[str]:
    return [symbol for symbol in symbols if symbol in elements]
