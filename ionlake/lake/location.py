"""Where a lake lies: a folder, or a prefix in an object store that a URL names.

A folder is a `pathlib.Path`. A prefix is a `upath.UPath`, which has the same interface; only what
is asked of the store itself differs, see `ionlake.lake.objects`. Neither upath nor fsspec is loaded
for a folder.
"""

import os
import re
from pathlib import Path
from typing import Any, Final, cast

from ionlake.errors import LakeError, MissingExtraError

HOME_VARIABLE: Final = "IONLAKE_HOME"
CACHE_VARIABLE: Final = "IONLAKE_CACHE"

_URL: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_COLLAPSED: Final = re.compile(r"[a-z][a-z0-9+.-]+:/[^/]")
_FILE: Final = "file://"
_S3: Final = ("s3", "s3a")


def lake_root(location: str | Path) -> Path:
    """The root of a lake as a path.

    Args:
        location: A folder, or a URL such as ``s3://bucket/prefix``.

    Returns:
        An absolute `Path` for a folder, a `UPath` for a URL.

    Raises:
        MissingExtraError: The packages for such a URL are not installed.
        LakeError: No such URL can name a lake.
    """
    if is_remote(location):
        return cast("Path", location)
    text = str(location)
    if isinstance(location, str) and is_url(location):
        if not text.startswith(_FILE):
            return _store_path(text)
        text = text.removeprefix(_FILE)
    elif _COLLAPSED.match(text):
        raise LakeError(
            f"the lake {text} looks like a URL that became a path, expected two slashes: give the"
            " URL as a string"
        )
    return Path(text).expanduser().absolute()


def is_url(location: str) -> bool:
    """Whether a text names a place by its URL."""
    return _URL.match(location) is not None


def is_remote(path: str | Path) -> bool:
    """Whether a path of a lake lies in an object store."""
    return not isinstance(path, str | Path)


def homes_folder() -> Path:
    """Folder of what writers of lakes in object stores keep here: ``$IONLAKE_HOME``."""
    return _own_folder(HOME_VARIABLE, "XDG_DATA_HOME", ".local/share")


def cache_folder() -> Path:
    """Folder of what was fetched from object stores, ``$IONLAKE_CACHE``; it may be emptied."""
    return _own_folder(CACHE_VARIABLE, "XDG_CACHE_HOME", ".cache")


def _own_folder(variable: str, of_all: str, beside_home: str) -> Path:
    if chosen := os.environ.get(variable):
        return Path(chosen).expanduser().absolute()
    base = os.environ.get(of_all)
    return (Path(base) if base else Path.home() / beside_home) / "ionlake"


def _store_path(url: str) -> Path:
    protocol, _, rest = url.partition("://")
    host, _, prefix = rest.rstrip("/").partition("/")
    if "@" in host:
        raise LakeError(
            f"the URL of the lake names a user before {host.rpartition('@')[2]}, expected none:"
            " give credentials in the environment, such as AWS_ACCESS_KEY_ID"
        )
    if ".." in prefix.split("/"):
        raise LakeError(f"the lake {url} climbs by '..', expected a plain prefix: write it out")
    try:
        from upath import UPath

        path = UPath(f"{protocol}://{rest.rstrip('/')}", **_options(protocol))
        _ = path.fs
    except ImportError as error:
        raise MissingExtraError(
            f"a lake at {protocol}:// needs packages that are not installed"
            f" ({str(error).splitlines()[0]}): pip install 'ionlake[remote]'{_and_more(protocol)}"
        ) from error
    except ValueError as error:
        raise LakeError(
            f"no lake can lie at {url} ({str(error).splitlines()[0]}): name a folder, or a URL such"
            " as s3://bucket/prefix"
        ) from error
    return cast("Path", path)


def _options(protocol: str) -> dict[str, Any]:
    """What other processes have written must be seen, so listings are not kept.

    On S3 an object is read by one request: in pieces at once, it would be asked for its size first.
    """
    pieces = {"max_concurrency": 1} if protocol in _S3 else {}
    return {"use_listings_cache": False, **pieces}


def _and_more(protocol: str) -> str:
    return "" if protocol in _S3 else f" and fsspec's package for {protocol}"
