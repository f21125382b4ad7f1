"""SQL functions that read grids; the macros of the catalog folder give them their friendly shape.

DuckDB calls a function with the rows of up to 2,048 materials at once and gets Arrow arrays back.
Maps travel as one list of numbers for each ion, and SQL itself works out indices and coordinates,
for the columns that a statement uses.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final

import duckdb
import numpy as np
import pyarrow as pa
import xarray as xr

from ionlake.errors import QueryError
from ionlake.geometry import FloatArray
from ionlake.lake.sql.grid_store import GridStore
from ionlake.names import ENERGY, LEVEL, STATUS
from ionlake.pes.far_points import POINT_TYPES, far_points
from ionlake.pes.interpolation import interpolate

MOST_POINTS: Final = 50_000_000
"""Points that one call may bring into memory; five bytes each, nine with levels."""

_MAP: Final = {
    "mobile_ion": "INTEGER",
    "n_a": "INTEGER",
    "n_b": "INTEGER",
    "n_c": "INTEGER",
    "cell": "DOUBLE[]",
    "energy": "FLOAT[]",
    "status": "UTINYINT[]",
    "level": "FLOAT[]",
}
_ARROW: Final = {
    "INTEGER": pa.int32(),
    "DOUBLE": pa.float64(),
    "DOUBLE[]": pa.list_(pa.float64()),
    "FLOAT[]": pa.list_(pa.float32()),
    "UTINYINT[]": pa.list_(pa.uint8()),
}
_WHICH: Final = ("VARCHAR", "VARCHAR")  # material and scan


def register_grid_functions(connection: duckdb.DuckDBPyConnection, grids: GridStore) -> None:
    """Make the functions known to a connection and its cursors.

    They are declared to have side effects, or DuckDB would work them out while it plans, and take
    every number of a map for a constant of the statement.

    Args:
        connection: The connection.
        grids: Where grids come from.
    """

    def maps(materials: pa.Array, scans: pa.Array, with_levels: pa.Array) -> pa.Array:
        columns = _ions_with_levels if any(with_levels.to_pylist()) else _ions
        return _listed(_MAP, _each(materials, scans, grids.grid), columns)

    def energies(
        materials: pa.Array, scans: pa.Array, ions: pa.Array, x: pa.Array, y: pa.Array, z: pa.Array
    ) -> pa.Array:
        return _interpolated(grids, materials, scans, ions, (x, y, z))

    def volumes(materials: pa.Array, scans: pa.Array, thresholds: pa.Array) -> pa.Array:
        return _free_volumes(grids, materials, scans, thresholds)

    def points(materials: pa.Array, scans: pa.Array, below: pa.Array, beyond: pa.Array) -> pa.Array:
        wanted = iter(zip(below.to_pylist(), beyond.to_pylist(), strict=True))
        found = (
            None if grid is None or None in limits else far_points(grid, *limits)
            for grid, limits in zip(_each(materials, scans, grids.grid), wanted, strict=True)
        )
        return _listed(POINT_TYPES, found, _rows)

    def add(
        name: str, function: Callable[..., pa.Array], parameters: list[str], result: str
    ) -> None:
        connection.create_function(  # type: ignore[call-overload]
            name,
            function,
            [*_WHICH, *parameters],
            result,
            type="arrow",
            null_handling="special",
            side_effects=True,
        )

    add("_maps", maps, ["BOOLEAN"], _sql_type(_MAP))
    add("_pes_at", energies, ["INTEGER", "DOUBLE", "DOUBLE", "DOUBLE"], "DOUBLE")
    add("_free_volumes", volumes, ["DOUBLE"], "STRUCT(disconnected DOUBLE, connected DOUBLE)")
    add("_far_points", points, ["DOUBLE", "DOUBLE"], _sql_type(POINT_TYPES))
    connection.create_function(
        "grids_opened", lambda: grids.opened, [], "BIGINT", side_effects=True
    )


def _each(
    materials: pa.Array, scans: pa.Array, grid: Callable[[str, str | None], xr.Dataset]
) -> Iterator[xr.Dataset | None]:
    """The grid of each row, None for a null material."""
    points = 0
    for material, scan in zip(materials.to_pylist(), scans.to_pylist(), strict=True):
        found = None if material is None else grid(material, scan)
        points += 0 if found is None else found[ENERGY].size
        if points > MOST_POINTS:
            raise QueryError(
                f"the statement wants the maps of more than {MOST_POINTS} points at once: ask for"
                " fewer materials, chosen in a subquery with LIMIT or WHERE, or use sites_below"
            )
        yield found


def _sql_type(fields: dict[str, str]) -> str:
    return f"STRUCT({', '.join(f'{name} {dtype}' for name, dtype in fields.items())})[]"


def _listed(
    fields: dict[str, str], items: Iterator[Any], columns: Callable[[Any], dict[str, Any]]
) -> pa.Array:
    """A list of structs for each item, null for None.

    Args:
        fields: DuckDB types of the structs' fields by name.
        items: One for each row.
        columns: The fields of an item's structs by name, all of one length.
    """
    lengths: list[int | None] = []
    parts: dict[str, list[pa.Array]] = {name: [] for name in fields}
    for item in items:
        if item is None:
            lengths.append(None)
            continue
        arrays = {
            name: _array(value, _ARROW[fields[name]]) for name, value in columns(item).items()
        }
        lengths.append(len(next(iter(arrays.values()))))
        for name, array in arrays.items():
            parts[name].append(array)
    types = {name: _ARROW[dtype] for name, dtype in fields.items()}
    structs = pa.StructArray.from_arrays(
        [
            pa.concat_arrays(parts[name]) if parts[name] else pa.array([], dtype)
            for name, dtype in types.items()
        ],
        names=list(types),
    )
    ends = np.cumsum([0, *(length or 0 for length in lengths)])
    offsets = pa.array(ends, pa.int32(), mask=np.array([n is None for n in (*lengths, 0)]))
    return pa.ListArray.from_arrays(offsets, structs)


def _array(value: Any, dtype: pa.DataType) -> pa.Array:
    """An Arrow array; of a two-dimensional one, a list for each row. NaN becomes null."""
    if not pa.types.is_list(dtype):
        return pa.array(value, dtype)
    rows, size = value.shape
    flat = pa.array(value.ravel(), dtype.value_type, from_pandas=True)
    return pa.ListArray.from_arrays(pa.array(np.arange(rows + 1) * size, pa.int32()), flat)


def _ions(grid: xr.Dataset) -> dict[str, Any]:
    n_ions, *sizes = grid[ENERGY].shape
    cell = np.array(grid.attrs["cell"], dtype=np.float64)
    return {
        "mobile_ion": np.arange(n_ions),
        **{f"n_{axis}": np.full(n_ions, n) for axis, n in zip("abc", sizes, strict=True)},
        "cell": np.tile(cell.ravel(), (n_ions, 1)),
        "energy": grid[ENERGY].to_numpy().reshape(n_ions, -1),
        "status": grid[STATUS].to_numpy().reshape(n_ions, -1),
        "level": np.empty((n_ions, 0)),
    }


def _ions_with_levels(grid: xr.Dataset) -> dict[str, Any]:
    from ionlake.descriptors.level_maps import level_maps

    columns = _ions(grid)
    levels = level_maps(grid)[LEVEL].to_numpy()
    return columns | {"level": levels.reshape(len(levels), -1)}


def _rows(columns: dict[str, Any]) -> dict[str, Any]:
    return columns


def _interpolated(
    grids: GridStore,
    materials: pa.Array,
    scans: pa.Array,
    ions: pa.Array,
    xyz: tuple[pa.Array, pa.Array, pa.Array],
) -> pa.Array:
    """Energies at the places of all rows, those of one ion together."""
    rows_of: dict[tuple[str | None, str | None, int | None], list[int]] = {}
    keys = zip(materials.to_pylist(), scans.to_pylist(), ions.to_pylist(), strict=True)
    for row, key in enumerate(keys):
        rows_of.setdefault(key, []).append(row)
    places: FloatArray = np.array(
        [axis.to_numpy(zero_copy_only=False) for axis in xyz], dtype=np.float64
    ).T
    energies = np.full(len(places), np.nan)
    for (material, scan, ion), rows in rows_of.items():
        if material is None or ion is None:
            continue
        values = grids.grid(material, scan)[ENERGY].to_numpy()
        if not 0 <= ion < len(values):
            raise QueryError(f"{material} has no mobile ion {ion}; expected 0 to {len(values) - 1}")
        energies[rows] = interpolate(values[ion], places[rows])
    return pa.array(energies, from_pandas=True)


def _free_volumes(
    grids: GridStore, materials: pa.Array, scans: pa.Array, thresholds: pa.Array
) -> pa.Array:
    from ionlake.descriptors.free_volume_at import free_volumes_at

    rows: list[dict[str, float | None]] = []
    for grid, threshold in zip(
        _each(materials, scans, grids.grid), thresholds.to_pylist(), strict=True
    ):
        if grid is None or threshold is None:
            rows.append({"disconnected": None, "connected": None})
            continue
        found = free_volumes_at(grid, [threshold])
        shares = {str(name): float(share[0]) for name, share in found.items()}
        rows.append({name: None if np.isnan(share) else share for name, share in shares.items()})
    kinds = pa.struct([("disconnected", pa.float64()), ("connected", pa.float64())])
    return pa.array(rows, kinds)
