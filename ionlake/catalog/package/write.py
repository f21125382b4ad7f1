"""Packaging a release: tables, grids, their description and checksums in one folder."""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ionlake.catalog.access import Lake
from ionlake.catalog.exports.netcdf import write_netcdf
from ionlake.catalog.package.about import About, about_release, citation_file
from ionlake.catalog.package.croissant import croissant, parquet_path
from ionlake.catalog.package.tables import PackagedTable, write_tables
from ionlake.errors import SettingsError
from ionlake.lake.digests import file_sha256
from ionlake.lake.progress import Progress, followed, unfollowed


@dataclass(frozen=True)
class Package:
    """What was packaged.

    Attributes:
        folder: Where.
        tables: Its tables.
        n_grids: Number of grids.
    """

    folder: Path
    tables: tuple[PackagedTable, ...]
    n_grids: int


def write_package(
    lake: Lake,
    folder: Path,
    *,
    grids: bool = False,
    title: str | None = None,
    authors: Sequence[str] = (),
    progress: Progress = unfollowed,
) -> Package:
    """Write a release as a data set that can be put into a repository and cited.

    Args:
        lake: The lake, open at the release.
        folder: New or empty.
        grids: Whether to add the current grid of every material, as netCDF.
        title: Title of the data set; by default it says what was scanned with what.
        authors: Names of those who are to be cited.
        progress: Who follows the writing of grids.

    Raises:
        SettingsError: The folder holds something.
        LakeError: A grid cannot be read.
    """
    if folder.exists() and any(folder.iterdir()):
        raise SettingsError(f"{folder} is not empty; expected a new folder: name another")
    (folder / "data").mkdir(parents=True)
    tables = write_tables(lake, folder / "data")
    n_grids = _write_grids(lake, folder / "grids", progress) if grids else 0
    about = about_release(lake, title, authors)
    digests = {parquet_path(t): file_sha256(folder / parquet_path(t)) for t in tables}
    described = json.dumps(croissant(about, tables, digests), indent=2, ensure_ascii=False)
    for name, text in {
        "croissant.json": described + "\n",
        "CITATION.cff": citation_file(about),
        "data_dictionary.csv": data_dictionary(tables),
        "README.md": _readme(about, tables, n_grids),
    }.items():
        (folder / name).write_text(text, encoding="utf-8")
    _write_checksums(folder)
    return Package(folder, tuple(tables), n_grids)


def data_dictionary(tables: Sequence[PackagedTable]) -> str:
    """CSV with a row for each column: table, column, type and meaning."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["table", "column", "type", "meaning"])
    for table in tables:
        writer.writerows([table.name, c.name, c.dtype, c.comment] for c in table.columns)
    return text.getvalue()


def _write_grids(lake: Lake, folder: Path, progress: Progress) -> int:
    folder.mkdir()
    rows = lake.arrow("SELECT min(material_id) AS material_id, scan_id FROM grids GROUP BY scan_id")
    found = rows.to_pylist()
    for row in followed(progress, "grids", found):
        grid = lake.grid(row["material_id"], scan_id=row["scan_id"]).load()
        write_netcdf(folder / f"{row['scan_id']}.nc", grid)
    return len(found)


def _readme(about: About, tables: Sequence[PackagedTable], n_grids: int) -> str:
    lines = [
        f"# {about.title}",
        "",
        about.description,
        "",
        *(f"- `{parquet_path(t)}` ({t.n_rows} rows): {t.comment}" for t in tables),
    ]
    if n_grids:
        lines.append(f"- `grids/` ({n_grids} files): the grid of each scan, named by `scan_id`.")
    lines += [
        "",
        (
            "`data_dictionary.csv` explains the columns, `croissant.json` describes the tables for"
            " programs, `sha256sum --check SHA256SUMS` checks the files."
        ),
        "",
        f"Cite as: {about.cite_as}.",
    ]
    if about.licences:
        lines += ["", f"Licences of the structures, row by row: {'; '.join(about.licences)}."]
    if about.attributions:
        lines += ["", *about.attributions]
    return "\n".join(lines) + "\n"


def _write_checksums(folder: Path) -> None:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    lines = [f"{file_sha256(path)}  {path.relative_to(folder).as_posix()}\n" for path in files]
    (folder / "SHA256SUMS").write_text("".join(lines), encoding="utf-8")
