"""SHA-256 of what lies in a lake: grids as a whole, and release files.

Checksums inside the formats guard the numbers; these guard every byte, metadata included.
"""

from hashlib import file_digest, sha256
from pathlib import Path
from typing import Final

from ionlake.errors import LakeError
from ionlake.lake.atomic import replace_text

DIGEST_SUFFIX: Final = ".sha256"


def file_sha256(path: Path) -> str:
    """SHA-256 of one file.

    Raises:
        OSError: The file cannot be read.
    """
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def folder_sha256(folder: Path) -> str:
    """SHA-256 over the names and the contents of all files of a folder.

    Args:
        folder: Such as the Zarr group of a grid; a file more or less changes the digest too.

    Raises:
        OSError: A file cannot be read.
    """
    digest = sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(f"{path.relative_to(folder).as_posix()} {file_sha256(path)}\n".encode())
    return digest.hexdigest()


def digest_file(path: Path) -> Path:
    """The small file beside a release that holds its SHA-256, as ``sha256sum --check`` reads it."""
    return path.with_name(path.name + DIGEST_SUFFIX)


def write_digest(file: Path, path: Path) -> None:
    """Note the SHA-256 of a file beside the name that it has or will have.

    Args:
        file: The finished file, wherever it lies now.
        path: Its final name.
    """
    replace_text(digest_file(path), f"{file_sha256(file)}  {path.name}\n")


def read_digest(path: Path) -> str | None:
    """The SHA-256 noted beside a release, None where an older ionlake noted none.

    Raises:
        LakeError: The note is damaged.
    """
    note = digest_file(path)
    try:
        text = note.read_bytes().decode("ascii")
    except FileNotFoundError:
        return None
    except ValueError:
        text = ""
    digest = text[:64]
    if text != f"{digest}  {path.name}\n" or set(digest) - set("0123456789abcdef"):
        raise LakeError(
            f"{note} holds no SHA-256 of {path.name}: the file is damaged, restore it from a copy"
        )
    return digest
