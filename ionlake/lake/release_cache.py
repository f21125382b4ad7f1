"""Releases of a lake in an object store, fetched once into a folder of this machine.

DuckDB reads files of this machine. A release never changes, so a copy whose bytes are those that
were published stays good for ever: copies are named by their SHA-256, and the folder may be emptied
at any time.
"""

import shutil
from pathlib import Path

from ionlake.errors import LakeError
from ionlake.lake import objects
from ionlake.lake.atomic import replace_file, temporary_beside
from ionlake.lake.digests import digest_file, file_sha256, read_digest
from ionlake.lake.location import cache_folder, is_remote


def fetched(path: Path) -> Path:
    """A release as a file of this machine: the file itself, or a copy of the object.

    Args:
        path: From `LakeLayout.release`.

    Raises:
        LakeError: The object is missing or is not the one that was published, the cache cannot be
            written, or the store does not answer or refuses (`StoreError`).
    """
    if not is_remote(path):
        return path
    digest = read_digest(path)
    if digest is None:
        raise LakeError(
            f"release {path} has no SHA-256 beside it ({digest_file(path).name}): publish again or"
            " restore both files from a copy"
        )
    copy = _copy(digest)
    return copy if copy.exists() else _fetch(path, digest, copy)


def remember(file: Path, path: Path) -> None:
    """Keep a release that was built here, so that this machine need not fetch it.

    Args:
        file: The finished file.
        path: Its name in the lake; nothing is kept for a lake in a folder.
    """
    if not is_remote(path):
        return
    copy = _copy(file_sha256(file))
    temporary = temporary_beside(copy)
    try:
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, temporary)
        replace_file(temporary, copy)
    except OSError:  # then it is fetched when it is wanted
        temporary.unlink(missing_ok=True)


def _copy(digest: str) -> Path:
    return cache_folder() / "releases" / f"{digest}.duckdb"


def _fetch(path: Path, digest: str, copy: Path) -> Path:
    temporary = temporary_beside(copy)
    try:
        copy.parent.mkdir(parents=True, exist_ok=True)
        objects.download(path, temporary)
        if file_sha256(temporary) != digest:
            raise LakeError(
                f"release {path} is not the file that was published (SHA-256): restore it from a"
                " copy, or run ionlake repair --deep to set it aside"
            )
        replace_file(temporary, copy)
    except FileNotFoundError as error:
        raise LakeError(
            f"release {path} is not there: publish again or restore the file from a copy"
        ) from error
    except OSError as error:
        raise LakeError(
            f"release {path} cannot be kept in {copy.parent} ({error.strerror}): make space, or"
            " name another folder in IONLAKE_CACHE"
        ) from error
    finally:
        temporary.unlink(missing_ok=True)
    return copy
