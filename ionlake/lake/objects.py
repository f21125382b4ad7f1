"""What a lake asks of an object store: whole objects and listings, nothing else.

An object appears whole or not at all, with one request that replaces the one before. There are no
folders, so there is nothing to make before writing and nothing to rename.

Whatever goes wrong on the way, other than an object that is missing or there already, is a
`StoreError`. Credentials and endpoint are the store's own business: they come from the environment,
and nothing here sees them.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, cast

from ionlake.errors import IonlakeError, SourceError, StoreError

_CLIENTS: Final = {"botocore", "aiobotocore", "aiohttp", "s3fs", "fsspec", "gcsfs", "adlfs"}
_LONGEST: Final = 200


@contextmanager
def reached(path: Path) -> Iterator[None]:
    """Within the block, errors of the store become one line that says what to do.

    Args:
        path: What is asked for.

    Raises:
        StoreError: The store does not answer or refuses.
        FileNotFoundError: There is no such object.
        FileExistsError: There is one already.
    """
    try:
        yield
    except (FileNotFoundError, FileExistsError, IonlakeError):
        raise
    except Exception as error:
        raise StoreError(
            f"{path} cannot be read or written ({_told(error)}): {_remedy(error)}"
        ) from error


@contextmanager
def read_through(path: Path) -> Iterator[None]:
    """As `reached`, where a library reads from a store: its own errors stay what they are.

    To what reads the answers of a database, those that cannot be reached look damaged; here they
    do not.

    Raises:
        StoreError: The store does not answer or refuses.
    """
    try:
        yield
    except Exception as error:
        if not is_trouble(error):
            raise
        with reached(path):
            if isinstance(error, SourceError) and error.__cause__ is not None:
                raise error.__cause__ from None
            raise


def is_trouble(error: BaseException | None) -> bool:
    """Whether an error means that a store does not answer or refuses.

    An object that is missing is none; nor is content that cannot be understood.
    """
    if isinstance(error, FileNotFoundError | FileExistsError):
        return False
    while error is not None:
        client = type(error).__module__.split(".")[0] in _CLIENTS
        if client or isinstance(error, StoreError):
            return True
        error = error.__cause__
    return False


def read_bytes(path: Path) -> bytes:
    """The content of an object.

    Raises:
        FileNotFoundError: There is none.
        StoreError: The store does not answer or refuses.
    """
    with reached(path):
        return bytes(_fs(path).cat_file(_key(path)))


def write_bytes(path: Path, content: bytes) -> None:
    """Write an object, in place of the one that is there.

    Raises:
        StoreError: The store does not answer or refuses.
    """
    with _writing(path):
        _fs(path).pipe_file(_key(path), content)


def write_new(path: Path, content: bytes) -> None:
    """Write an object unless there is one: of several that try, one succeeds.

    This is one conditional request where the store knows such; elsewhere a look comes before.

    Raises:
        FileExistsError: There is one, with another content.
        StoreError: The store does not answer or refuses.
    """
    with _writing(path):
        if _fs(path).exists(_key(path)):
            raise FileExistsError(str(path))
        try:
            _fs(path).pipe_file(_key(path), content, mode="create")
        except FileExistsError:
            # An answer that was lost on the way is asked for again: then it is our own.
            if read_bytes(path) != content:
                raise
        except (TypeError, NotImplementedError):
            _fs(path).pipe_file(_key(path), content)


def upload(local: Path, path: Path) -> None:
    """Write a closed file of this machine as an object; large ones in parts, which appear at once.

    Raises:
        StoreError: The store does not answer or refuses.
    """
    with _writing(path):
        _fs(path).put_file(str(local), _key(path))


def download(path: Path, local: Path) -> None:
    """Copy an object into a file of this machine.

    Raises:
        FileNotFoundError: There is none.
        StoreError: The store does not answer or refuses.
    """
    with reached(path):
        _fs(path).get_file(_key(path), str(local))


def write_tree(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write many objects below a prefix, several at a time.

    Args:
        folder: The prefix.
        files: Contents by name below it.

    Raises:
        StoreError: The store does not answer or refuses; some of them may be there.
    """
    with _writing(folder):
        _fs(folder).pipe({f"{_key(folder)}/{name}": data for name, data in files.items()})


def read_tree(folder: Path) -> dict[str, bytes]:
    """All objects below a prefix by name, fetched several at a time.

    Raises:
        StoreError: The store does not answer or refuses.
    """
    names = list(sizes_below(folder))
    if not names:
        return {}
    with reached(folder):
        found = _fs(folder).cat([f"{_key(folder)}/{name}" for name in names])
    return {_below(folder, key): bytes(content) for key, content in found.items()}


def names_in(folder: Path) -> list[str]:
    """Names of what lies directly below a prefix, objects and prefixes; none if nothing does.

    Raises:
        StoreError: The store does not answer or refuses.
    """
    with reached(folder):
        try:
            found = _fs(folder).ls(_key(folder), detail=False)
        except FileNotFoundError:
            return []
    names = (_below(folder, key).strip("/") for key in found if key != _key(folder))
    return sorted(name for name in names if name)


def sizes_below(folder: Path) -> dict[str, int]:
    """Sizes of all objects below a prefix by name, from one listing.

    Raises:
        StoreError: The store does not answer or refuses.
    """
    with reached(folder):
        try:
            found = _fs(folder).find(_key(folder), detail=True)
        except FileNotFoundError:
            return {}
    return {
        _below(folder, key): int(about["size"])
        for key, about in found.items()
        if key.startswith(f"{_key(folder)}/")
    }


def exists(path: Path) -> bool:
    """Whether there is such an object.

    Raises:
        StoreError: The store does not answer or refuses.
    """
    with reached(path):
        return bool(_fs(path).isfile(_key(path)))


def remove(path: Path) -> None:
    """Remove an object; none there is fine.

    Raises:
        StoreError: The store does not answer or refuses.
    """
    with reached(path):
        try:
            _fs(path).rm_file(_key(path))
        except FileNotFoundError:
            return


def remove_tree(folder: Path) -> None:
    """Remove all objects below a prefix, many with each request; nothing there is fine.

    Raises:
        StoreError: The store does not answer or refuses.
    """
    keys = [f"{_key(folder)}/{name}" for name in sizes_below(folder)]
    if keys:
        with reached(folder):
            _fs(folder).rm(keys)


def move(path: Path, target: Path) -> None:
    """Copy an object, or all below a prefix, then remove what was copied.

    Where this is cut off, both are there, and the same again completes it.

    Raises:
        FileNotFoundError: Nothing is there.
        StoreError: The store does not answer or refuses.
    """
    below = sizes_below(path)
    old = [f"{_key(path)}/{name}" for name in below] or [_key(path)]
    new = [f"{_key(target)}/{name}" for name in below] or [_key(target)]
    with reached(path):
        for source, copy in zip(old, new, strict=True):
            _fs(path).cp_file(source, copy)
        _fs(path).rm(old)


def missing_bucket(path: Path) -> str | None:
    """The bucket of a path if there is none of that name, or none that one may look into."""
    bucket = cast("Any", path).drive
    with reached(path):
        return None if not bucket or _fs(path).exists(bucket) else str(bucket)


def zarr_arguments(path: Path) -> dict[str, Any]:
    """How Zarr and xarray are told to read from a path of a store."""
    return {"store": str(path), "storage_options": dict(cast("Any", path).storage_options)}


def _fs(path: Path) -> Any:
    return cast("Any", path).fs


def _key(path: Path) -> str:
    return str(cast("Any", path).path).rstrip("/")


def _below(folder: Path, key: str) -> str:
    return key.removeprefix(f"{_key(folder)}/")


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    """As `reached`, for writing, where nothing but the bucket can be missing."""
    with reached(path):
        try:
            yield
        except FileNotFoundError as error:
            raise StoreError(
                f"{path} cannot be written ({_told(error)}): make the bucket, or name another one"
            ) from error


def _told(error: Exception) -> str:
    first = (str(error).splitlines() or [""])[0][:_LONGEST]
    return f"{type(error).__name__}: {first}"


def _remedy(error: Exception) -> str:
    if "Credential" in type(error).__name__ or "Token" in type(error).__name__:
        return "name credentials, such as by AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
    if isinstance(error, PermissionError):
        return "check that the credentials of this environment are right and allow this"
    return (
        "check the network, the server and its address (AWS_ENDPOINT_URL) and try again; what was"
        " committed stands"
    )
