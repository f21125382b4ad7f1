"""What an Intake catalog of a lake holds, by kind."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ionlake.catalog.readers import LakeGrid, LakeLevelMap, LakeTrajectory

_GRID_SELECTION: Final = {
    "material_id": "material whose grid or trajectory is opened, as in table materials",
    "mobile_species": "element that moves, where a material has grids of several",
    "scan_protocol": "frozen_framework or that of a supercell, where a material has both",
    "grid_protocol": "commensurate or paper, where a material has both",
    "potential": "name or identity of the potential, where there are several",
    "scan_id": "one scan of the material, as in table scans",
}
_MD_SELECTION: Final = {
    "material_id": _GRID_SELECTION["material_id"],
    "potential": _GRID_SELECTION["potential"],
    "temperature_k": "temperature of a trajectory in K, where a material has several",
    "md_run_id": "one run of dynamics of the material, as in table md_runs",
}
SELECTION: Final = _GRID_SELECTION | _MD_SELECTION
"""Parameters of the catalog that choose an array, with their meaning."""


@dataclass(frozen=True)
class ArrayEntry:
    """An entry that gives an xarray Dataset of one material.

    Attributes:
        name: Its name.
        reader: Class of ours that finds it in the lake.
        description: What it is and how to ask for it.
        units: Units of its variables.
        selection: Parameters that choose it.
    """

    name: str
    reader: type[Any]
    description: str
    units: Mapping[str, str]
    selection: tuple[str, ...]


@dataclass(frozen=True)
class Kind:
    """Entries that belong together.

    Attributes:
        name: Name of the nested catalog.
        description: What its entries have in common.
        members: Their names.
    """

    name: str
    description: str
    members: tuple[str, ...]


ARRAYS: Final = (
    ArrayEntry(
        "grids",
        LakeGrid,
        "The PES grid of one material as an xarray Dataset: energy in eV above each ion's minimum,"
        " NaN where excluded. Name the material:"
        ' catalog["grids"](material_id="mp-1960").read()',
        {"energy": "eV", "minimum_energy_ev": "eV", "base_energy_ev": "eV"},
        tuple(_GRID_SELECTION),
    ),
    ArrayEntry(
        "level_maps",
        LakeLevelMap,
        "The level maps of one material as an xarray Dataset, worked out when they are read: the"
        " least energy in eV above its minimum with which each ion reaches each point of the grid."
        ' catalog["level_maps"](material_id="mp-1960").read()',
        {"level": "eV", "seed": "1"},
        tuple(_GRID_SELECTION),
    ),
    ArrayEntry(
        "trajectories",
        LakeTrajectory,
        "A trajectory of molecular dynamics as an xarray Dataset: unwrapped positions in Å over"
        ' time in ps. Name material and temperature: catalog["trajectories"](material_id="mp-1960",'
        ' temperature_k="1000").read()',
        {"position_ang": "Å", "time": "ps", "cell_ang": "Å"},
        tuple(_MD_SELECTION),
    ),
)

KINDS: Final = (
    Kind("arrays", "Grids over a cell and trajectories", tuple(array.name for array in ARRAYS)),
    Kind(
        "screening",
        "Materials, their descriptors and their places by Xi",
        (
            *("candidates", "best_by_chemistry", "rankings", "rankings_image_safe", "descriptors"),
            *("ensemble_ranks", "ensemble_descriptors", "ensemble_members"),
            *("materials", "pathways"),
        ),
    ),
    Kind(
        "dynamics",
        "What molecular dynamics says of them",
        ("md_validation", "conductivities", "diffusivities", "md_runs"),
    ),
    Kind(
        "evidence",
        "Measured and computed conductivities, and how well descriptors find conductors",
        ("labels", "evaluations"),
    ),
)

TABLES: Final = tuple(name for kind in KINDS[1:] for name in kind.members)

_UNITS: Final = {
    "_ev_per_atom": "eV/atom",
    "_s_cm": "S/cm",
    "_cm2_s": "cm²/s",
    "_g_cm3": "g/cm³",
    "_ang3": "Å³",
    "_ang": "Å",
    "_ev": "eV",
    "_ps": "ps",
    "_fs": "fs",
    "_k": "K",
    "_seconds": "s",
}


def unit_of(column: str) -> str | None:
    """Unit of a column of the lake, which its name ends with; None for a column without one."""
    if column == "mpe" or column.startswith("mpe_robust"):
        return "eV"
    bare = column.removesuffix("_low").removesuffix("_high")
    return next((unit for ending, unit in _UNITS.items() if bare.endswith(ending)), None)
