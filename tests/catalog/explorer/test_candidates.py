from html.parser import HTMLParser
from urllib.parse import urlsplit

import pandas as pd
import pytest

import ionlake
from ionlake.catalog.explorer.candidates import Candidates
from ionlake.catalog.explorer.candidates_page import _shown
from ionlake.catalog.explorer.state import MaterialState, TableState, from_query
from ionlake.catalog.publish import publish
from ionlake.lake.writer import open_writer
from tests.catalog.figures.lakes import CONDUCTOR, INSULATOR
from tests.lake.fake_lake import put_material, put_scan


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Two pools, a name that is HTML, an id that is SQL."""
    root = tmp_path_factory.mktemp("made") / "lake"
    with open_writer(root, create=True) as writer:
        put_material(writer, "a-1", "s-1", elements=["Li", "S"], chemical_system="Li-S")
        put_material(writer, "a-2", "s-2", formula="<b>Li</b>", band_gap_ev=1.0)
        put_material(writer, "x'; DROP TABLE y --", "s-3", has_transition_metal=True)
        for number, xi in ((1, 0.9), (2, 0.5), (3, 0.1)):
            put_scan(writer, f"s-{number}", xi=xi, seed=number)
        put_scan(writer, "s-1", xi=0.2, potential="other")
        publish(writer.layout, writer.ledger)
    with ionlake.open_lake(root) as opened:
        yield Candidates(opened)


def ids(candidates, **filters):
    return list(candidates.rows(TableState(**filters)).material_id)


def test_filters_select_by_sql(made):
    assert ids(made) == ["a-1", "a-2", "x'; DROP TABLE y --"]
    assert ids(made, elements=("S",)) == ["a-1"]
    assert ids(made, without=("S",), text="li2o") == ["x'; DROP TABLE y --"]
    assert ids(made, gap_min=2.0, no_transition_metal=True) == ["a-1"]
    assert ids(made, xi_min=0.4) == ["a-1", "a-2"]
    assert ids(made, xi_min=0.4, mpe_max=0.1) == []
    assert ids(made, hull_max=0.1) == []
    assert ids(made, image_safe=True) == []


@pytest.mark.parametrize("text", ["'", "<b>", "%", "\\", '"; DROP TABLE materials'])
def test_text_is_only_compared(made, text):
    assert ids(made, text=text) == [
        name for name in ids(made) if text.lower() in f"{name} {made_formula(made, name)}".lower()
    ]


class Links(HTMLParser):
    def handle_starttag(self, tag, attrs):
        self.found = [*getattr(self, "found", []), (tag, dict(attrs))]


@pytest.mark.parametrize("name", ["a/b", "../x", "'", '"><img src=x>', "a&b=c#d?e", "100 %", "é"])
def test_a_link_leads_to_the_material_it_names(name):
    rows = pd.DataFrame({"material_id": [name], "scan_id": ["0123"]})
    links = Links()
    links.feed(_shown(rows, several=True).material_id[0])
    ((tag, attributes),) = links.found
    assert tag == "a"
    query = urlsplit(attributes["href"]).query
    assert from_query(MaterialState, query) == MaterialState(name, "0123")


def made_formula(made, name):
    rows = made.rows(TableState())
    return rows.formula[rows.material_id == name].iloc[0]


def test_pools_do_not_mix(made):
    first, second = made.pools
    assert (first.n_materials, second.n_materials) == (3, 1)
    assert "toy" in first.name
    assert "other" in second.name
    assert ids(made, pool=second.name) == ["a-1"]
    assert ids(made, pool="no such pool") == ids(made)


def test_columns_without_any_value_are_left_out(made, lake):
    assert "energy_above_hull_ev_per_atom" not in made.comments
    assert "sigma_measured_s_cm" not in made.comments
    assert "band_gap_ev" in made.comments
    assert all(made.comments.values())


def test_conductivities_of_dynamics_and_labels_count(lake):
    candidates = Candidates(lake)
    rows = candidates.rows(TableState()).set_index("material_id")
    assert rows.sigma_measured_s_cm[CONDUCTOR] == 1e-4
    assert 0 < rows.sigma_300k_s_cm[CONDUCTOR] < 0.05
    assert rows.loc[INSULATOR, ["sigma_measured_s_cm", "sigma_300k_s_cm"]].isna().all()
    assert ids(candidates, log_sigma_min=-5.0) == [CONDUCTOR]


def test_an_empty_release_has_no_candidates(tmp_path):
    with open_writer(tmp_path / "lake", create=True) as writer:
        publish(writer.layout, writer.ledger)
    with ionlake.open_lake(tmp_path / "lake") as opened:
        candidates = Candidates(opened)
        assert candidates.pool("") is None
        assert candidates.rows(TableState()).empty
