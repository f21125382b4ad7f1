"""The page of one material."""

import functools
import html
from typing import Any, Final

import panel as pn

from ionlake.catalog.access import Lake
from ionlake.catalog.explorer import markup
from ionlake.catalog.explorer.downloads import FORMATS, file_name, material_file
from ionlake.catalog.explorer.frames import below
from ionlake.catalog.explorer.look import CARD_CSS, TEXT_CSS
from ionlake.catalog.explorer.material import LOWEST_LEVEL_EV, Material, percolates
from ionlake.catalog.explorer.plots import profile_plot, scene_plot, slice_plot
from ionlake.catalog.explorer.slices import cut, energies_of, plane_of_minimum
from ionlake.catalog.explorer.state import MaterialState, to_query
from ionlake.catalog.explorer.telling import account_html, dynamics_html, headline_html, labels_html
from ionlake.descriptors.keys import DESCRIPTOR_KEYS, DIMENSIONS
from ionlake.names import AXES

_HEIGHT: Final = 430
_PLOT: Final[dict[str, Any]] = {
    "sizing_mode": "stretch_width",
    "height": _HEIGHT,
    "config": {"displaylogo": False, "responsive": True},
}
_ALL_IONS: Final = -1
"""Choice of the slice through the lowest energies of all ions; a list takes None for no choice."""


class MaterialPage:
    """One visitor's page of a material: widgets, and plots that follow them."""

    def __init__(self, lake: Lake, material: Material, state: MaterialState) -> None:
        self._lake, self._material = lake, material
        self._path = functools.lru_cache(functools.partial(percolates, material))
        self._level = _level_slider(material, state)
        self._axis, self._ion, self._plane = _slice_controls(material, state)
        self._dimension = _dimension_choice(state)
        self._explain = _explain_choice(state)
        self._scan = _scan_choice(material)
        self._reached = _text("")
        self._scene = pn.pane.Plotly(None, **_PLOT)
        self._slice = pn.pane.Plotly(None, **_PLOT)
        self._profile = pn.Column(sizing_mode="stretch_width", min_height=_HEIGHT)
        self._account = _text("")
        self._follow()

    def view(self) -> Any:
        """The page."""
        material = self._material
        top = _text(headline_html(material))
        crystal = _card("Where ions can go", self._level, self._reached, self._scene)
        cuts = pn.FlexBox(self._axis, self._ion, align_items="end")
        plane = _card("Slice through the energies", cuts, self._plane, self._slice)
        path = _card("Along the path", self._dimension, self._profile)
        dynamics = _card("Conductivity", _text(dynamics_html(self._lake, material.material_id)))
        origin = _card("Where a number comes from", self._explain, self._account)
        labels = _card("Labels", _text(labels_html(self._lake, material.material_id)))
        rows = [
            pn.Row(
                *map(_sharing, pair),
                styles={"gap": "16px", "flex-wrap": "wrap", "min-width": "0"},
                sizing_mode="stretch_width",
            )
            for pair in ((crystal, plane), (path, origin), (dynamics, labels))
        ]
        head = [top, *([self._scan] if self._scan is not None else []), _downloads(material)]
        return below(_card(None, *head), *rows)

    def _follow(self) -> None:
        for widget, update in (
            (self._level, self._show_scene),
            (self._axis, self._show_slice),
            (self._ion, self._show_slice),
            (self._plane, self._show_slice),
            (self._dimension, self._show_path),
            (self._dimension, self._show_scene),
            (self._explain, self._show_account),
        ):
            what = "value_throttled" if hasattr(widget, "value_throttled") else "value"
            widget.param.watch(lambda _, update=update: self._changed(update), what)
        for show in (self._show_scene, self._show_slice, self._show_path, self._show_account):
            show()
        if self._scan is not None:
            self._scan.param.watch(self._go_to_scan, "value")

    def _changed(self, update: Any) -> None:
        update()
        pn.state.location.search = to_query(self._state())

    def _state(self) -> MaterialState:
        material = self._material
        first = material.scans[0]["scan_id"] if material.scans else material.scan_id
        return MaterialState(
            material=material.material_id,
            scan="" if material.scan_id == first else material.scan_id,
            level=self._level.value,
            axis=self._axis.value,
            plane=self._plane.value,
            ion=self._shown_ion,
            dimension=self._dimension.value,
            explain=self._explain.value,
        )

    @property
    def _shown_ion(self) -> int | None:
        return None if self._ion.value == _ALL_IONS else self._ion.value

    def _show_scene(self) -> None:
        scene = self._material.scene(self._level.value)
        told = f"Ions reach {100 * scene.share:.2g} % of the cell below {scene.threshold_ev:g} eV"
        self._reached.object = markup.notice(told)
        path = self._path(self._dimension.value)
        self._scene.object = scene_plot(scene, None if isinstance(path, str) else path)

    def _show_slice(self) -> None:
        grid, axis = self._material.grid, self._axis.value
        last = grid.sizes[axis] - 1
        self._plane.param.update(end=last, value=min(self._plane.value, last))
        energies = energies_of(grid, self._shown_ion)
        found = cut(grid, energies, axis, self._plane.value)
        self._plane.name = f"Grid plane, {axis} = {found.fraction:.3f}"
        self._slice.object = slice_plot(found)

    def _show_path(self) -> None:
        found = self._path(self._dimension.value)
        if isinstance(found, str):
            self._profile[:] = [_text(markup.notice(found))]
            return
        told = (
            f"Along [{' '.join(str(each) for each in found.attrs['direction'])}],"
            f" {found.attrs['length_ang']:.2f} Å, {found.sizes['point'] - 1} grid steps"
        )
        plot = pn.pane.Plotly(profile_plot(found), **{**_PLOT, "height": _HEIGHT - 40})
        self._profile[:] = [_text(markup.notice(told)), plot]

    def _show_account(self) -> None:
        self._account.object = account_html(self._lake, self._material, self._explain.value)

    def _go_to_scan(self, event: Any) -> None:
        location = pn.state.location
        location.param.update(
            search=to_query(MaterialState(self._material.material_id, event.new)), reload=True
        )


def _level_slider(material: Material, state: MaterialState) -> Any:
    return pn.widgets.FloatSlider(
        name="Energy level above the minimum (eV)",
        start=LOWEST_LEVEL_EV,
        end=max(material.highest_level_ev, 2 * LOWEST_LEVEL_EV),
        step=0.05,
        value=material.level(state.level),
        sizing_mode="stretch_width",
    )


def _slice_controls(material: Material, state: MaterialState) -> tuple[Any, Any, Any]:
    n_ions = material.grid.sizes["mobile_ion"]
    axis = state.axis if state.axis in AXES else AXES[-1]
    ion = state.ion if state.ion in range(n_ions) else None
    last = material.grid.sizes[axis] - 1
    plane = plane_of_minimum(material.grid, ion, axis) if state.plane is None else state.plane
    names = {"lowest of all": _ALL_IONS, **{f"ion {number}": number for number in range(n_ions)}}
    return (
        pn.widgets.RadioButtonGroup(name="Axis", options=list(AXES), value=axis, width=120),
        pn.widgets.Select(
            name="Mobile ion", options=names, value=_ALL_IONS if ion is None else ion, width=150
        ),
        pn.widgets.IntSlider(
            name="Grid plane",
            start=0,
            end=last,
            value=min(max(plane, 0), last),
            sizing_mode="stretch_width",
        ),
    )


def _dimension_choice(state: MaterialState) -> Any:
    names = {f"{dimension}D": dimension for dimension in DIMENSIONS}
    chosen = state.dimension if state.dimension in DIMENSIONS else 1
    return pn.widgets.RadioButtonGroup(name="Dimension", options=names, value=chosen, width=180)


def _explain_choice(state: MaterialState) -> Any:
    names = [key.name for key in DESCRIPTOR_KEYS]
    chosen = state.explain if state.explain in names else "Xi"
    return pn.widgets.Select(name="Descriptor", options=names, value=chosen, width=320)


def _scan_choice(material: Material) -> Any | None:
    if len(material.scans) < 2:
        return None
    names = {
        f"{scan['mobile_species']} · {scan['scan_protocol']} · {scan['grid_protocol']} ·"
        f" {scan['potential']} · {scan['scan_id'][:8]}": scan["scan_id"]
        for scan in material.scans
    }
    return pn.widgets.Select(name="Scan", options=names, value=material.scan_id, width=560)


def _downloads(material: Material) -> Any:
    forms = [form for form in FORMATS if form != "cif" or _has_path(material)]
    buttons = [
        pn.widgets.FileDownload(
            callback=lambda form=form: material_file(material, form),
            filename=file_name(material.material_id, form),
            label=FORMATS[form][0],
            width=190,
            margin=(4, 8, 4, 0),
        )
        for form in forms
    ]
    return pn.FlexBox(*buttons)


def _has_path(material: Material) -> bool:
    return not isinstance(percolates(material, 1), str)


def _text(text: str) -> Any:
    return pn.pane.HTML(text, sizing_mode="stretch_width", stylesheets=[TEXT_CSS], margin=0)


def _sharing(card: Any) -> Any:
    """A card that shares a row with another where it is wide enough for both."""
    card.styles = {"flex": "1 1 420px", "min-width": "0"}
    return card


def _card(title: str | None, *parts: Any) -> Any:
    head = [] if title is None else [_text(f"<h2>{html.escape(title)}</h2>")]
    return pn.Column(*head, *parts, sizing_mode="stretch_width", stylesheets=[CARD_CSS])
