"""What the page of a material says in words and tables, as HTML."""

import base64
import html
import io
from typing import Any

from ionlake.catalog.access import Lake
from ionlake.catalog.explain.account import Account, explain
from ionlake.catalog.explorer import markup
from ionlake.catalog.explorer.material import Material, draw_arrhenius, read_labels
from ionlake.catalog.figures.style import formula_html, styled
from ionlake.errors import IonlakeError


def headline_html(material: Material) -> str:
    """Formula, id, chemistry and the main descriptors."""
    facts = material.facts
    title = (
        f"<h1>{formula_html(material.formula)}"
        f" <small>{html.escape(material.material_id)}</small></h1>"
    )
    about = [
        _with(facts.get("space_group_symbol"), ""),
        _with(facts.get("band_gap_ev"), " eV gap"),
        _with(facts.get("energy_above_hull_ev_per_atom"), " eV/atom above hull"),
        _with(facts.get("n_sites"), " sites"),
        _with(facts.get("min_image_distance_ang"), " Å to the image"),
        _with(facts.get("rank"), "", "rank "),
        _with(facts.get("potential"), ""),
    ]
    line = " · ".join(html.escape(each) for each in about if each)
    boxes = "".join(
        f'<div title="{html.escape(meaning)}"><b>{_quantity(value, unit)}</b>'
        f"<span>{html.escape(name)}</span></div>"
        for name, unit, value, meaning in material.headline()
    )
    return f'{title}<p class="note">{line}</p><div class="numbers">{boxes}</div>'


def account_html(lake: Lake, material: Material, descriptor: str) -> str:
    """How a descriptor arose, what to beware of, settings and identities."""
    try:
        account = explain(lake, material.material_id, descriptor, scan_id=material.scan_id)
    except IonlakeError as error:
        return markup.notice(str(error), "error")
    told = f"{account.descriptor} = {_quantity(account.value, account.unit)}"
    warnings = "".join(markup.notice(each, "error") for each in account.warnings)
    return (
        f"<p><b>{html.escape(told)}</b> {html.escape(account.meaning)}</p>"
        f"{markup.paragraphs(account.how)}{warnings}{_origin(account)}"
    )


def labels_html(lake: Lake, material_id: str) -> str:
    """Measured and computed conductivities of the material."""
    head, rows = read_labels(lake, material_id)
    if not rows:
        return markup.notice("No measured or computed conductivity is matched to this material.")
    return markup.table(head, rows)


def dynamics_html(lake: Lake, material_id: str) -> str:
    """Conductivities over inverse temperature as a picture, or why there is none."""
    try:
        figure = draw_arrhenius(lake, material_id)
    except IonlakeError as error:
        return markup.notice(str(error))
    return picture(figure, f"Arrhenius plot of {material_id}")


def picture(figure: Any, alternative: str, form: str = "svg+xml", **options: Any) -> str:
    """A matplotlib figure as an image that needs no other file.

    Args:
        figure: The figure.
        alternative: What it shows, for those who cannot see it.
        form: svg+xml or png.
        options: For ``savefig``.
    """
    drawn = io.BytesIO()
    with styled():
        figure.savefig(drawn, format=form.removesuffix("+xml"), **options)
    coded = base64.b64encode(drawn.getvalue()).decode()
    return (
        f'<img src="data:image/{form};base64,{coded}" alt="{html.escape(alternative)}"'
        ' style="max-width: 100%; height: auto">'
    )


def _origin(account: Account) -> str:
    runs = {"scanned": account.scanned, "described": account.described}
    told = [
        (name, f"{run['started_at']} by run {run['run_id']} of {run['recipe']}, {_versions(run)}")
        for name, run in runs.items()
        if run is not None
    ]
    parts = {
        "Settings of the scan": list(account.settings.items()),
        "Identities and runs": [*account.identities.items(), *told],
    }
    return "".join(
        f"<details><summary>{title}</summary>{markup.definitions(pairs)}</details>"
        for title, pairs in parts.items()
    )


def _quantity(value: Any, unit: str) -> str:
    return _with(value, "" if unit == "1" else f" {unit}") or markup.NOTHING


def _versions(run: dict[str, Any]) -> str:
    return ", ".join(f"{name} {version}" for name, version in run["versions"].items())


def _with(value: Any, unit: str, before: str = "") -> str:
    text = markup.value_text(value)
    return "" if text == markup.NOTHING else f"{before}{text}{unit}"
