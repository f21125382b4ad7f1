"""What a release derives from its tables by SQL, as shipped in the catalog folder.

Each file makes one relation with its comments. Narrow ones that people sort and search are stored
as tables, since a release never changes; the widest stays a view.
"""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

# Each may use the ones before it.
VIEW_NAMES: Final = (
    "grids",
    "descriptors",
    "rankings",
    "rankings_image_safe",
    "ensemble_members",
    "ensemble_ranks",
    "ensemble_descriptors",
    "candidates",
    "best_by_chemistry",
    "md_validation",
    "pathway_points",
)


@dataclass(frozen=True)
class View:
    """One derived relation: its name and the statements that make and describe it."""

    name: str
    sql: str


@cache
def views() -> tuple[View, ...]:
    """All derived relations in the order in which they must be made."""
    folder = files("ionlake.shipped") / "catalog" / "views"
    return tuple(
        View(name, (folder / f"{name}.sql").read_text(encoding="utf-8")) for name in VIEW_NAMES
    )
