"""What the page of a material shows, read from the lake."""

from dataclasses import dataclass
from typing import Any, Final

import pandas as pd
import xarray as xr

from ionlake.catalog.access import Lake
from ionlake.catalog.figures.arrhenius import arrhenius_figure
from ionlake.catalog.figures.reading import Choice, read_runs
from ionlake.catalog.figures.scene import Scene, pathway_scene
from ionlake.descriptors.keys import DESCRIPTOR_KEYS
from ionlake.descriptors.material_levels import material_levels
from ionlake.descriptors.pathway_dataset import pathway
from ionlake.descriptors.scan_input import read_scan
from ionlake.errors import GridError, QueryError
from ionlake.geometry import FloatArray

PAPER_LEVEL_EV: Final = 0.5
LOWEST_LEVEL_EV: Final = 0.05
_HIGHEST_LEVEL_EV: Final = 6.0
_ABOVE_MPE: Final = 1.25

HEADLINE: Final = (
    *("Xi", "mpe", "percolation_barrier_1d_ev", "percolation_barrier_2d_ev"),
    *("percolation_barrier_3d_ev", "fv_0p5_connected_union", "fv_0p5_disconnected_union"),
)
"""Descriptors at the head of the page."""

_LABEL_COLUMNS: Final = {
    "sigma_s_cm": "σ / S cm⁻¹",
    "temperature_k": "T / K",
    "censored": "upper bound",
    "method": "method",
    "label_set": "set",
    "formula": "composition",
    "matched_by": "matched by",
    "doi": "DOI",
    "note": "note",
}


@dataclass(frozen=True, eq=False)
class Material:
    """A material with one of its scans.

    Attributes:
        material_id: Its id.
        formula: Its formula.
        facts: Row of candidates, else of materials.
        scans: Rows of ``grids``: its current scans.
        grid: The scan that is shown, in memory.
        descriptors: Row of ``descriptor_values``, empty where it is not described.
        levels: What any of its ions needs to reach each grid point, eV.
        known_below_ev: Levels below this are known, eV.
    """

    material_id: str
    formula: str
    facts: dict[str, Any]
    scans: tuple[dict[str, Any], ...]
    grid: xr.Dataset
    descriptors: dict[str, Any]
    levels: FloatArray
    known_below_ev: float

    @property
    def scan_id(self) -> str:
        """The scan that is shown."""
        return str(self.grid.attrs["scan_id"])

    @property
    def xi(self) -> float | None:
        """Its Ξ."""
        return _number(self.descriptors.get("Xi"))

    @property
    def highest_level_ev(self) -> float:
        """End of the range of levels worth a look, eV, in tenths."""
        mpe = _number(self.descriptors.get("mpe")) or 1.0
        wanted = min(max(1.0, _ABOVE_MPE * mpe), _HIGHEST_LEVEL_EV, self.known_below_ev)
        return round(wanted, 1)

    def level(self, wanted: float | None) -> float:
        """A level within the range; by default the paper's 0.5 eV."""
        level = PAPER_LEVEL_EV if wanted is None else wanted
        return min(max(level, LOWEST_LEVEL_EV), self.highest_level_ev)

    def scene(self, level_ev: float) -> Scene:
        """The crystal with the region that its ions reach below a level."""
        return pathway_scene(
            self.grid,
            material_id=self.material_id,
            xi=self.xi,
            threshold_ev=level_ev,
            levels=self.levels,
        )

    def path(self, dimension: int) -> xr.Dataset:
        """The path of a percolation barrier.

        Raises:
            GridError: Nothing percolates in so many dimensions.
        """
        return pathway(self.grid, dimension)

    def headline(self) -> list[tuple[str, str, Any, str]]:
        """Name, unit, value and meaning of the main descriptors."""
        keys = {key.name: key for key in DESCRIPTOR_KEYS}
        return [
            (name, keys[name].unit, self.descriptors[name], keys[name].description)
            for name in HEADLINE
            if name in self.descriptors
        ]


def read_material(lake: Lake, material_id: str, scan_id: str = "") -> Material:
    """Read a material and one of its scans.

    Args:
        lake: An open lake.
        material_id: The material.
        scan_id: The scan; where it is empty the first by mobile species, protocols and potential.

    Raises:
        LakeError: The material is unknown, or has no such scan.
    """
    scans = _rows(
        lake,
        "SELECT * FROM grids WHERE material_id = ?"
        " ORDER BY mobile_species, scan_protocol, grid_protocol, potential, scan_id",
        material_id,
    )
    chosen = scan_id or (scans[0]["scan_id"] if scans else None)
    grid = lake.grid(material_id, scan_id=chosen).load()
    grid.attrs.setdefault("scan_id", chosen)
    known = min(_HIGHEST_LEVEL_EV, read_scan(grid).valid_below_ev)
    described = _rows(
        lake,
        "SELECT * FROM descriptor_values WHERE scan_id = ?"
        " ORDER BY descriptor_version DESC, run_id DESC LIMIT 1",
        grid.attrs["scan_id"],
    )
    facts = _rows(
        lake, "SELECT * FROM candidates WHERE scan_id = ?", grid.attrs["scan_id"]
    ) or _rows(lake, "SELECT * FROM materials WHERE material_id = ?", material_id)
    return Material(
        material_id=material_id,
        formula=str(facts[0]["formula"]),
        facts=facts[0],
        scans=tuple(scans),
        grid=grid,
        descriptors=described[0] if described else {},
        levels=material_levels(grid, known),
        known_below_ev=known,
    )


def read_labels(lake: Lake, material_id: str) -> tuple[list[str], list[list[Any]]]:
    """Headings and rows of the material's labels; no rows in a release without labels."""
    try:
        rows = _rows(
            lake,
            "SELECT * FROM labels WHERE material_id = ? ORDER BY label_set, row_key",
            material_id,
        )
    except QueryError:
        rows = []
    shown = [name for name in _LABEL_COLUMNS if not rows or name in rows[0]]
    return [_LABEL_COLUMNS[name] for name in shown], [[row[name] for name in shown] for row in rows]


def draw_arrhenius(lake: Lake, material_id: str) -> Any:
    """Conductivities over inverse temperature as a matplotlib figure.

    Raises:
        LakeError: There is no molecular dynamics of the material.
    """
    runs, labels, _ = read_runs(lake, [material_id], Choice())
    return arrhenius_figure(runs, labels)


def percolates(material: Material, dimension: int) -> xr.Dataset | str:
    """The path of a percolation barrier, or why there is none."""
    try:
        return material.path(dimension)
    except GridError as error:
        return str(error)


def _rows(lake: Lake, sql: str, value: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = lake.arrow(sql, [value]).to_pylist()
    return rows


def _number(value: Any) -> float | None:
    return None if value is None or pd.isna(value) else float(value)
