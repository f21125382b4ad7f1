"""Tables that are only read."""

from typing import Any

import pandas as pd
import panel as pn

from ionlake.catalog.explorer.look import TABLE_CSS


def read_only_table(table: pd.DataFrame, **options: Any) -> Any:
    """A table in pages, of which the browser gets the one it shows.

    Args:
        table: The rows; the names of the columns differ.
        options: For panel's ``Tabulator``.
    """
    numbers = [name for name in table if pd.api.types.is_numeric_dtype(table[name])]
    return pn.widgets.Tabulator(
        table,
        text_align=dict.fromkeys(map(str, numbers), "right"),
        # A cell with an editor, even one that is off, is a stop of the Tab key.
        editors=dict.fromkeys(map(str, table.columns)),
        pagination="remote",
        disabled=True,
        selectable=False,
        show_index=False,
        layout="fit_data_fill",
        sizing_mode="stretch_width",
        stylesheets=[TABLE_CSS],
        **options,
    )
