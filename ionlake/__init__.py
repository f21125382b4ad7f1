"""ionlake: a data lake and analytics catalog for finding solid ionic conductors.

`scan`, `dataset_from_energies`, `describe` and `pathway` work on one crystal in memory; `open_lake`
reads a lake and `connect` gives its DuckDB connection. They are loaded on first use, so that
``import ionlake`` stays quick.
"""

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from ionlake.api import dataset_from_energies, describe, pathway, scan
    from ionlake.catalog.access import connect, open_lake

__version__ = "0.1.0"

__all__ = [
    "__version__",
    "connect",
    "dataset_from_energies",
    "describe",
    "open_lake",
    "pathway",
    "scan",
]

_HOMES: Final = {
    "connect": "ionlake.catalog.access",
    "dataset_from_energies": "ionlake.api",
    "describe": "ionlake.api",
    "open_lake": "ionlake.catalog.access",
    "pathway": "ionlake.api",
    "scan": "ionlake.api",
}


def __getattr__(name: str) -> Any:
    """Import a public function when it is first asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module 'ionlake' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
