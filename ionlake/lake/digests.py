"""SHA-256 of what lies in a lake: grids as a whole, and release files.

Checksums inside the formats guard the numbers; these guard every byte, metadata included.
"""

from collections.abc import Iterable
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Final

from ionlake.errors import LakeError
from ionlake.lake import objects
from ionlake.lake.atomic import replace_text
from ionlake.lake.location import is_remote

DIGEST_SUFFIX: Final = ".sha256"


def file_sha256(path: Path) -> str:
    """SHA-256 of one file.

    Raises:
        OSError: The file cannot be read.
        StoreError: The store does not answer or refuses.
    """
    if is_remote(path):
        return sha256(objects.read_bytes(path)).hexdigest()
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def folder_sha256(folder: Path) -> str:
    """SHA-256 over the names and the contents of all files of a folder.

    Args:
        folder: Such as the Zarr group of a grid; a file more or less changes the digest too.

    Raises:
        OSError: A file cannot be read.
        StoreError: The store does not answer or refuses.
    """
    if is_remote(folder):
        contents = objects.read_tree(folder)
        return names_sha256((name, sha256(data).hexdigest()) for name, data in contents.items())
    found = (path for path in folder.rglob("*") if path.is_file())
    return names_sha256((path.relative_to(folder).as_posix(), file_sha256(path)) for path in found)


def names_sha256(digests: Iterable[tuple[str, str]]) -> str:
    """SHA-256 over names of files and the digests of their contents.

    Args:
        digests: Pairs of a name with forward slashes and the SHA-256 of the content.
    """
    digest = sha256()
    for name, of_content in sorted(digests, key=lambda pair: pair[0].split("/")):
        digest.update(f"{name} {of_content}\n".encode())
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
    replace_text(digest_file(path), _note(path, file_sha256(file)))


def reserve_name(file: Path, path: Path) -> None:
    """As `write_digest`, for a name that nobody has yet: in a store its note makes it ours.

    Raises:
        FileExistsError: In a store, another writer has taken the name.
        StoreError: The store does not answer or refuses.
    """
    if is_remote(path):
        objects.write_new(digest_file(path), _note(path, file_sha256(file)).encode())
    else:
        write_digest(file, path)


def read_digest(path: Path) -> str | None:
    """The SHA-256 noted beside a release, None where an older ionlake noted none.

    Raises:
        LakeError: The note is damaged.
        StoreError: The store does not answer or refuses.
    """
    note = digest_file(path)
    try:
        content = objects.read_bytes(note) if is_remote(note) else note.read_bytes()
        text = content.decode("ascii")
    except FileNotFoundError:
        return None
    except ValueError:
        text = ""
    digest = text[:64]
    if text != _note(path, digest) or set(digest) - set("0123456789abcdef"):
        raise LakeError(
            f"{note} holds no SHA-256 of {path.name}: the file is damaged, restore it from a copy"
        )
    return digest


def _note(path: Path, digest: str) -> str:
    return f"{digest}  {path.name}\n"
