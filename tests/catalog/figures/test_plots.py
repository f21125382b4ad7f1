"""Figures of conductivities and ranks, from plain tables."""

import numpy as np
import pandas as pd
import pytest

import ionlake
from ionlake.catalog.figures.arrhenius import arrhenius_figure
from ionlake.catalog.figures.histogram import histogram_figure, split
from ionlake.catalog.figures.rank import rank_figure
from ionlake.catalog.figures.reading import Choice, read_groups, read_ranking, read_runs
from ionlake.catalog.figures.saving import Provenance, save_figure
from ionlake.catalog.figures.style import formula_html, formula_label
from ionlake.errors import SettingsError
from tests.catalog.figures.lakes import BOUND, CONDUCTOR, INSULATOR, lake_with_dynamics


@pytest.fixture(scope="module")
def lake(tmp_path_factory):
    with ionlake.open_lake(lake_with_dynamics(tmp_path_factory.mktemp("figures"))) as opened:
        yield opened


def drawn(axes, marker, fill=None):
    """Points of all lines with a marker, those of the legend left out."""
    return [
        (float(x), float(y))
        for line in axes.get_lines()
        if line.get_marker() == marker and fill in (None, line.get_markerfacecolor())
        for x, y in zip(line.get_xdata(), line.get_ydata(), strict=True)
    ]


def test_runs_bounds_labels_and_the_fit_stand_where_they_belong(lake):
    runs, labels, provenance = read_runs(lake, [CONDUCTOR, INSULATOR], Choice())
    axes = arrhenius_figure(runs, labels).axes[0]
    values = sorted(drawn(axes, "o"))
    assert (1.0, 1000.0) in values
    assert (2.0, pytest.approx(25)) in values
    assert sorted(drawn(axes, "o", "white")) == [
        (pytest.approx(1000 / 667), pytest.approx(667 * BOUND)),
        (2.0, pytest.approx(500 * BOUND)),
    ]
    measured = {(round(x, 3), round(y, 12)) for x, y in drawn(axes, "*")}
    assert measured == {(round(1000 / 298, 3), 0.0298), (2.5, 4e-7)}
    (band,) = [each for each in axes.collections if each.get_alpha() is not None]
    inverse = band.get_paths()[0].vertices[:, 0]
    assert inverse.min() == pytest.approx(1)
    assert inverse.max() == pytest.approx(1000 / 300)
    assert "toy (mlmd)" in str(provenance)
    fit = lake.query("FROM md_validation WHERE selection = 'top'").iloc[0]
    (line,) = [each for each in axes.get_lines() if len(each.get_xdata()) == 80]
    assert line.get_ydata()[-1] == pytest.approx(300 * fit.conductivity_300k_s_cm)
    assert f"{fit.activation_energy_ev:.2f} ±" in axes.figure.legends[0].get_texts()[0].get_text()


def test_conductivity_itself_can_be_drawn(lake):
    runs, labels, _ = read_runs(lake, [CONDUCTOR], Choice())
    axes = arrhenius_figure(runs, labels, times_temperature=False).axes[0]
    assert (1.0, 1.0) in drawn(axes, "o")
    assert "S cm" in axes.get_ylabel()


def test_more_materials_than_colours_are_refused(lake):
    runs, _, _ = read_runs(lake, [CONDUCTOR], Choice())
    many = pd.concat([runs.assign(material_id=f"m{n}") for n in range(9)])
    with pytest.raises(SettingsError, match="got 9 materials, expected at most 8"):
        arrhenius_figure(many)


def test_bounds_are_hatched_apart_from_values(lake):
    table, _ = read_groups(lake, Choice())
    panels = np.reshape(histogram_figure(table).axes, (2, 3))
    top, control = panels[:, 1]
    assert [bar.get_height() for bar in top.patches if bar.get_height()] == [100]
    assert not any(bar.get_hatch() for bar in top.patches if bar.get_height())
    (bound,) = [bar for bar in control.patches if bar.get_height()]
    assert bound.get_hatch() == "////"
    assert bound.get_x() <= np.log10(BOUND) < bound.get_x() + bound.get_width()
    assert "1 materials, 1 with a bound only" in control.texts[0].get_text()


def test_zero_and_missing_conductivities():
    rows = pd.DataFrame({"x_s_cm": [0.0, 1e-3, None, None], "x_upper_s_cm": [1, 1, 1e-4, None]})
    values, bounds = split(rows, "x")
    assert values.tolist() == [-15, -3]
    assert bounds.tolist() == [-4]


def test_whiskers_are_drawn_where_there_are_intervals(lake):
    table, provenance = read_ranking(lake, 5, "rank", Choice())
    assert len(table) == 2
    plain = rank_figure(table).axes[0]
    assert not plain.collections
    assert plain.get_yticklabels()[0].get_text().startswith(formula_label(table.formula[0]))
    with_intervals = table.assign(Xi_min=table.Xi - 0.1, Xi_max=table.Xi + 0.1)
    (whiskers,) = rank_figure(with_intervals).axes[0].collections
    assert whiskers.get_segments()[0][:, 0].tolist() == pytest.approx(
        [table.Xi[0] - 0.1, table.Xi[0] + 0.1]
    )
    assert "analytic" in str(provenance)


@pytest.mark.parametrize("suffix", ["png", "svg", "pdf", "html"])
def test_every_format_tells_where_the_numbers_come_from(lake, tmp_path, suffix):
    table, _ = read_ranking(lake, 5, "rank", Choice())
    path = tmp_path / f"rank.{suffix}"
    save_figure(rank_figure(table), path, "Rank & file", Provenance(41, ("toy potential",)), 60)
    content = path.read_bytes()
    if suffix == "png":
        from PIL import Image

        assert "lake release 41" in Image.open(path).text["Description"]
    elif suffix == "pdf":
        assert "lake release 41".encode("utf-16-be") in content
    else:
        assert b"Rank &amp; file" in content
    if suffix == "html":
        assert content.startswith(b"<!DOCTYPE html>")
        assert b"<svg" in content
        assert b"http-equiv" not in content


def test_formulas_have_subscripts():
    assert formula_label("Li10Ge(PS6)2") == "Li$_{10}$Ge(PS$_{6}$)$_{2}$"
    assert formula_html("Li3N") == "Li<sub>3</sub>N"
    assert formula_html("<b>Li") == "&lt;b&gt;Li"
    assert formula_label("LiF") == "LiF"
