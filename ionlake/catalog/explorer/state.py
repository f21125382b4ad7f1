"""What a page shows, as its address says it."""

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any, Final, TypeVar
from urllib.parse import parse_qsl, urlencode

from ase.data import chemical_symbols

_LONGEST: Final = 4000
LONGEST_SQL: Final = 20_000
"""Characters of a statement; a server reads no address of more than 64 KiB."""
_MOST_FIELDS: Final = 100
ELEMENTS: Final = frozenset(chemical_symbols[1:])
"""Symbols of all elements."""


def _text(value: str) -> str:
    return value[:_LONGEST]


def _statement(value: str) -> str:
    """A statement, which means something else when it is cut.

    Raises:
        ValueError: It is too long.
    """
    if len(value) > LONGEST_SQL:
        raise ValueError(f"the statement has {len(value)} characters; at most {LONGEST_SQL}")
    return value


def _number(value: str) -> float | None:
    number = float(value)
    return number if abs(number) < float("inf") else None


def _integer(value: str) -> int | None:
    return int(value)


def _flag(value: str) -> bool:
    return value == "1"


def _symbols(value: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each for each in value.split(",") if each in ELEMENTS))


def _read_by(reader: Callable[[str], Any], default: Any = None) -> Any:
    return field(default=default, metadata={"reader": reader})


@dataclass(frozen=True)
class TableState:
    """Filters and order of the table of candidates; None does not filter.

    Attributes:
        text: Words that id, formula, chemical system or space group hold.
        elements: Elements that the material holds.
        without: Elements that it does not hold.
        gap_min: Lowest band gap, eV.
        hull_max: Highest energy above the hull, eV/atom.
        xi_min: Lowest Ξ.
        mpe_max: Highest minimum percolation energy, eV.
        log_sigma_min: Lowest log10 of a conductivity at 300 K or measured, S/cm.
        no_transition_metal: Whether materials with a transition metal are left out.
        image_safe: Whether materials whose ion meets its image nearer than 5 Å are left out.
        pool: Name of the pool of scans, empty for the first.
        sort: Column.
        descending: Whether the highest value comes first.
    """

    text: str = _read_by(_text, "")
    elements: tuple[str, ...] = _read_by(_symbols, ())
    without: tuple[str, ...] = _read_by(_symbols, ())
    gap_min: float | None = _read_by(_number)
    hull_max: float | None = _read_by(_number)
    xi_min: float | None = _read_by(_number)
    mpe_max: float | None = _read_by(_number)
    log_sigma_min: float | None = _read_by(_number)
    no_transition_metal: bool = _read_by(_flag, default=False)
    image_safe: bool = _read_by(_flag, default=False)
    pool: str = _read_by(_text, "")
    sort: str = _read_by(_text, "rank")
    descending: bool = _read_by(_flag, default=False)


@dataclass(frozen=True)
class MaterialState:
    """What the page of a material shows.

    Attributes:
        material: Its id.
        scan: One of its scans, empty for the first.
        level: Level of energy on the surface, eV.
        axis: Axis that the slice cuts: a, b or c.
        plane: Grid plane along it, None for that of the ion's minimum.
        ion: Mobile ion of the slice, None for the lowest of all.
        dimension: Dimension of the path.
        explain: Descriptor that is explained.
    """

    material: str = _read_by(_text, "")
    scan: str = _read_by(_text, "")
    level: float | None = _read_by(_number)
    axis: str = _read_by(_text, "c")
    plane: int | None = _read_by(_integer)
    ion: int | None = _read_by(_integer)
    dimension: int = _read_by(_integer, 1)
    explain: str = _read_by(_text, "Xi")


@dataclass(frozen=True)
class SqlState:
    """What the page of SQL shows.

    Attributes:
        sql: The statement.
    """

    sql: str = _read_by(_statement, "")


State = TypeVar("State", TableState, MaterialState, SqlState)


def from_query(kind: type[State], query: str) -> State:
    """Read a state from the query of an address; what it does not understand is left out.

    Args:
        kind: Class of the state.
        query: Query string, with or without its question mark.
    """
    try:
        given = dict(parse_qsl(query.removeprefix("?"), max_num_fields=_MOST_FIELDS))
    except ValueError:
        return kind()
    found: dict[str, Any] = {}
    for each in fields(kind):
        if each.name in given:
            try:
                found[each.name] = each.metadata["reader"](given[each.name])
            except ValueError:
                continue
    return kind(**found)


def to_query(state: TableState | MaterialState | SqlState) -> str:
    """The query string of a state, with its question mark; empty for the default state."""
    told = {
        each.name: _written(getattr(state, each.name))
        for each in fields(state)
        if getattr(state, each.name) != each.default
    }
    return f"?{urlencode(told)}" if told else ""


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, tuple):
        return ",".join(value)
    return f"{value:.10g}" if isinstance(value, float) else str(value)
