"""Opening a lake to read it."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Self

import duckdb
import pandas as pd
import pyarrow as pa
import xarray as xr

import ionlake.accessor  # noqa: F401 - gives every grid its methods
from ionlake.catalog.collection import GridCollection
from ionlake.descriptors.keys import DIMENSIONS, barrier_key
from ionlake.descriptors.pathway_dataset import pathway
from ionlake.errors import LakeError, QueryError
from ionlake.lake import files
from ionlake.lake.grids import open_grid
from ionlake.lake.layout import default_lake_path
from ionlake.lake.lookup import find_grid, find_trajectory
from ionlake.lake.marker import find_lake
from ionlake.lake.reader import ReleaseReader
from ionlake.lake.sql.session import Limits
from ionlake.lake.trajectories import open_trajectory


class Lake:
    """A lake, open for reading at one release.

    All answers come from that release, also while newer ones are published: open the lake again
    to see them. Use as a context manager, or close it.
    """

    def __init__(self, release: ReleaseReader) -> None:
        self._release = release

    @property
    def path(self) -> Path:
        """Folder of the lake; of one in an object store, a `UPath`."""
        return self._release.layout.root

    @property
    def release(self) -> int:
        """Number of the release that is open."""
        return self._release.info.number

    @property
    def grids_opened(self) -> int:
        """How many grids SQL statements have opened so far; in SQL, ``grids_opened()``."""
        return self._release.grids.opened

    def query(
        self,
        sql: str,
        parameters: Sequence[Any] | None = None,
        *,
        timeout_s: float | None = None,
    ) -> pd.DataFrame:
        """Answer an SQL statement with a data frame.

        Args:
            sql: One statement; ``?`` stand for parameters. Beside the tables there are macros and
                functions over the grids, see `connect`.
            parameters: Their values.
            timeout_s: Time after which it is stopped, s; by default it may take any time.

        Raises:
            QueryError: The statement is wrong, would change something, or takes too long.
        """
        return self._release.query(sql, parameters, timeout_s=timeout_s)

    def arrow(
        self,
        sql: str,
        parameters: Sequence[Any] | None = None,
        *,
        timeout_s: float | None = None,
    ) -> pa.Table:
        """As `query`, with an Arrow table, which keeps lists and nulls as they are."""
        return self._release.arrow(sql, parameters, timeout_s=timeout_s)

    def grid(
        self,
        material_id: str,
        *,
        mobile_species: str | None = None,
        potential: str | None = None,
        scan_protocol: str | None = None,
        grid_protocol: str | None = None,
        scan_id: str | None = None,
    ) -> xr.Dataset:
        """The PES grid of a material; values are read when they are used.

        Args:
            material_id: The material.
            mobile_species: Element that moves, if the material has scans of several.
            potential: Name or identity of the potential, if there are several.
            scan_protocol: frozen_framework or that of a supercell, if there are both.
            grid_protocol: commensurate or paper, if there are both.
            scan_id: One scan of the material's structure, superseded ones included.

        Returns:
            ``energy`` (eV above each ion's minimum, NaN where excluded), ``status``,
            ``minimum_energy_ev`` and ``base_energy_ev`` over ``mobile_ion`` and the fractional
            coordinates ``a``, ``b``, ``c``.

        Raises:
            LakeError: The material is unknown, has no such grid, or has several that fit.
        """
        relative = find_grid(
            self._release,
            material_id,
            mobile_species=mobile_species,
            potential=potential,
            scan_protocol=scan_protocol,
            grid_protocol=grid_protocol,
            scan_id=scan_id,
        )
        return open_grid(self._release.layout.resolve(relative))

    def grids(self, which: str | Iterable[str]) -> GridCollection:
        """The grids of many materials, each opened when it is asked for.

        Args:
            which: Identifiers of materials, or an SQL statement with a column ``material_id`` and,
                where materials have several grids, ``scan_id``, such as
                ``FROM candidates WHERE Xi > 0.9``.

        Returns:
            A mapping from material_id to datasets as `grid` gives them, with Dask arrays.

        Raises:
            LakeError: A material is unknown, has no grid, or has several that fit.
            QueryError: The statement is wrong, has no such column, or names a material twice.
        """
        chosen = self._chosen(which)
        twice = len(chosen) - len({material_id for material_id, _ in chosen})
        if twice:
            raise QueryError(
                f"{twice} rows name a material that is there already: choose one grid of each, such"
                " as by grid_protocol and potential"
            )
        locate = self._release.grids.locate
        return GridCollection({name: locate(name, scan_id) for name, scan_id in chosen})

    def _chosen(self, which: str | Iterable[str]) -> list[tuple[str, str | None]]:
        """Pairs of material and scan, the scan None where there is nothing to choose."""
        if not isinstance(which, str):
            return [(material_id, None) for material_id in dict.fromkeys(which)]
        rows = self.arrow(which)
        if "material_id" not in rows.column_names:
            raise QueryError(
                f"the statement gives {', '.join(rows.column_names)}; expected a column material_id"
            )
        ids = rows["material_id"].to_pylist()
        scans = rows["scan_id"].to_pylist() if "scan_id" in rows.column_names else [None] * len(ids)
        return list(zip(ids, scans, strict=True))

    def pathway(
        self,
        material_id: str,
        dimension: int = 1,
        *,
        mobile_ion: int | None = None,
        mobile_species: str | None = None,
        potential: str | None = None,
        scan_protocol: str | None = None,
        grid_protocol: str | None = None,
        scan_id: str | None = None,
    ) -> xr.Dataset:
        """The path with which an ion of a material percolates in so many dimensions.

        It is traced in the stored grid when it is asked for, also in lakes without a table
        ``pathways``, which holds the same paths.

        Args:
            material_id: The material.
            dimension: 1, 2 or 3.
            mobile_ion: The ion; by default the first of those with the lowest barrier.
            mobile_species: Element that moves, if the material has scans of several.
            potential: Name or identity of the potential, if there are several.
            scan_protocol: frozen_framework or that of a supercell, if there are both.
            grid_protocol: commensurate or paper, if there are both.
            scan_id: One scan of the material's structure, superseded ones included.

        Returns:
            ``energy_ev``, ``distance_ang``, ``fractional`` and ``cartesian_ang`` over ``point``;
            barrier, direction and bottleneck as attributes: see
            `ionlake.descriptors.pathway_dataset.pathway`.

        Raises:
            LakeError: The material is unknown, has no such grid, or has several that fit.
            GridError: There is no such ion, or nothing percolates.
        """
        grid = self.grid(
            material_id,
            mobile_species=mobile_species,
            potential=potential,
            scan_protocol=scan_protocol,
            grid_protocol=grid_protocol,
            scan_id=scan_id,
        )
        if mobile_ion is None and dimension in DIMENSIONS:
            mobile_ion = self._setting_ion(grid.attrs["scan_id"], dimension)
        found = pathway(grid, dimension, mobile_ion=mobile_ion)
        return found.assign_attrs(material_id=material_id, release=self.release)

    def _setting_ion(self, scan_id: str, dimension: int) -> int | None:
        """The ion that sets a percolation barrier, where the descriptors tell."""
        barrier = barrier_key(dimension)
        rows = self._release.rows(
            f"SELECT mobile_ion FROM mobile_ions WHERE scan_id = ? AND {barrier} IS NOT NULL"  # noqa: S608
            f" ORDER BY {barrier}, mobile_ion LIMIT 1",
            [scan_id],
        )
        return rows[0]["mobile_ion"] if rows else None

    def trajectory(
        self,
        material_id: str,
        *,
        temperature_k: float | None = None,
        potential: str | None = None,
        md_run_id: str | None = None,
    ) -> xr.Dataset:
        """A trajectory of a material; values are read when they are used.

        Args:
            material_id: The material.
            temperature_k: Temperature of the run, K, if there are several.
            potential: Name or identity of the potential, if there are several.
            md_run_id: One run of the material's structure, as in table md_runs.

        Returns:
            ``position_ang`` over ``time`` (ps), ``atom`` and ``xyz``, never wrapped; temperature
            and energies over ``time``; ``atomic_number``, ``mobile`` and ``reference_ang`` over
            ``atom``; ``cell_ang``.

        Raises:
            LakeError: The material is unknown, has no such trajectory, or has several that fit.
        """
        relative = find_trajectory(
            self._release,
            material_id,
            temperature_k=temperature_k,
            potential=potential,
            md_run_id=md_run_id,
        )
        return open_trajectory(self._release.layout.resolve(relative))

    def catalog(self) -> Any:
        """The lake's Intake catalog, as `intake.open_catalog` opens it.

        Raises:
            LakeError: The lake has no catalog file.
        """
        path = self._release.layout.catalog_file
        if not files.exists(path):
            raise LakeError(f"there is no catalog at {path}: publish a release to write it")
        import intake

        return intake.open_catalog(str(path))

    def close(self) -> None:
        """Close the release."""
        self._release.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Lake({str(self.path)!r}, release={self.release})"


@contextmanager
def open_releases(
    path: str | Path, before: int, after: int
) -> Iterator[tuple[ReleaseReader, ReleaseReader]]:
    """Two releases of a lake, open for the length of the block.

    Args:
        path: Folder of the lake, or its URL.
        before: Number of the one.
        after: Number of the other.

    Raises:
        LakeError: Not a lake, a lake of a newer format, or no such release.
    """
    layout = find_lake(path)
    with (
        closing(ReleaseReader.open(layout, before)) as one,
        closing(ReleaseReader.open(layout, after)) as other,
    ):
        yield one, other


def open_lake(
    path: str | Path | None = None, *, release: int | None = None, memory: str | None = None
) -> Lake:
    """Open a lake to read it; neither takes nor waits for the writer's lock.

    Args:
        path: Folder of the lake, or its URL such as ``s3://bucket/prefix``; by default
            ``$IONLAKE_LAKE`` or ``ionlake-lake`` here.
        release: Number of the release, by default the current one.
        memory: What SQL may use, such as ``2GB``; by default four fifths of the machine's.

    Raises:
        LakeError: Not a lake, a lake of a newer format, nothing published yet, no such release, or
            a store that does not answer or refuses (`StoreError`).
        SettingsError: An amount of memory that DuckDB does not take.
        MissingExtraError: The packages for such a URL are not installed.
    """
    layout = find_lake(default_lake_path() if path is None else path)
    return Lake(ReleaseReader.open(layout, release, Limits(memory)))


def connect(
    path: str | Path | None = None,
    release: int | None = None,
    *,
    memory: str | None = None,
    threads: int | None = None,
) -> duckdb.DuckDBPyConnection:
    """A DuckDB connection to one release of a lake, locked so that it may serve any SQL.

    It reads the release and its grids and nothing else: no other file, no network, no extension,
    and its settings cannot be changed. Beside tables and views it knows the macros
    ``by_chemical_system``, ``by_elements``, ``by_stability``, ``pes``, ``level_map``,
    ``grid_stats``, ``sites_below``, ``pes_at``, ``free_volume`` and ``connected_free_volume``;
    their comments, in ``duckdb_functions()``, say what they give. ``grids_opened()`` counts the
    grids that were opened. A statement that runs too long is stopped by ``interrupt()`` from
    another thread. Tables that a statement makes live in memory and end with the connection. A
    ``cursor()`` of it finds tables and macros after ``SET search_path = 'lake,memory'``.

    Args:
        path: Folder of the lake, or its URL; by default ``$IONLAKE_LAKE`` or ``ionlake-lake`` here.
        release: Number of the release, by default the current one.
        memory: What statements may use, such as ``2GB``; by default four fifths of the machine's.
        threads: Number of threads, by default one for each core.

    Raises:
        LakeError: Not a lake, nothing published yet, no such release, or a store that does not
            answer or refuses (`StoreError`).
        SettingsError: A limit that DuckDB does not take.
    """
    layout = find_lake(default_lake_path() if path is None else path)
    return ReleaseReader.open(layout, release, Limits(memory, threads)).connection
