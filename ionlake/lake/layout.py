"""Where everything lies inside a lake: identifiers to paths, nothing else."""

import os
import re
import secrets
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from ionlake.errors import LakeError
from ionlake.lake.location import is_url

LAKE_VARIABLE: Final = "IONLAKE_LAKE"
DEFAULT_FOLDER: Final = "ionlake-lake"
SUMMARIES: Final = "sources/*/*/*.jsonl.gz"
"""Kept answers of databases: source, version of the database, query."""

_IDENTIFIER: Final = re.compile(r"[0-9A-Za-z_][0-9A-Za-z_-]*")


@dataclass(frozen=True)
class LakeLayout:
    """The paths of one lake.

    Rows name files relative to the lake with forward slashes, so that a lake may be moved or
    copied as a whole.

    Attributes:
        root: Folder of the lake, or the prefix of an object store (see `ionlake.lake.location`):
            everything that is published.
        own_home: Folder on this machine of what its writer needs beside it; None for a folder,
            which has it inside.
    """

    root: Path
    own_home: Path | None = None

    @property
    def home(self) -> Path:
        """The writer's folder on this machine: its ledger, its lock, releases being built."""
        return self.own_home or self.root

    @property
    def lake_file(self) -> Path:
        """Format version and origin of the lake."""
        return self.root / "lake.json"

    @property
    def ledger(self) -> Path:
        """The writer's SQLite ledger."""
        return self.home / "ledger.sqlite"

    @property
    def ledger_backup(self) -> Path:
        """Copy of the ledger in an object store, as of the last publication."""
        return self.root / "ledger-backup.sqlite"

    @property
    def lock_file(self) -> Path:
        """File whose lock the one writer holds."""
        return self.home / "writer.lock"

    @property
    def holder_file(self) -> Path:
        """Who holds the lock, for messages only."""
        return self.home / "writer.json"

    @property
    def releases(self) -> Path:
        """Folder of the immutable releases."""
        return self.root / "releases"

    def release_under_construction(self, number: int) -> Path:
        """File on this machine in which a release is built, before it gets its name."""
        folder = self.releases if self.own_home is None else self.own_home
        return folder / self.release(number).name

    @property
    def current(self) -> Path:
        """File with the name of the current release."""
        return self.root / "CURRENT"

    @property
    def catalog_file(self) -> Path:
        """The generated Intake catalog."""
        return self.root / "catalog.yaml"

    def summaries(self, source: str) -> Path:
        """Folder of what a database said, by its version and the query."""
        return self.root / "sources" / _checked(source, "source")

    @property
    def trash(self) -> Path:
        """Folder of what repairs have set aside; nothing reads it."""
        return self.root / "trash"

    def grid(self, scan_id: str, attempt: str) -> Path:
        """Zarr group of one attempt at a scan."""
        name = _checked(scan_id, "scan_id")
        return self.root / "grids" / name[:2] / f"{name}-{_checked(attempt, 'attempt')}.zarr"

    def trajectory(self, md_run_id: str, attempt: str) -> Path:
        """Zarr group of the trajectory of one attempt at a run of dynamics."""
        name = f"{_checked(md_run_id, 'md_run_id')}-{_checked(attempt, 'attempt')}"
        return self.root / "trajectories" / f"{name}.zarr"

    def staged_piece(self, md_run_id: str, first_step: int, attempt: str) -> Path:
        """Zarr group with the frames of one piece of a run of dynamics in progress."""
        return self.staging(md_run_id) / f"piece-{first_step}-{_checked(attempt, 'attempt')}"

    def staging(self, scan_id: str) -> Path:
        """Folder of the energies of a scan in progress."""
        return self.root / "staging" / _checked(scan_id, "scan_id")

    def staged_block(self, scan_id: str, orbit_ion: int, first: int, attempt: str) -> Path:
        """Zarr array with the energies of one block of points of a scan in progress."""
        name = f"block-{orbit_ion}-{first}-{_checked(attempt, 'attempt')}"
        return self.staging(scan_id) / name

    def release(self, number: int) -> Path:
        """DuckDB file of a release."""
        return self.releases / f"release-{number:06d}.duckdb"

    def relative(self, path: Path) -> str:
        """The form in which rows name a file of the lake.

        Raises:
            LakeError: The path lies outside the lake.
        """
        try:
            return path.relative_to(self.root).as_posix()
        except ValueError:
            raise LakeError(
                f"{path} lies outside the lake {self.root}, expected a path inside:"
                " take paths from LakeLayout"
            ) from None

    def resolve(self, relative: str) -> Path:
        """The file that a row names.

        Raises:
            LakeError: The name is absolute or climbs out of the lake.
        """
        pure = PurePosixPath(relative)
        if pure.is_absolute() or ".." in pure.parts:
            raise LakeError(
                f"a row names the file {relative!r}, expected a path relative to the lake:"
                " the lake is damaged, restore it from a copy"
            )
        return self.root / pure


def new_attempt() -> str:
    """A fresh attempt token: two writers of one scan can never meet in one file."""
    return secrets.token_hex(4)


def another_attempt(path: Path) -> Path:
    """The same grid or staged block under a fresh attempt.

    Args:
        path: From `LakeLayout`, of anything that has attempts.
    """
    name, _, _ = path.stem.rpartition("-")
    return path.with_name(f"{name}-{new_attempt()}{path.suffix}")


def release_number(name: str) -> int | None:
    """The number in the name of a release file, None for any other name."""
    match = re.fullmatch(r"release-(\d{6,})\.duckdb", name)
    return int(match.group(1)) if match else None


def default_lake_path() -> str | Path:
    """The lake meant when none is named: ``$IONLAKE_LAKE``, else ``ionlake-lake`` here.

    Returns:
        The path of a folder, or a URL as it stands.
    """
    named = os.environ.get(LAKE_VARIABLE) or DEFAULT_FOLDER
    return named if is_url(named) else Path(named).expanduser()


def _checked(value: str, what: str) -> str:
    if not _IDENTIFIER.fullmatch(value):
        raise LakeError(
            f"{what} is {value!r}, expected letters, digits, '-' and '_' only:"
            " pass an identifier made by ionlake"
        )
    return value
