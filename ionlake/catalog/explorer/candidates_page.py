"""The page of all candidates: filters beside a table."""

import html
from typing import Any, Final
from urllib.parse import quote

import pandas as pd
import panel as pn
from bokeh.models.widgets.tables import HTMLTemplateFormatter, NumberFormatter, ScientificFormatter

from ionlake.catalog.explorer import markup
from ionlake.catalog.explorer.candidates import TITLES, Candidates
from ionlake.catalog.explorer.controls import (
    clear_controls,
    filter_controls,
    order_choice,
    order_value,
    read_controls,
)
from ionlake.catalog.explorer.downloads import table_file
from ionlake.catalog.explorer.frames import beside
from ionlake.catalog.explorer.look import CARD_CSS, TEXT_CSS
from ionlake.catalog.explorer.state import TableState, from_query, to_query
from ionlake.catalog.explorer.tabular import read_only_table

_ROWS: Final = 25
_SUBSCRIPTS: Final = r"""<%= _.escape(value).replace(
  /([A-Za-z)\]])(\d+(?:\.\d+)?)/g, '$1<sub>$2</sub>') %>"""
_DECIMALS: Final = {
    "mpe": "0.000",
    "percolation_barrier_1d_ev": "0.000",
    "percolation_barrier_3d_ev": "0.000",
    "band_gap_ev": "0.00",
    "energy_above_hull_ev_per_atom": "0.000",
    "min_image_distance_ang": "0.00",
}
_SCIENTIFIC: Final = {"Xi": 4, "sigma_300k_s_cm": 2, "sigma_measured_s_cm": 2}


def candidates_page(candidates: Candidates) -> Any:
    """Build the page for one visitor, as the address asks for it."""
    location = pn.state.location
    state = from_query(TableState, location.search or "")
    rows = candidates.rows(state)
    several = len(candidates.pools) > 1
    controls = filter_controls(candidates, state)
    grid = _table(rows, candidates, state, several=several)
    order = order_choice(candidates, state)
    count = pn.pane.HTML(_counted(rows, candidates, state), stylesheets=[TEXT_CSS])
    held: dict[str, Any] = {"rows": rows, "state": state}

    def update(*_: Any) -> None:
        now = read_controls(controls, grid.sorters)
        if _filters(now) != _filters(held["state"]):
            held["rows"] = candidates.rows(now)
            grid.param.update(value=_shown(held["rows"], several=several), page=1)
            count.object = _counted(held["rows"], candidates, now)
        held["state"] = now
        order.value = order_value(now)
        location.search = to_query(now)

    for control in controls.values():
        control.param.watch(update, "value")
    grid.param.watch(update, "sorters")
    order.param.watch(lambda event: grid.param.update(sorters=[_sorter(event.new)]), "value")
    clear = pn.widgets.Button(name="Clear filters", sizing_mode="stretch_width", margin=(8, 0))
    clear.on_click(lambda _: clear_controls(controls))
    save = pn.widgets.FileDownload(
        callback=lambda: table_file(_ordered(held["rows"], held["state"])),
        filename="candidates.csv",
        label="Table, CSV",
        width=150,
        margin=0,
    )
    filters = pn.Column(*controls.values(), order, clear, width=270, stylesheets=[CARD_CSS])
    head = pn.Row(count, pn.Spacer(sizing_mode="stretch_width"), save, margin=(0, 0, 8, 0))
    listed = pn.Column(head, grid, _help(candidates), sizing_mode="stretch_width")
    return beside(filters, listed)


def _table(rows: pd.DataFrame, candidates: Candidates, state: TableState, *, several: bool) -> Any:
    sort = state.sort if state.sort in rows else "rank"
    return read_only_table(
        _shown(rows, several=several),
        titles=TITLES,
        header_tooltips=candidates.comments,
        formatters=_formatters(),
        hidden_columns=["scan_id"],
        sorters=[{"field": sort, "dir": "desc" if state.descending else "asc"}],
        page_size=_ROWS,
    )


def _sorter(order: str) -> dict[str, str]:
    return {"field": order.removeprefix("-"), "dir": "desc" if order.startswith("-") else "asc"}


def _formatters() -> dict[str, Any]:
    numbers = {
        name: NumberFormatter(format=form, nan_format=markup.NOTHING)
        for name, form in _DECIMALS.items()
    }
    scientific = {
        name: ScientificFormatter(precision=digits, power_limit_low=-3, nan_format=markup.NOTHING)
        for name, digits in _SCIENTIFIC.items()
    }
    return {
        **numbers,
        **scientific,
        "material_id": {"type": "html"},
        "formula": HTMLTemplateFormatter(template=_SUBSCRIPTS),
    }


def _shown(rows: pd.DataFrame, *, several: bool) -> pd.DataFrame:
    """The rows with links to the pages of materials, to a scan where there are several pools."""
    links = [
        f'<a href="material?material={quote(name, safe="")}'
        f'{f"&amp;scan={quote(scan)}" if several else ""}">{html.escape(name)}</a>'
        for name, scan in zip(rows["material_id"], rows["scan_id"], strict=True)
    ]
    return rows.assign(material_id=links)


def _ordered(rows: pd.DataFrame, state: TableState) -> pd.DataFrame:
    sort = state.sort if state.sort in rows else "rank"
    return rows.sort_values(sort, ascending=not state.descending, kind="stable")


def _filters(state: TableState) -> tuple[Any, ...]:
    return tuple(value for name, value in vars(state).items() if name not in {"sort", "descending"})


def _counted(rows: pd.DataFrame, candidates: Candidates, state: TableState) -> str:
    pool = candidates.pool(state.pool)
    if pool is None:
        return markup.notice("This release ranks no material yet: run a recipe on the lake.")
    told = f"{len(rows):,} of {pool.n_materials:,} materials"
    return f'<h1 role="status">{told} <small>{html.escape(pool.name)}</small></h1>'


def _help(candidates: Candidates) -> Any:
    rows = [(TITLES[name], name, meaning) for name, meaning in candidates.comments.items()]
    body = markup.table(["heading", "column", "meaning"], rows)
    text = f"<details><summary>What the columns mean</summary>{body}</details>"
    return pn.pane.HTML(text, sizing_mode="stretch_width", stylesheets=[TEXT_CSS])
