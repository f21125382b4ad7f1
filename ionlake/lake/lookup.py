"""From a material to the grid of one of its scans, or to a trajectory."""

from collections.abc import Sequence
from typing import Any, Final

from ionlake.errors import LakeError
from ionlake.lake.reader import ReleaseReader

_SHOWN: Final = 6


def find_grid(
    release: ReleaseReader,
    material_id: str,
    *,
    mobile_species: str | None = None,
    potential: str | None = None,
    scan_protocol: str | None = None,
    grid_protocol: str | None = None,
    scan_id: str | None = None,
) -> str:
    """Path, relative to the lake, of the one grid of a material that fits.

    Args:
        release: An open release.
        material_id: The material.
        mobile_species: Element that moves, if the material has scans of several.
        potential: Name or identity of the potential, if there are several.
        scan_protocol: frozen_framework or that of a supercell, if there are both.
        grid_protocol: commensurate or paper, if there are both.
        scan_id: One scan of the material's structure, superseded ones included.

    Raises:
        LakeError: The material is unknown, has no such grid, or has several that fit.
    """
    if scan_id is not None:
        grids = _scan_of(release, material_id, scan_id)
    else:
        grids = release.rows(
            "SELECT mobile_species, scan_protocol, grid_protocol, potential, potential_id, scan_id,"
            " grid_path FROM grids WHERE material_id = ?",
            [material_id],
        )
    wanted = {
        "mobile_species": mobile_species,
        "scan_protocol": scan_protocol,
        "grid_protocol": grid_protocol,
    }
    fitting = [
        grid
        for grid in grids
        if all(value in (None, grid[name]) for name, value in wanted.items())
        and potential in (None, grid["potential"], grid["potential_id"])
    ]
    if len(fitting) == 1:
        return str(fitting[0]["grid_path"])
    if fitting:
        raise LakeError(
            f"{material_id} has {len(fitting)} grids that fit: {_choices(fitting)}: choose by"
            " mobile_species, scan_protocol, grid_protocol, potential or scan_id"
        )
    if grids:
        raise LakeError(
            f"{material_id} has no grid like that, only {_choices(grids)}: choose one of these"
        )
    raise _nothing_found(release, material_id, scan_id)


def find_trajectory(
    release: ReleaseReader,
    material_id: str,
    *,
    temperature_k: float | None = None,
    potential: str | None = None,
    md_run_id: str | None = None,
) -> str:
    """Path, relative to the lake, of the one trajectory of a material that fits.

    Args:
        release: An open release.
        material_id: The material.
        temperature_k: Temperature of the run, K, if there are several.
        potential: Name or identity of the potential, if there are several.
        md_run_id: One run of the material's structure.

    Raises:
        LakeError: The material is unknown, has no such trajectory, or has several that fit.
    """
    runs = release.rows(
        "SELECT md_runs.* FROM md_runs JOIN materials USING (structure_id)"
        " WHERE material_id = ? ORDER BY temperature_k DESC, md_run_id",
        [material_id],
    )
    fitting = [
        run
        for run in runs
        if temperature_k in (None, run["temperature_k"])
        and potential in (None, run["potential"], run["potential_id"])
        and md_run_id in (None, run["md_run_id"])
    ]
    if len(fitting) == 1:
        return str(fitting[0]["trajectory_path"])
    if fitting:
        raise LakeError(
            f"{material_id} has {len(fitting)} trajectories that fit: {_md_choices(fitting)}:"
            " choose by temperature_k, potential or md_run_id"
        )
    if runs:
        raise LakeError(
            f"{material_id} has no trajectory like that, only {_md_choices(runs)}: choose one of"
            " these"
        )
    if not release.rows("SELECT 1 FROM materials WHERE material_id = ?", [material_id]):
        raise _nothing_found(release, material_id, None)
    raise LakeError(
        f"{material_id} has no trajectory in release {release.info.number}: run ionlake md on it"
    )


def _md_choices(runs: Sequence[dict[str, Any]]) -> str:
    shown = [
        f"({run['temperature_k']:g} K, {run['potential']}, md_run_id={run['md_run_id']})"
        for run in runs[:_SHOWN]
    ]
    rest = len(runs) - len(shown)
    return ", ".join(shown) + (f" and {rest} more" if rest else "")


def _scan_of(release: ReleaseReader, material_id: str, scan_id: str) -> list[dict[str, Any]]:
    return release.rows(
        "SELECT scans.* FROM scans JOIN materials USING (structure_id)"
        " WHERE material_id = ? AND scan_id = ?",
        [material_id, scan_id],
    )


def _choices(grids: Sequence[dict[str, Any]]) -> str:
    shown = [
        f"({grid['mobile_species']}, {grid['scan_protocol']}, {grid['grid_protocol']},"
        f" {grid['potential']}, scan_id={grid['scan_id']})"
        for grid in grids[:_SHOWN]
    ]
    rest = len(grids) - len(shown)
    return ", ".join(shown) + (f" and {rest} more" if rest else "")


def _nothing_found(release: ReleaseReader, material_id: str, scan_id: str | None) -> LakeError:
    number = release.info.number
    known = release.rows("SELECT formula FROM materials WHERE material_id = ?", [material_id])
    if known and scan_id is not None:
        return LakeError(
            f"{material_id} has no scan {scan_id} in release {number}: leave scan_id out, or look"
            " it up in table scans"
        )
    if known:
        return LakeError(
            f"{material_id} ({known[0]['formula']}) has no finished scan in release {number}:"
            " table failures says whether it failed"
        )
    close = release.rows(
        "SELECT material_id FROM materials"
        " WHERE levenshtein(material_id, ?) <= 3 OR formula = ?"
        " ORDER BY formula = ? DESC, levenshtein(material_id, ?), material_id LIMIT 3",
        [material_id] * 4,
    )
    names = ", ".join(row["material_id"] for row in close)
    hint = f"did you mean {names}?" if names else "table materials lists what is there"
    return LakeError(f"no material {material_id!r} in release {number}: {hint}")
