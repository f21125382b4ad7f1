"""The explorer as a server."""

import functools
import logging
import socket
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any, Final

from ionlake.catalog.access import Lake
from ionlake.errors import IonlakeError, MissingExtraError, SettingsError

LOOPBACK: Final = "127.0.0.1"
SQL_MEMORY: Final = "2GB"
"""What the statements of all visitors may use together."""

_KEPT: Final = 8
_FOLLOW_HISTORY: Final = "window.addEventListener('popstate', () => window.location.reload())"
"""A page is what its address says, also after Back and Forward."""

_UNUSED: Final = ("bokeh", "tornado.access", "panel")


def make_server(lake: Lake, *, host: str = LOOPBACK, port: int = 5006) -> tuple[Any, str]:
    """A server of the explorer that is not started yet.

    Args:
        lake: An open lake, which must stay open; visitors see its release.
        host: Address to listen at.
        port: Port; 0 takes a free one.

    Returns:
        The server, of bokeh, and the address of its first page.

    Raises:
        MissingExtraError: panel, plotly or their like are not installed.
        SettingsError: The address cannot be listened at.
    """
    pages = _pages(lake)
    import panel as pn

    bound = _bindable(host, port)
    origins = dict.fromkeys(f"{name}:{bound}" for name in (host, LOOPBACK, "localhost"))
    titles = {"/": "Candidates", "material": "Material", "sql": "SQL"}
    server = pn.serve(
        pages,
        port=bound,
        address=host,
        websocket_origin=list(origins),
        title={name: f"{title} · ionlake" for name, title in titles.items()},
        show=False,
        start=False,
        verbose=False,
    )
    for name in _UNUSED:
        logging.getLogger(name).setLevel(logging.WARNING)
    shown = f"[{host}]" if ":" in host else host
    return server, f"http://{shown}:{bound}/"


def _pages(lake: Lake) -> dict[str, Callable[[], Any]]:
    """Functions that build each page for a visitor."""
    try:
        import panel as pn
        import plotly as _plotly
        import skimage as _skimage
    except ImportError as error:
        raise MissingExtraError(
            f"{error.name} is not installed: pip install 'ionlake[explore]'"
        ) from error
    from bokeh.models import CustomJS

    from ionlake.catalog.explorer.candidates import Candidates
    from ionlake.catalog.explorer.candidates_page import candidates_page
    from ionlake.catalog.explorer.look import FOCUS_CSS, PAGE_CSS, TEXT_CSS
    from ionlake.catalog.explorer.markup import header
    from ionlake.catalog.explorer.sql_page import sql_page

    del _plotly, _skimage
    candidates = Candidates(lake)
    name = PurePosixPath(str(lake.path)).name

    def page(here: str, build: Callable[[], Any], *extensions: str) -> Any:
        pn.extension("tabulator", *extensions, raw_css=[PAGE_CSS])
        pn.state.curdoc.js_on_event("document_ready", CustomJS(code=_FOLLOW_HISTORY))
        head = pn.pane.HTML(
            header(name, lake.release, here),
            sizing_mode="stretch_width",
            margin=0,
            stylesheets=[TEXT_CSS],
        )
        body = build()
        for widget in body.select(pn.widgets.Widget):
            widget.stylesheets = [*widget.stylesheets, FOCUS_CSS]
        return pn.Column(
            head, body, sizing_mode="stretch_width", margin=0, styles={"min-width": "0"}
        )

    material = _material_builder(lake)
    return {
        "/": lambda: page("./", functools.partial(candidates_page, candidates)),
        "material": lambda: page("", material, "plotly"),
        "sql": lambda: page("sql", functools.partial(sql_page, lake)),
    }


def _material_builder(lake: Lake) -> Callable[[], Any]:
    import panel as pn

    from ionlake.catalog.explorer.look import CARD_CSS, TEXT_CSS
    from ionlake.catalog.explorer.markup import notice
    from ionlake.catalog.explorer.material import read_material
    from ionlake.catalog.explorer.material_page import MaterialPage
    from ionlake.catalog.explorer.state import MaterialState, from_query

    read = functools.lru_cache(maxsize=_KEPT)(functools.partial(read_material, lake))

    def build() -> Any:
        state = from_query(MaterialState, pn.state.location.search or "")
        try:
            return MaterialPage(lake, read(state.material, state.scan), state).view()
        except IonlakeError as error:
            text = pn.pane.HTML(
                notice(str(error), "error"), stylesheets=[TEXT_CSS], sizing_mode="stretch_width"
            )
            return pn.Column(text, margin=16, stylesheets=[CARD_CSS], sizing_mode="stretch_width")

    return build


def _bindable(host: str, port: int) -> int:
    """The port, or a free one for 0, after a trial."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except OSError as error:
            raise SettingsError(
                f"cannot listen at {host}:{port} ({error.strerror}): choose another --port, or 0"
                " for any that is free"
            ) from error
        return int(trial.getsockname()[1])
