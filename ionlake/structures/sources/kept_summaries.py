"""Raw documents of a database kept on disk, by database version and query.

A file is gzipped JSON lines: a header that says what the documents are, then one document a line.
It appears whole or not at all. Its path may be any object with pathlib's interface: where that is
no file of this machine, the finished file is copied there.
"""

import gzip
import hashlib
import json
import os
import re
import secrets
import shutil
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, Self

from ionlake.errors import SourceError
from ionlake.structures.sources.selection import Selection

_UNSAFE = re.compile(r"[^0-9A-Za-z._-]")
_SUFFIX = ".jsonl.gz"
_COMPRESSION = 5
_CHUNK = 1 << 20
_UNREADABLE = (OSError, EOFError, ValueError, zlib.error)


@dataclass(frozen=True)
class Header:
    """What the documents of a file are.

    Attributes:
        database_version: Release of the database.
        selection: What was asked for.
        n_documents: How many documents there are.
        fetched_at: When they came, ISO 8601, UTC.
    """

    database_version: str
    selection: Selection
    n_documents: int
    fetched_at: str

    @classmethod
    def now(cls, database_version: str, selection: Selection, n_documents: int) -> Self:
        """A header for documents that come now."""
        return cls(database_version, selection, n_documents, datetime.now(UTC).isoformat())

    def to_json(self) -> str:
        """One line."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, line: str) -> Self:
        """The inverse of `to_json`."""
        content = json.loads(line)
        stored = content.pop("selection")
        known = {field.name for field in fields(Selection)}
        if stored.keys() - known:
            raise ValueError("unknown filters")
        listed: dict[str, Any] = {
            k: tuple(v) if isinstance(v, list) else v for k, v in stored.items()
        }
        return cls(selection=Selection(**listed), **content)


def summaries_path(folder: Path, database_version: str, selection: Selection) -> Path:
    """Where the documents of a query belong."""
    filters = asdict(selection).items()
    query = {name: sorted(v) if isinstance(v, tuple) else v for name, v in filters}
    digest = hashlib.sha256(json.dumps(query, sort_keys=True).encode()).hexdigest()[:16]
    version = _UNSAFE.sub("_", database_version).lstrip(".") or "unknown"
    return folder / version / f"{digest}{_SUFFIX}"


def write_summaries(path: Path, header: Header, documents: Iterable[Any]) -> None:
    """Write documents so that a reader finds the old file, the new one or none, never a part.

    Raises:
        OSError: The folder cannot be written to.
    """
    with _appearing(path) as raw:
        _pack(raw, header, documents)


def read_packed(path: Path) -> bytes:
    """The content of a file as it is, for `write_packed`.

    Raises:
        SourceError: The file is damaged.
    """
    try:
        content = path.read_bytes()
        with gzip.open(BytesIO(content)) as unpacked:
            while unpacked.read(_CHUNK):
                pass
    except _UNREADABLE as error:
        raise _damaged(path) from error
    return content


def write_packed(path: Path, content: bytes) -> None:
    """Write a file with the content of another, as `write_summaries` writes documents.

    Raises:
        OSError: The folder cannot be written to.
    """
    with _appearing(path) as raw:
        raw.write(content)


def read_header(path: Path) -> Header:
    """What the documents of a file are.

    Raises:
        SourceError: The file is damaged.
    """
    try:
        with _unpacked(path) as lines:
            return Header.from_json(lines.readline())
    except (*_UNREADABLE, KeyError, TypeError, AttributeError) as error:
        raise _damaged(path) from error


def read_summaries(path: Path) -> Iterator[Any]:
    """The documents of a file, one after another.

    Raises:
        SourceError: The file is damaged.
    """
    try:
        with _unpacked(path) as lines:
            next(lines)
            for line in lines:
                yield json.loads(line)
    except (*_UNREADABLE, StopIteration) as error:
        raise _damaged(path) from error


def newest_summaries(folder: Path, selection: Selection) -> Path:
    """The file that was fetched last of those that hold everything a selection admits.

    Args:
        folder: Where documents are kept.
        selection: What is wanted.

    Raises:
        SourceError: There is none, or a file is damaged.
    """
    kept = {path: read_header(path) for path in sorted(folder.glob(f"*/*{_SUFFIX}"))}
    serving = {path: each for path, each in kept.items() if each.selection.contains(selection)}
    if not serving:
        what = f"none of the {len(kept)} kept holds all of this selection" if kept else "none"
        raise SourceError(
            f"no summaries are kept in {folder} to work offline from ({what}): run the recipe once"
            " without --offline on this lake"
        )
    return max(serving, key=lambda path: (serving[path].fetched_at, path))


def _pack(raw: IO[bytes], header: Header, documents: Iterable[Any]) -> None:
    with gzip.GzipFile("", "wb", _COMPRESSION, raw, mtime=0) as packed:
        packed.write(f"{header.to_json()}\n".encode())
        packed.writelines(f"{json.dumps(each)}\n".encode() for each in documents)


@contextmanager
def _appearing(path: Path) -> Iterator[IO[bytes]]:
    """A file that has its name, and all of its content, once the block has ended well."""
    if not isinstance(path, Path):
        with TemporaryFile() as raw:
            yield raw
            raw.seek(0)
            with path.open("wb") as whole:
                shutil.copyfileobj(raw, whole)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}")
    try:
        with temporary.open("wb") as raw:
            yield raw
            raw.flush()
            os.fsync(raw.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def _unpacked(path: Path) -> Iterator[IO[str]]:
    with path.open("rb") as raw, gzip.open(raw, "rt", encoding="utf-8") as lines:
        yield lines


def _damaged(path: Path) -> SourceError:
    return SourceError(
        f"the kept summaries {path} are damaged: delete the file and run without --offline"
    )
