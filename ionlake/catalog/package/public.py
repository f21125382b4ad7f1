"""What of a lake is nobody else's business: where files and machines are."""

import json
from collections.abc import Callable
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any, Final

import pyarrow as pa

_PRIVATE: Final = {"address", "options"}
"""Settings of clusters: where the scheduler is, and queues, accounts, hosts and commands."""


def public_rows(name: str, rows: pa.Table) -> pa.Table:
    """Rows of a table without paths and addresses of the machine they were made on.

    Of a path its last part stays, which tells files apart; everything else is as in the lake.

    Args:
        name: The table.
        rows: Its rows.
    """
    for column, public in _OF_MACHINES.get(name, {}).items():
        place = rows.column_names.index(column)
        values = [None if each is None else public(each) for each in rows[column].to_pylist()]
        field = rows.schema.field(column)
        rows = rows.set_column(place, field, pa.array(values, field.type))
    return rows


def _public(text: str) -> str:
    return json.dumps(_without_places(json.loads(text)), sort_keys=True)


def _without_places(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: None if key in _PRIVATE else _without_places(each) for key, each in value.items()
        }
    if isinstance(value, list):
        return [_without_places(each) for each in value]
    if isinstance(value, str) and _is_place(value):
        return PurePosixPath(value.replace("\\", "/")).name
    return value


def _is_place(text: str) -> bool:
    absolute = PurePosixPath(text).is_absolute() or PureWindowsPath(text).is_absolute()
    return absolute or text.startswith(("~", "file:")) or ":\\" in text


_OF_MACHINES: Final[dict[str, dict[str, Callable[[str], str]]]] = {
    "runs": {"settings": _public},
    "materials": {"reference": _without_places},
    "candidates": {"reference": _without_places},
}
"""How columns that name files and machines are published, by table."""
