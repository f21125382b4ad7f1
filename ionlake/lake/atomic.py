"""Files that appear whole or not at all."""

import os
import secrets
from pathlib import Path

from ionlake.lake import objects
from ionlake.lake.location import is_remote


def replace_text(path: Path, text: str) -> None:
    """Write a text file so that a reader finds the old text or the new one, never a part.

    Args:
        path: The file; its folder exists.
        text: The whole new content.

    Raises:
        OSError: The folder cannot be written to; the old file is untouched.
        StoreError: The store does not answer or refuses; the old object is untouched.
    """
    if is_remote(path):
        objects.write_bytes(path, text.encode())
        return
    temporary = temporary_beside(path)
    try:
        temporary.write_text(text, encoding="utf-8")
        replace_file(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def replace_file(temporary: Path, path: Path) -> None:
    """Give a finished file its final name, after its bytes have reached the disk or the store.

    Args:
        temporary: A complete, closed file on this machine, in the same folder if that is one.
        path: The final name; a file of that name is replaced.

    Raises:
        OSError: The folder cannot be written to.
        StoreError: The store does not answer or refuses; the old object is untouched.
    """
    if is_remote(path):
        objects.upload(temporary, path)
        return
    _sync(temporary)
    temporary.replace(path)
    _sync(path.parent)


def temporary_beside(path: Path) -> Path:
    """A hidden name in the same folder that no other process uses."""
    return path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}")


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
