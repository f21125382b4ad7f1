"""What a lake knows about a material's descriptors, gathered."""

from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import xarray as xr

from ionlake.catalog.access import Lake
from ionlake.descriptors.keys import DESCRIPTOR_KEYS, DIMENSIONS, DescriptorKey, barrier_key
from ionlake.errors import LakeError, SettingsError
from ionlake.lake.schema import POOL_COLUMNS

Fact = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Facts:
    """Rows about one material and scan.

    Attributes:
        key: The descriptor that is asked for.
        material: Row of ``materials``.
        scan: Row of ``scans``.
        descriptors: Row of ``descriptor_values``, the newest of the scan.
        ions: Rows of ``mobile_ions``, in the order of the ions.
        ranking: Row of ``rankings``, with the size of its pool as ``n_ranked``; None if not ranked.
        scan_run: Row of ``runs`` of the scan, None where it is not in the lake.
        descriptor_run: The same of the descriptors.
        tombstone: Row of ``tombstones``, None while the source offers the material.
        path: The path of a percolation barrier, None for other descriptors.
        release: Number of the release.
    """

    key: DescriptorKey
    material: Fact
    scan: Fact
    descriptors: Fact
    ions: tuple[Fact, ...]
    ranking: Fact | None
    scan_run: Fact | None
    descriptor_run: Fact | None
    tombstone: Fact | None
    path: xr.Dataset | None
    release: int

    @property
    def value(self) -> float | bool | None:
        """The number."""
        found: float | bool | None = self.descriptors[self.key.name]
        return found


def gather(lake: Lake, material_id: str, descriptor: str, scan_id: str | None = None) -> Facts:
    """Gather what explains a descriptor of a material.

    Args:
        lake: The lake, open.
        material_id: The material.
        descriptor: Name of a column of ``descriptor_values``.
        scan_id: One scan, where the material has several.

    Raises:
        SettingsError: There is no such descriptor.
        LakeError: The material is unknown, or has no such scan or descriptors, or several scans.
    """
    key = _key(descriptor)
    grid = lake.grid(material_id, scan_id=scan_id)
    scan = _one(lake, "SELECT * FROM scans WHERE scan_id = ?", grid.attrs["scan_id"])
    described = _rows(
        lake,
        "SELECT * FROM descriptor_values WHERE scan_id = ?"
        " ORDER BY descriptor_version DESC, run_id DESC LIMIT 1",
        scan["scan_id"],
    )
    if not described:
        raise LakeError(
            f"scan {scan['scan_id']} of {material_id} is not described yet: run its recipe again"
        )
    (values,) = described
    ions = "SELECT * FROM mobile_ions WHERE descriptor_id = ? ORDER BY mobile_ion"
    return Facts(
        key=key,
        material=_one(lake, "SELECT * FROM materials WHERE material_id = ?", material_id),
        scan=scan,
        descriptors=values,
        ions=tuple(_rows(lake, ions, values["descriptor_id"])),
        ranking=_ranking(lake, material_id, scan["scan_id"]),
        scan_run=_first(lake, "SELECT * FROM runs WHERE run_id = ?", scan["run_id"]),
        descriptor_run=_first(lake, "SELECT * FROM runs WHERE run_id = ?", values["run_id"]),
        tombstone=_first(lake, "SELECT * FROM tombstones WHERE material_id = ?", material_id),
        path=_path(lake, material_id, key.name, values),
        release=lake.release,
    )


def _key(name: str) -> DescriptorKey:
    keys = {key.name: key for key in DESCRIPTOR_KEYS}
    if name in keys:
        return keys[name]
    close = ", ".join(get_close_matches(name, keys, n=3)) or "Xi, mpe, percolation_barrier_3d_ev"
    raise SettingsError(f"there is no descriptor {name!r}; expected one such as {close}")


def _path(lake: Lake, material_id: str, name: str, values: Fact) -> xr.Dataset | None:
    for dimension in DIMENSIONS:
        if name == barrier_key(dimension) and values[name] is not None:
            return lake.pathway(material_id, dimension, scan_id=values["scan_id"])
    return None


def _ranking(lake: Lake, material_id: str, scan_id: str) -> Fact | None:
    columns = _rows(
        lake, "SELECT column_name FROM duckdb_columns() WHERE table_name = ?", "rankings"
    )
    there = {row["column_name"] for row in columns}  # older releases have fewer
    pool = ", ".join(name for name in POOL_COLUMNS if name in there)
    return _first(
        lake,
        f"FROM (SELECT *, count(Xi) OVER (PARTITION BY {pool}) AS n_ranked FROM rankings)"  # noqa: S608
        " WHERE material_id = ? AND scan_id = ?",
        material_id,
        scan_id,
    )


def _rows(lake: Lake, sql: str, *parameters: str) -> list[Fact]:
    rows: list[Fact] = lake.arrow(sql, parameters).to_pylist()
    return rows


def _first(lake: Lake, sql: str, *parameters: str) -> Fact | None:
    return next(iter(_rows(lake, sql, *parameters)), None)


def _one(lake: Lake, sql: str, *parameters: str) -> Fact:
    (row,) = _rows(lake, sql, *parameters)
    return row
