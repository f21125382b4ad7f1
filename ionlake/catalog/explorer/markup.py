"""Small pieces of HTML; whatever comes from the lake is escaped."""

import html
import math
import numbers
from collections.abc import Iterable, Sequence
from typing import Any, Final

NOTHING: Final = "–"
_DIGITS: Final = 4
PAGES: Final = {"./": "Candidates", "sql": "SQL"}


def value_text(value: Any) -> str:
    """A value for people: numbers in few digits, a dash where there is none."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, numbers.Real) and not isinstance(value, numbers.Integral):
        return f"{float(value):.{_DIGITS}g}" if math.isfinite(value) else NOTHING
    if value is None or value == "":
        return NOTHING
    if isinstance(value, list | tuple):
        return ", ".join(value_text(each) for each in value)
    return str(value)


def definitions(pairs: Iterable[tuple[str, Any]]) -> str:
    """Names and values as a list of definitions."""
    rows = "".join(
        f"<dt>{html.escape(name)}</dt><dd>{html.escape(value_text(value))}</dd>"
        for name, value in pairs
    )
    return f"<dl>{rows}</dl>"


def table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A table whose cells are text."""
    heads = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in head)
    body = "".join(
        "<tr>" + "".join(f"<td>{html.escape(value_text(cell))}</td>" for cell in row) + "</tr>"
        for row in rows
    )
    top = f"<thead><tr>{heads}</tr></thead>"
    return f'<div class="wide"><table>{top}<tbody>{body}</tbody></table></div>'


def paragraphs(sentences: Iterable[str]) -> str:
    """Sentences as a list."""
    items = "".join(f"<li>{html.escape(sentence)}</li>" for sentence in sentences)
    return f"<ul>{items}</ul>" if items else ""


def notice(text: str, kind: str = "note") -> str:
    """A message in a box: kind is note or error."""
    role = ' role="alert"' if kind == "error" else ""
    return f'<p class="{kind}"{role}>{html.escape(text)}</p>'


def header(lake_name: str, release: int, here: str) -> str:
    """The head of every page: links to the pages, what lake and release it shows."""
    links = "".join(
        f'<a href="{address}"{" aria-current=page" if address == here else ""}>{name}</a>'
        for address, name in PAGES.items()
    )
    return (
        f'<header><a class="mark" href="./">ionlake</a><nav aria-label="Pages">{links}</nav>'
        f'<span class="lake">{html.escape(lake_name)} · release {release}</span></header>'
    )
