"""Folders of one lake as folders of another."""

import os
import shutil
from hashlib import sha256
from pathlib import Path

from ionlake.errors import LakeError
from ionlake.lake import files
from ionlake.lake.digests import folder_sha256, names_sha256
from ionlake.lake.location import is_remote


class DamagedFolderError(LakeError):
    """A folder whose files are not those that were written."""


def copy_folder(source: Path, target: Path, digest: str | None) -> bool:
    """Put a folder of one lake into another, if it holds what was written.

    Where both lie in one file system, the new names are hard links: they take no space and stay
    when the old ones are removed. Nothing in a lake ever changes a file of a committed folder.

    Args:
        source: Such as the Zarr group of a grid.
        target: Where nothing is yet.
        digest: SHA-256 that its row has, see `folder_sha256`.

    Returns:
        Whether its files are links.

    Raises:
        DamagedFolderError: Files are gone, more, or others; nothing was written.
        OSError: The target cannot be written; a part may be left.
        StoreError: A store does not answer or refuses.
    """
    if not (is_remote(source) or is_remote(target)):
        _require(source, digest, _digest(source))
        if _link(source, target):
            return True
    contents = _contents(source)
    found = names_sha256((name, sha256(data).hexdigest()) for name, data in contents.items())
    _require(source, digest, found)
    files.write_tree(target, contents)
    return False


def _require(folder: Path, expected: str | None, found: str) -> None:
    if found != expected:
        raise DamagedFolderError(
            f"{folder} is gone, or its files are not those that were written (SHA-256): run"
            " ionlake repair --deep on its lake, then its recipe, and merge again"
        )


def _digest(folder: Path) -> str:
    try:
        return folder_sha256(folder)
    except OSError:  # a file that cannot be read is as good as lost
        return ""


def _contents(folder: Path) -> dict[str, bytes]:
    """All its files; none where one cannot be read, which is as good as lost."""
    try:
        return files.read_tree(folder)
    except OSError:
        return {}


def _link(source: Path, target: Path) -> bool:
    """Make hard links of all files; False, and nothing left, where there can be none."""
    try:
        for name in files.sizes_below(source):
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            os.link(source / name, target / name)
    except OSError:
        shutil.rmtree(target, ignore_errors=True)
        return False
    return True
