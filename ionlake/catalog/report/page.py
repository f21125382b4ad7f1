"""A page of the best materials that needs no other file and no network."""

import html
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from ionlake.catalog.access import Lake
from ionlake.catalog.explorer import markup
from ionlake.catalog.explorer.material import Material, percolates, read_material
from ionlake.catalog.explorer.telling import account_html, headline_html, picture
from ionlake.catalog.figures.pathway import pathway_figure
from ionlake.catalog.figures.reading import Choice, read_ranking
from ionlake.catalog.figures.saving import Provenance
from ionlake.catalog.figures.style import formula_html
from ionlake.catalog.report.profile import profile_figure
from ionlake.lake.progress import Progress, followed, unfollowed

_DPI: Final = 130
_COLUMNS: Final = {
    "Xi": "Ξ",
    "mpe": "MPE (eV)",
    "percolation_barrier_1d_ev": "1D barrier (eV)",
    "percolation_barrier_3d_ev": "3D barrier (eV)",
    "band_gap_ev": "gap (eV)",
    "energy_above_hull_ev_per_atom": "above hull (eV/atom)",
    "min_image_distance_ang": "image (Å)",
}

_PAGE: Final = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>{css}</style>
</head>
<body>
<main>
<h1>{title}</h1>
<p class="note">{provenance}</p>
<p>Ξ ranks by how soft and how connected the surroundings of the moving ion are in the frozen
crystal (<a href="https://arxiv.org/abs/2411.06804">arXiv:2411.06804</a>); it is no conductivity.
Where the ion meets its own image nearer than 5 Å, Ξ may be too high.</p>
{table}
{sections}
</main>
</body>
</html>
"""

_CSS: Final = """
body { margin: 0; background: #f5f7f9; color: #1d2733; line-height: 1.5; font-size: 15px;
  font-family: system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; }
main { max-width: 1080px; margin: 0 auto; padding: 24px; }
section { background: #fff; border: 1px solid #dde2e8; border-radius: 8px; padding: 16px 20px;
  margin: 20px 0; break-inside: avoid; }
h1 { font-size: 26px; margin: 4px 0; } section h1 { font-size: 22px; }
h1 small { font-weight: 400; font-size: 15px; color: #5b6875; margin-left: 10px; }
a { color: #005a9c; } p { margin: 6px 0; } ul { margin: 6px 0; padding-left: 20px; }
.note, .numbers span, dt, th { color: #5b6875; }
.error { color: #8c1d18; background: #fdecea; border-left: 3px solid #c0392b; padding: 6px 12px; }
.numbers { display: grid; grid-template-columns: repeat(auto-fit, minmax(130px, 1fr)); gap: 8px; }
.numbers div { background: #f2f5f8; border-radius: 6px; padding: 6px 10px; }
.numbers b { display: block; font-size: 17px; }
.numbers span { font-size: 12px; overflow-wrap: anywhere; }
.pictures { display: flex; flex-wrap: wrap; gap: 16px; align-items: center; margin: 12px 0; }
.pictures > * { flex: 1 1 380px; min-width: 0; }
table { border-collapse: collapse; width: 100%; background: #fff; font-size: 14px; }
th, td { text-align: right; padding: 5px 10px; border-bottom: 1px solid #dde2e8; }
th:nth-child(-n+3), td:nth-child(-n+3) { text-align: left; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 2px 14px; font-size: 13px; }
dd { margin: 0; overflow-wrap: anywhere; }
.wide { overflow-x: auto; }
summary { cursor: pointer; font-weight: 600; }
"""


def write_report(
    lake: Lake,
    path: Path,
    *,
    top: int = 10,
    rank_column: str = "rank",
    threshold_ev: float = 0.5,
    choice: Choice | None = None,
    progress: Progress = unfollowed,
) -> int:
    """Write the best materials by Ξ into one HTML file.

    Args:
        lake: An open lake.
        path: File to write.
        top: Lowest rank.
        rank_column: Column of candidates that holds the rank.
        threshold_ev: Level on the surfaces, eV.
        choice: Which pool, where there are several.
        progress: Who follows the drawing.

    Returns:
        How many materials are in it.

    Raises:
        LakeError: Nothing is ranked there.
        SettingsError: There are several pools, or the threshold is not positive.
        MissingExtraError: matplotlib or scikit-image is not installed.
        OSError: The file cannot be written.
    """
    table, provenance = read_ranking(lake, top, rank_column, choice or Choice())
    rows = table.to_dict("records")
    sections = [
        _section(lake, row, number, threshold_ev)
        for number, row in enumerate(followed(progress, "materials", rows), start=1)
    ]
    path.write_text(_page(rows, sections, provenance, rank_column), encoding="utf-8")
    return len(rows)


def _page(
    rows: Sequence[dict[Any, Any]],
    sections: Iterable[str],
    provenance: Provenance,
    rank_column: str,
) -> str:
    pool = " without a transition metal" if rank_column != "rank" else ""
    plural = "" if len(rows) == 1 else "s"
    return _PAGE.format(
        title=f"The best {len(rows)} material{plural}{pool} by Ξ",
        css=_CSS,
        provenance=html.escape(str(provenance)),
        table=_ranking(rows, rank_column),
        sections="\n".join(sections),
    )


def _ranking(rows: Sequence[dict[Any, Any]], rank_column: str) -> str:
    shown = [name for name in _COLUMNS if any(name in row for row in rows)]
    head = "".join(f"<th>{each}</th>" for each in ("rank", "material", "formula"))
    head += "".join(f"<th>{_COLUMNS[name]}</th>" for name in shown)
    body = ""
    for number, row in enumerate(rows, start=1):
        cells = (
            markup.value_text(int(row[rank_column])),
            f'<a href="#m{number}">{html.escape(row["material_id"])}</a>',
            formula_html(row["formula"]),
            *(markup.value_text(row[name]) for name in shown),
        )
        body += "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>\n"
    table = f"<table><thead><tr>{head}</tr></thead><tbody>\n{body}</tbody></table>"
    return f'<div class="wide">{table}</div>'


def _section(lake: Lake, row: dict[Any, Any], number: int, threshold_ev: float) -> str:
    material = read_material(lake, row["material_id"], row["scan_id"])
    return (
        f'<section id="m{number}">{headline_html(material)}'
        f'<div class="pictures">{_region(material, threshold_ev)}{_path(material)}</div>'
        f"{account_html(lake, material, 'Xi')}</section>"
    )


def _region(material: Material, threshold_ev: float) -> str:
    told = f"Crystal of {material.formula} and what its ions reach below {threshold_ev:g} eV"
    return picture(pathway_figure([material.scene(threshold_ev)]), told, "png", dpi=_DPI)


def _path(material: Material) -> str:
    found = percolates(material, 1)
    if isinstance(found, str):
        return markup.notice(found)
    return picture(profile_figure(found), f"Energy along the path of {material.formula}")
