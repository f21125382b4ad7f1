import math
import re
from dataclasses import replace

import pytest

import ionlake
from ionlake.catalog.explain.account import explain
from ionlake.catalog.explain.facts import gather
from ionlake.catalog.explain.words import how
from ionlake.catalog.publish import publish
from ionlake.descriptors.keys import DESCRIPTOR_KEYS
from ionlake.errors import LakeError, SettingsError
from ionlake.lake.writer import open_writer
from tests.lake.real_lake import CRYSTALS, RUN, put_crystal


@pytest.fixture(scope="module")
def lake(tmp_path_factory):
    root = tmp_path_factory.mktemp("explain") / "lake"
    with open_writer(root, create=True) as writer:
        writer.ledger.start_run(RUN, "made", {}, {"ionlake": "0.1.0"})
        for name in CRYSTALS:
            put_crystal(writer, name)
        publish(writer.layout, writer.ledger)
    with ionlake.open_lake(root) as opened:
        yield opened


def test_every_descriptor_has_an_account(lake):
    facts = gather(lake, "LiF-225", "percolation_barrier_1d_ev")
    for key in DESCRIPTOR_KEYS:
        said = how(replace(facts, key=key))
        assert all(sentence.endswith(".") for sentence in said), key.name


def test_a_number_that_is_not_there_is_accounted_for(lake):
    facts = gather(lake, "LiF-225", "percolation_barrier_3d_ev")
    without = facts.descriptors | {"percolation_barrier_3d_ev": None}
    (said,) = how(replace(facts, descriptors=without))
    assert "no Li ion percolates" in said
    (said,) = how(replace(facts, descriptors=without, scan=facts.scan | {"accuracy": "screen"}))
    assert "accuracy: full" in said


def test_xi_is_the_product_of_the_factors_it_names(lake):
    account = explain(lake, "LiF-225")
    (value,) = lake.query("SELECT Xi FROM candidates WHERE material_id = 'LiF-225'").Xi
    assert account.value == value
    first, second, product = map(
        float, re.findall(r": (\S+) · (\S+) = (\S+)\.$", account.how[0])[0]
    )
    assert math.isclose(first * second, product, rel_tol=2e-3)
    assert math.isclose(product, value, rel_tol=1e-3)
    assert any("of 2 scanned alike" in sentence for sentence in account.how)


def test_a_barrier_is_told_with_its_path(lake):
    account = explain(lake, "LiF-225", "percolation_barrier_3d_ev")
    path = lake.pathway("LiF-225", 3)
    assert account.value == path.energy_ev.max()
    assert account.path["direction"] == path.attrs["direction"]
    text = " ".join(account.how)
    assert str(path.attrs["direction"]) in text
    assert f"{path.attrs['length_ang']:.2f} Å" in text
    assert f"{path.attrs['bottleneck_elements'][0]} " in text


def test_it_says_what_to_beware_of_and_where_it_comes_from(lake):
    account = explain(lake, "LiF-225", "mpe")
    assert any("own image at 2.8" in warning for warning in account.warnings)
    row = lake.query(
        "SELECT * FROM scans JOIN materials USING (structure_id) WHERE material_id = 'LiF-225'"
    ).iloc[0]
    assert account.identities["scan_id"] == row.scan_id
    assert account.identities["potential_id"] == row.potential_id
    assert account.settings["n_a"] == row.n_a
    assert account.scanned["run_id"] == RUN
    assert account.scanned["versions"] == {"ionlake": "0.1.0"}


def test_what_is_not_there_is_said(lake):
    with pytest.raises(SettingsError, match="'mqe'; expected one such as mpe"):
        explain(lake, "LiF-225", "mqe")
    with pytest.raises(LakeError, match="no material 'x-1'"):
        explain(lake, "x-1")
