"""The SQL views of a release, as shipped in the catalog folder."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

# Each view may use the ones before it.
VIEW_NAMES: Final = ("grids", "descriptors", "rankings", "candidates")


@dataclass(frozen=True)
class View:
    """One view: its name and the statements that create and comment it."""

    name: str
    sql: str


@cache
def views() -> tuple[View, ...]:
    """All views in the order in which they must be created."""
    folder = files("ionlake.shipped") / "catalog" / "views"
    return tuple(
        View(name, (folder / f"{name}.sql").read_text(encoding="utf-8")) for name in VIEW_NAMES
    )
