"""Creating a lake and recognising one: the file ``lake.json``."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from ionlake import __version__
from ionlake.errors import LakeError
from ionlake.lake.atomic import replace_text
from ionlake.lake.layout import LakeLayout

FORMAT_VERSION: Final = 2
"""2: digests of grids and releases; see `ionlake.lake.migrations` for the way from older ones."""


def create_lake(path: str | Path) -> LakeLayout:
    """Make a new lake in a folder that does not exist yet or is empty.

    Args:
        path: The folder; parents are made too.

    Raises:
        LakeError: The path is a file, a lake already, or a folder with other things in it.
    """
    layout = LakeLayout(_absolute(path))
    _refuse_file(layout.root)
    if layout.lake_file.exists():
        raise LakeError(f"{layout.root} is a lake already: open it instead of creating one")
    if layout.root.is_dir() and any(layout.root.iterdir()):
        raise LakeError(
            f"{layout.root} holds {_some_names(layout.root)}, expected an empty or a new folder:"
            " choose another folder for the lake"
        )
    try:
        layout.releases.mkdir(parents=True, exist_ok=True)
        replace_text(layout.lake_file, json.dumps(_description(), indent=2) + "\n")
    except OSError as error:
        raise LakeError(
            f"no lake can be created at {layout.root} ({error.strerror}):"
            " choose a folder that can be written to"
        ) from error
    return layout


def find_lake(path: str | Path) -> LakeLayout:
    """Recognise an existing lake of a format this version can read.

    Args:
        path: The folder of the lake.

    Raises:
        LakeError: Nothing there, a file, a folder that is not a lake, a damaged ``lake.json``, or
            a lake of a newer format.
    """
    layout = LakeLayout(_absolute(path))
    _refuse_file(layout.root)
    if not layout.root.exists():
        raise LakeError(
            f"no lake at {layout.root}: name another folder with --lake or IONLAKE_LAKE, or create"
            " this one by running a recipe"
        )
    if not layout.lake_file.exists():
        raise LakeError(
            f"{layout.root} is not a lake (no lake.json, found {_some_names(layout.root)}):"
            " name another folder with --lake or IONLAKE_LAKE"
        )
    _check_format(layout)
    return layout


def read_format(layout: LakeLayout) -> int:
    """The format of a lake.

    Raises:
        LakeError: ``lake.json`` cannot be read or holds none.
    """
    return int(_read_description(layout)["format_version"])


def write_format(layout: LakeLayout, version: int) -> None:
    """Note the format that a lake has been brought to.

    Raises:
        LakeError: ``lake.json`` cannot be read.
        OSError: It cannot be written.
    """
    description = _read_description(layout) | {
        "format_version": version,
        "migrated_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "migrated_by": f"ionlake {__version__}",
    }
    replace_text(layout.lake_file, json.dumps(description, indent=2) + "\n")


def require_current_format(layout: LakeLayout) -> None:
    """Refuse a lake of an older format: reading works, writing and checking want this one.

    Raises:
        LakeError: The lake has an older format.
    """
    version = read_format(layout)
    if version < FORMAT_VERSION:
        raise LakeError(
            f"the lake {layout.root} has format {version}, expected {FORMAT_VERSION}: run ionlake"
            f" migrate --lake {layout.root} once; nothing is computed again"
        )


def find_or_create_lake(path: str | Path) -> LakeLayout:
    """Recognise a lake, or make one where there is nothing yet.

    Raises:
        LakeError: As `find_lake` and `create_lake`.
    """
    root = _absolute(path)
    if root.is_dir() and any(root.iterdir()):
        return find_lake(root)
    return create_lake(root)


def _description() -> dict[str, object]:
    return {
        "format_version": FORMAT_VERSION,
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "created_by": f"ionlake {__version__}",
    }


def _read_description(layout: LakeLayout) -> dict[str, Any]:
    try:
        description = json.loads(layout.lake_file.read_text(encoding="utf-8"))
    except OSError as error:
        raise LakeError(
            f"{layout.lake_file} cannot be read ({error.strerror}): check its permissions"
        ) from error
    except ValueError:
        description = None
    if not isinstance(description, dict) or not isinstance(description.get("format_version"), int):
        raise LakeError(
            f"{layout.lake_file} holds no format version: the lake is damaged, restore the file"
            " from a copy"
        )
    return description


def _check_format(layout: LakeLayout) -> None:
    description = _read_description(layout)
    version = description["format_version"]
    if version > FORMAT_VERSION:
        origin = description.get("migrated_by", description.get("created_by"))
        raise LakeError(
            f"the lake {layout.root} has format {version} and was made by a newer ionlake"
            f" ({origin}); this is ionlake {__version__}, which knows formats up to"
            f" {FORMAT_VERSION}: upgrade ionlake"
        )


def _absolute(path: str | Path) -> Path:
    return Path(path).expanduser().absolute()


def _refuse_file(root: Path) -> None:
    if root.exists() and not root.is_dir():
        raise LakeError(f"{root} is a file, expected the folder of a lake: name the folder")


def _some_names(folder: Path) -> str:
    names = sorted(entry.name for entry in folder.iterdir())
    if not names:
        return "nothing"
    shown = ", ".join(names[:3])
    return shown if len(names) <= 3 else f"{shown} and {len(names) - 3} more"
