"""The page on which visitors write SQL."""

import asyncio
import html
from typing import Any, Final
from urllib.parse import urlencode

import pandas as pd
import panel as pn
from bokeh.models.widgets.tables import ScientificFormatter

from ionlake.catalog.access import Lake
from ionlake.catalog.explorer import markup
from ionlake.catalog.explorer.asking import EXAMPLES, TIME_LIMIT_S, Answer, ask, describe_tables
from ionlake.catalog.explorer.downloads import table_file
from ionlake.catalog.explorer.frames import beside
from ionlake.catalog.explorer.look import CARD_CSS, CODE_CSS, FOCUS_CSS, TEXT_CSS
from ionlake.catalog.explorer.state import LONGEST_SQL, SqlState, from_query, to_query
from ionlake.catalog.explorer.tabular import read_only_table
from ionlake.errors import QueryError

_DIGITS: Final = 6


def sql_page(lake: Lake) -> Any:
    """Build the page for one visitor; a statement in the address is answered at once."""
    location = pn.state.location
    state = from_query(SqlState, location.search or "")
    box = pn.widgets.TextAreaInput(
        name="One statement that reads",
        value=state.sql or next(iter(EXAMPLES.values())),
        rows=9,
        max_length=LONGEST_SQL,
        sizing_mode="stretch_width",
        stylesheets=[CODE_CSS],
    )
    run = pn.widgets.Button(name="Run", button_type="primary", width=110)
    said = pn.pane.HTML("", sizing_mode="stretch_width", stylesheets=[TEXT_CSS])
    result = pn.Column(sizing_mode="stretch_width")

    async def answer() -> None:
        run.loading = True
        try:
            found = await asyncio.to_thread(ask, lake, box.value)
            said.object = markup.notice(_told(found))
            result[:] = [_table(found.table), _save(found.table)]
        except QueryError as error:
            said.object = markup.notice(str(error), "error")
            result[:] = []
        finally:
            run.loading = False

    async def ask_anew(_: Any) -> None:
        location.search = to_query(SqlState(box.value))
        await answer()

    run.on_click(ask_anew)
    # The address stays as it is: a new one on loading would be in the way of Back.
    pn.state.onload(answer)
    editor = pn.Column(box, pn.Row(run, said), stylesheets=[CARD_CSS], sizing_mode="stretch_width")
    left = pn.Column(editor, result, sizing_mode="stretch_width", styles={"gap": "12px"})
    return beside(left, _aside(lake))


def _told(answer: Answer) -> str:
    n_rows = len(answer.table)
    first = "" if answer.complete else "the first "
    plural = "" if n_rows == 1 else "s"
    return f"{first}{n_rows:,} row{plural} in {answer.seconds:.2f} s"


def _table(table: pd.DataFrame) -> Any:
    form: dict[str, Any] = {
        "precision": _DIGITS,
        "power_limit_low": -3,
        "nan_format": markup.NOTHING,
    }
    numbers = {
        str(name): ScientificFormatter(**form)
        for name in table
        if pd.api.types.is_float_dtype(table[name])
    }
    return read_only_table(table, page_size=20, formatters=numbers)


def _save(table: pd.DataFrame) -> Any:
    return pn.widgets.FileDownload(
        callback=lambda: table_file(table),
        filename="answer.csv",
        label="Answer, CSV",
        width=150,
        stylesheets=[FOCUS_CSS],
    )


def _aside(lake: Lake) -> Any:
    examples = "".join(
        f'<li><a href="sql?{html.escape(urlencode({"sql": sql}))}">{html.escape(name)}</a></li>'
        for name, sql in EXAMPLES.items()
    )
    tables = "".join(
        f"<details><summary>{html.escape(name)}</summary>{_columns(columns)}</details>"
        for name, columns in describe_tables(lake).items()
    )
    text = (
        f"<h2>Examples</h2><ul>{examples}</ul><h2>Tables</h2>{tables}"
        f'<p class="note">Nothing can be changed, no other file read; a statement is stopped after'
        f" {TIME_LIMIT_S:g} s.</p>"
    )
    return pn.Column(
        pn.pane.HTML(text, sizing_mode="stretch_width", stylesheets=[TEXT_CSS]),
        width=330,
        stylesheets=[CARD_CSS],
    )


def _columns(columns: list[tuple[str, str, str]]) -> str:
    return markup.definitions((name, comment or kind) for name, kind, comment in columns)
