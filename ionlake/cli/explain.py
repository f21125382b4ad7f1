"""``ionlake explain``: where a number comes from."""

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ionlake.cli.options import JsonOption, LakeOption, ReleaseOption, ScanOption, lake_path
from ionlake.cli.output import to_json

if TYPE_CHECKING:
    from ionlake.catalog.explain.account import Account


def explain(
    material: Annotated[str, typer.Argument(help="Identifier of a material.")],
    descriptor: Annotated[
        str, typer.Argument(help="Xi, mpe, percolation_barrier_3d_ev, fv_0p5_connected_union, ...")
    ] = "Xi",
    scan: ScanOption = None,
    lake: LakeOption = None,
    release: ReleaseOption = None,
    json: JsonOption = False,
) -> None:
    """Say in plain words how a descriptor of a material arose.

    The number and what went into it, flags that ask for care, how the crystal was scanned, hashes
    of structure, potential and grid, and which run and versions made it. DESCRIBE descriptors in
    ionlake query lists the names.

    \b
    Examples:
      ionlake explain mp-1138
      ionlake explain mp-1138 percolation_barrier_3d_ev --json
    """
    from ionlake.catalog.access import open_lake
    from ionlake.catalog.explain.account import explain as account_of

    with open_lake(lake_path(lake), release=release) as opened:
        account = account_of(opened, material, descriptor, scan_id=scan)
    if json:
        sys.stdout.write(to_json(asdict(account)) + "\n")
    else:
        sys.stdout.write("\n".join(_lines(account)) + "\n")


def _lines(account: "Account") -> list[str]:
    unit = "" if account.unit == "1" else f" {account.unit}"
    value = account.value
    shown = "no value" if value is None else f"{value:.6g}{unit}"
    if isinstance(value, bool):
        shown = "yes" if value else "no"
    s, ids = account.settings, account.identities
    return [
        f"{account.material_id} ({account.formula}): {account.descriptor} = {shown}",
        account.meaning,
        "",
        *(f"  {sentence}" for sentence in account.how),
        "",
        *(f"! {warning}" for warning in account.warnings or ["no flag is raised"]),
        "",
        (
            f"scan         {s['mobile_species']} over {s['n_a']} × {s['n_b']} × {s['n_c']} points"
            f" ({s['grid_protocol']}, at most {s['grid_spacing_ang']:g} Å apart),"
            f" {s['n_mobile_ions']} ion(s), {s['n_ion_orbits']} of them scanned"
        ),
        (
            f"points       {s['points_evaluated']} evaluated, {s['points_copied']} by symmetry,"
            f" {s['points_excluded']} nearer than {s['exclusion_radius_ang']:g} Å to an atom"
        ),
        (
            f"potential    {s['potential']} ({s['dtype']}), evaluator {s['evaluator']}"
            f"{_error(s['evaluator_error_ev'])}"
        ),
        *(f"{name:<12} {value}" for name, value in ids.items() if value is not None),
        _origin("scanned", account.scanned),
        _origin("described", account.described),
    ]


def _error(evaluator_error_ev: float | None) -> str:
    return "" if evaluator_error_ev is None else f", off by at most {evaluator_error_ev:.1g} eV"


def _origin(what: str, run: dict[str, Any] | None) -> str:
    if run is None:
        return f"{what:<12} by a run that is not in the lake"
    versions = ", ".join(f"{name} {version}" for name, version in run["versions"].items())
    return (
        f"{what:<12} {run['started_at']:%Y-%m-%d %H:%M} UTC by run {run['run_id']} of"
        f" {run['recipe']} ({versions})"
    )
