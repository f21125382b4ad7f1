"""Creating a lake and recognising one: the file ``lake.json``."""

import json
import secrets
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from ionlake import __version__
from ionlake.errors import LakeError
from ionlake.lake import files, objects
from ionlake.lake.atomic import replace_text
from ionlake.lake.layout import LakeLayout
from ionlake.lake.location import homes_folder, is_remote, lake_root

FORMAT_VERSION: Final = 3
"""2: digests of grids and releases. 3: scans of supercells. `ionlake.lake.migrations` has the way
from older ones."""


def create_lake(path: str | Path) -> LakeLayout:
    """Make a new lake in a folder, or below a URL, where nothing is yet.

    Args:
        path: The folder, whose parents are made too, or a URL such as ``s3://bucket/prefix``,
            whose bucket is there.

    Raises:
        LakeError: The path is a file, a lake already, or a folder with other things in it; or the
            store does not answer or refuses (`StoreError`).
        MissingExtraError: The packages for such a URL are not installed.
    """
    root = lake_root(path)
    _refuse_file(root)
    names = files.names_in(root)
    if "lake.json" in names:
        raise LakeError(f"{root} is a lake already: open it instead of creating one")
    if names:
        raise LakeError(
            f"{root} holds {_some_names(names)}, expected an empty or a new folder:"
            " choose another folder for the lake"
        )
    return _create_in_store(root) if is_remote(root) else _create_in_folder(LakeLayout(root))


def find_lake(path: str | Path) -> LakeLayout:
    """Recognise an existing lake of a format this version can read.

    Args:
        path: The folder of the lake, or its URL.

    Raises:
        LakeError: Nothing there, a file, a folder that is not a lake, a damaged ``lake.json``, or
            a lake of a newer format; or the store does not answer or refuses (`StoreError`).
        MissingExtraError: The packages for such a URL are not installed.
    """
    layout = LakeLayout(lake_root(path))
    _refuse_file(layout.root)
    try:
        description = _load(layout)
    except FileNotFoundError:
        raise _no_lake(layout.root) from None
    _check_format(layout, description)
    return _at_home(layout.root, description)


def read_description(layout: LakeLayout) -> dict[str, Any]:
    """What ``lake.json`` says.

    Raises:
        LakeError: It cannot be read or holds no format.
    """
    try:
        return _load(layout)
    except FileNotFoundError as error:
        raise LakeError(
            f"{layout.lake_file} cannot be read ({error.strerror or 'gone'}): restore the file from"
            " a copy"
        ) from error


def change_description(layout: LakeLayout, changes: dict[str, Any]) -> None:
    """Note something in ``lake.json``; the rest stays.

    Raises:
        LakeError: It cannot be read, or the store refuses.
        OSError: It cannot be written.
    """
    _write(layout, read_description(layout) | changes)


def read_format(layout: LakeLayout) -> int:
    """The format of a lake.

    Raises:
        LakeError: ``lake.json`` cannot be read or holds none.
    """
    return int(read_description(layout)["format_version"])


def write_format(layout: LakeLayout, version: int) -> None:
    """Note the format that a lake has been brought to.

    Raises:
        LakeError: ``lake.json`` cannot be read.
        OSError: It cannot be written.
    """
    changes = {
        "format_version": version,
        "migrated_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "migrated_by": f"ionlake {__version__}",
    }
    change_description(layout, changes)


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
    root = lake_root(path)
    return find_lake(root) if files.names_in(root) else create_lake(root)


def _description() -> dict[str, object]:
    return {
        "format_version": FORMAT_VERSION,
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "created_by": f"ionlake {__version__}",
    }


def _create_in_folder(layout: LakeLayout) -> LakeLayout:
    try:
        layout.releases.mkdir(parents=True, exist_ok=True)
        _write(layout, _description())
    except OSError as error:
        raise LakeError(
            f"no lake can be created at {layout.root} ({error.strerror}):"
            " choose a folder that can be written to"
        ) from error
    return layout


def _create_in_store(root: Path) -> LakeLayout:
    description = _description() | {"lake_id": secrets.token_hex(8)}
    text = json.dumps(description, indent=2) + "\n"
    try:
        objects.write_new(LakeLayout(root).lake_file, text.encode())
    except FileExistsError:
        raise LakeError(
            f"another process has just made a lake at {root}: run again to open it"
        ) from None
    return _at_home(root, description)


def _at_home(root: Path, description: dict[str, Any]) -> LakeLayout:
    """The paths of a lake; one in a store has a home here, of its identity and its address.

    The address takes part, so that a copy of a lake is never written from the ledger of the other.
    A lake that was copied from a folder has no identity but its address.
    """
    if not is_remote(root):
        return LakeLayout(root)
    address = sha256(str(root).encode()).hexdigest()[:8]
    return LakeLayout(root, homes_folder() / f"{description.get('lake_id', 'copied')}-{address}")


def _write(layout: LakeLayout, description: dict[str, Any]) -> None:
    replace_text(layout.lake_file, json.dumps(description, indent=2) + "\n")


def _load(layout: LakeLayout) -> dict[str, Any]:
    try:
        description = json.loads(files.read_text(layout.lake_file))
    except FileNotFoundError:
        raise
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


def _check_format(layout: LakeLayout, description: dict[str, Any]) -> None:
    version = description["format_version"]
    if version > FORMAT_VERSION:
        origin = description.get("migrated_by", description.get("created_by"))
        raise LakeError(
            f"the lake {layout.root} has format {version} and was made by a newer ionlake"
            f" ({origin}); this is ionlake {__version__}, which knows formats up to"
            f" {FORMAT_VERSION}: upgrade ionlake"
        )


def _refuse_file(root: Path) -> None:
    if not is_remote(root) and root.exists() and not root.is_dir():
        raise LakeError(f"{root} is a file, expected the folder of a lake: name the folder")


def _no_lake(root: Path) -> LakeError:
    names = files.names_in(root)
    if names:
        return LakeError(
            f"{root} is not a lake (no lake.json, found {_some_names(names)}):"
            " name another folder with --lake or IONLAKE_LAKE"
        )
    if is_remote(root):
        bucket = objects.missing_bucket(root)
        if bucket:
            return LakeError(
                f"no lake at {root}: there is no bucket {bucket}, or not for these credentials:"
                " check the name, or make the bucket first"
            )
    elif root.exists():
        return LakeError(
            f"{root} is not a lake (no lake.json, found nothing):"
            " name another folder with --lake or IONLAKE_LAKE"
        )
    return LakeError(
        f"no lake at {root}: name another folder with --lake or IONLAKE_LAKE, or create"
        " this one by running a recipe"
    )


def _some_names(names: list[str]) -> str:
    shown = ", ".join(names[:3])
    return shown if len(names) <= 3 else f"{shown} and {len(names) - 3} more"
