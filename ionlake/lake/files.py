"""Files of a lake, wherever it lies: each question once for folders and once for object stores."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from ionlake.lake import objects
from ionlake.lake.location import is_remote


def read_text(path: Path) -> str:
    """The text of a file.

    Raises:
        FileNotFoundError: There is none.
        OSError: It cannot be read.
        StoreError: The store does not answer or refuses.
    """
    if is_remote(path):
        return objects.read_bytes(path).decode("utf-8", errors="replace")
    return path.read_text(encoding="utf-8")


def exists(path: Path) -> bool:
    """Whether there is such a file.

    Raises:
        StoreError: The store does not answer or refuses.
    """
    return objects.exists(path) if is_remote(path) else path.exists()


def names_in(folder: Path) -> list[str]:
    """Sorted names of what lies in a folder; none where there is no such folder.

    Raises:
        OSError: It cannot be read.
        StoreError: The store does not answer or refuses.
    """
    if is_remote(folder):
        return objects.names_in(folder)
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def sizes_below(folder: Path) -> dict[str, int]:
    """Sizes in bytes of all files below a folder, by name relative to it, with forward slashes.

    Raises:
        OSError: It cannot be read.
        StoreError: The store does not answer or refuses.
    """
    if is_remote(folder):
        return objects.sizes_below(folder)
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.stat().st_size for path in files}


def make_folder(folder: Path) -> None:
    """Make a folder unless it is there; stores have none.

    Raises:
        OSError: It cannot be made.
    """
    if not is_remote(folder):
        folder.mkdir(parents=True, exist_ok=True)


def read_tree(folder: Path) -> dict[str, bytes]:
    """Contents of all files below a folder, by name relative to it, with forward slashes.

    Raises:
        OSError: It cannot be read.
        StoreError: The store does not answer or refuses.
    """
    if is_remote(folder):
        return objects.read_tree(folder)
    return {name: (folder / name).read_bytes() for name in sizes_below(folder)}


def write_tree(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Write a new folder with all its files.

    Args:
        folder: Where nothing is yet; its parents are made too.
        contents: Contents by name relative to it, with forward slashes.

    Raises:
        FileExistsError: Something is there.
        OSError: It cannot be written; a part may be left.
        StoreError: The store does not answer or refuses; a part may be left.
    """
    if is_remote(folder):
        objects.write_tree(folder, contents)
        return
    folder.mkdir(parents=True)
    for name, content in contents.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)


def remove(path: Path) -> None:
    """Remove a file; none there is fine.

    Raises:
        OSError: It cannot be removed.
        StoreError: The store does not answer or refuses.
    """
    if is_remote(path):
        objects.remove(path)
    else:
        path.unlink(missing_ok=True)


def remove_tree(path: Path) -> None:
    """Remove a folder with all that is in it, or a file; nothing there is fine.

    Raises:
        OSError: It cannot be removed.
        StoreError: The store does not answer or refuses.
    """
    if is_remote(path):
        objects.remove_tree(path)
    elif path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def move(path: Path, target: Path) -> None:
    """Move a file or a folder: at once in a folder, by copying and removing in a store.

    Raises:
        OSError: It cannot be moved, or is not there.
        StoreError: The store does not answer or refuses.
    """
    if is_remote(path):
        objects.move(path, target)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    path.rename(target)


@contextmanager
def at_hand(folder: Path) -> Iterator[Path]:
    """A folder on this machine with the same files: the folder itself, or a copy for a while.

    Raises:
        StoreError: The store does not answer or refuses.
    """
    if not is_remote(folder):
        yield folder
        return
    with TemporaryDirectory(prefix="ionlake-") as temporary:
        copy = Path(temporary) / folder.name
        for name, content in objects.read_tree(folder).items():
            file = copy / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        yield copy
