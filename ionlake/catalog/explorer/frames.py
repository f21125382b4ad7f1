"""How the parts of a page stand to each other."""

from typing import Any, Final

import panel as pn

_PAGE: Final = {"padding": "16px", "box-sizing": "border-box", "gap": "16px", "min-width": "0"}


def below(*parts: Any) -> Any:
    """Parts of a page, one below the other."""
    return pn.Column(*parts, sizing_mode="stretch_width", margin=0, styles=_PAGE)


def beside(*parts: Any) -> Any:
    """Parts of a page side by side, or one below the other where the window is narrow."""
    for part in parts:
        flex = "1 1 480px" if part.width is None else "0 1 auto"
        part.styles = {**part.styles, "flex": flex, "min-width": "0"}
    return pn.Row(
        *parts, sizing_mode="stretch_width", margin=0, styles={**_PAGE, "flex-wrap": "wrap"}
    )
