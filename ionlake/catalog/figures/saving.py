"""From a figure to a file that says where its numbers come from."""

import html
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ionlake import __version__
from ionlake.catalog.figures.style import GREY, styled
from ionlake.errors import SettingsError

FORMATS: Final = (".png", ".svg", ".pdf", ".html")
DPI: Final = 300

_PAGE: Final = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>{title}</title>
<style>body {{ margin: 2em auto; max-width: 1200px; }} svg {{ width: 100%; height: auto; }}</style>
</head>
<body>
{body}
</body>
</html>
"""


@dataclass(frozen=True)
class Provenance:
    """Where the numbers of a figure come from.

    Attributes:
        release: Number of the lake's release.
        facts: What else decides them, such as the potential and the grid protocol.
    """

    release: int
    facts: tuple[str, ...] = ()

    def __str__(self) -> str:
        """One line, for the foot of the figure and the file's metadata."""
        return " · ".join((*self.facts, f"lake release {self.release}", f"ionlake {__version__}"))


def require_format(path: Path) -> None:
    """Refuse a file whose suffix names no format.

    Raises:
        SettingsError: The suffix is none of ``FORMATS``.
    """
    if path.suffix.lower() not in FORMATS:
        raise SettingsError(
            f"figure is {path.name!r}; expected a name that ends in {', '.join(FORMATS)}"
        )


def save_figure(
    figure: Any, path: Path, title: str, provenance: Provenance | None, dpi: int = DPI
) -> None:
    """Write a matplotlib figure, its provenance in small print at the foot and in the metadata.

    Args:
        figure: The figure.
        path: File to write; its suffix says the format. HTML holds the figure as SVG.
        title: What it shows, for the metadata.
        provenance: Where its numbers come from, if known.
        dpi: Resolution of PNG, and of what is a picture inside the other formats.

    Raises:
        SettingsError: The suffix is none of ``FORMATS``.
        OSError: The file cannot be written.
    """
    require_format(path)
    if provenance is not None:
        figure.text(0.005, 0.004, str(provenance), fontsize=6, color=GREY, va="bottom")
    suffix = path.suffix.lower().lstrip(".")
    with styled():
        if suffix == "html":
            path.write_text(_page(figure, title, dpi), encoding="utf-8")
            return
        metadata = _metadata(suffix, title, provenance)
        figure.savefig(path, dpi=dpi, format=suffix, metadata=metadata)


def _page(figure: Any, title: str, dpi: int) -> str:
    text = io.StringIO()
    figure.savefig(text, format="svg", dpi=dpi, metadata={"Title": title, "Date": None})
    svg = text.getvalue()
    return _PAGE.format(title=html.escape(title), body=svg[svg.index("<svg") :])


def _metadata(suffix: str, title: str, provenance: Provenance | None) -> dict[str, Any]:
    told = "" if provenance is None else str(provenance)
    made = f"ionlake {__version__}"
    if suffix == "pdf":
        return {"Title": title, "Subject": told, "Creator": made}
    named = {"Title": title, "Description": told}
    return (
        {**named, "Software": made} if suffix == "png" else {**named, "Creator": made, "Date": None}
    )
