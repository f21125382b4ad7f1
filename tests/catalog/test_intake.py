"""The catalogs, opened in fresh processes that import nothing but intake."""

import shutil
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import intake
import pytest
import yaml

from ionlake.catalog.entries import entry_catalog
from ionlake.catalog.kinds import KINDS, TABLES, unit_of
from ionlake.catalog.publish import catalog_text, publish
from ionlake.catalog.search import search
from ionlake.errors import LakeError, SettingsError
from ionlake.lake.writer import open_writer
from tests.lake.fake_lake import put_material, put_scan
from tests.lake.real_lake import make_lake

ROOT = Path(__file__).parents[2]

LOOK = """
import sys
import intake
catalog = intake.open_catalog(sys.argv[1])
if sys.argv[2:]:
    catalog = catalog(lake=sys.argv[2])
kinds = ["arrays", "dynamics", "evidence", "screening"]
nested = {kind: catalog[kind].read() for kind in kinds}
names = [name for kind in kinds for name in nested[kind]]
assert sorted(catalog) == sorted([*kinds, *names])
frames = {name: catalog[name].read() for name in names if name not in nested["arrays"]}
print(type(frames["candidates"]).__module__.split(".")[0], type(frames["candidates"]).__name__)
print({name: len(frame) for name, frame in sorted(frames.items()) if len(frame)})
print(len(names), len(frames))
print(frames["rankings"].material_id.tolist(), "Xi" in frames["descriptors"])
assert nested["screening"]["candidates"].read().equals(frames["candidates"])
grid = catalog["grids"](material_id="mp-1").read()
print(type(grid).__name__, dict(grid.sizes), float(grid.a.sel(a=0.5, method="nearest")))
print(catalog(material_id="mp-1")["grids"].read().identical(grid))
print(catalog["grids"].read(material_id="mp-2", potential="toy").identical(grid))
print(nested["arrays"]["grids"](material_id="mp-1").read().identical(grid))
"""

SEEN = """pandas DataFrame
{'best_by_chemistry': 1, 'candidates': 2, 'descriptors': 2, 'materials': 2, 'rankings': 2}
19 16
['mp-2', 'mp-1'] True
Dataset {'mobile_ion': 2, 'a': 4, 'b': 5, 'c': 6} 0.5
True
False
True
"""


def look(*arguments, cwd=None, env=None):
    command = [sys.executable, "-W", "error::UserWarning", "-c", LOOK, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd, env=env)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def lake(tmp_path_factory):
    root = tmp_path_factory.mktemp("lakes") / "a lake"
    with open_writer(root, create=True) as writer:
        for number in (1, 2):
            put_material(writer, f"mp-{number}", f"s-{number}")
            put_scan(writer, f"s-{number}", xi=number / 10, seed=number)
        publish(writer.layout, writer.ledger)
    return root


@pytest.fixture
def environment(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.delenv("IONLAKE_LAKE", raising=False)
    return monkeypatch


@pytest.mark.usefixtures("environment")
class TestFromAFreshProcess:
    def test_the_catalog_of_a_copied_lake(self, lake, tmp_path):
        copy = shutil.copytree(lake, tmp_path / "another lake")
        assert look(copy / "catalog.yaml") == SEEN

    def test_the_catalog_of_the_lake_one_stands_in(self, lake):
        assert look("catalog.yaml", cwd=lake) == SEEN

    def test_the_entry_catalog_with_the_lake_as_parameter(self, lake):
        assert look(ROOT / "catalog" / "ionlake.yaml", lake) == SEEN

    def test_the_entry_catalog_with_the_lake_of_the_environment(self, lake, environment):
        environment.setenv("IONLAKE_LAKE", str(lake))
        assert look(ROOT / "catalog" / "ionlake.yaml") == SEEN


def test_tables_need_intake_and_duckdb_but_not_ionlake(lake):
    content = yaml.safe_load((lake / "catalog.yaml").read_text())
    for name in TABLES:
        token = content["aliases"][name]
        assert content["entries"][token]["reader"].startswith("intake."), name


def test_entries_say_what_they_hold(lake):
    catalog = intake.open_catalog(str(lake / "catalog.yaml"))
    assert catalog.metadata["release"] == 1
    for name in set(catalog):
        metadata = catalog[name].metadata
        assert metadata["description"]
        assert "licence" in metadata
    columns = catalog["candidates"].metadata["columns"]
    assert columns["energy_above_hull_ev_per_atom"].endswith("eV/atom")
    assert list(columns) == list(catalog["candidates"].read().columns)
    units = catalog["candidates"].metadata["units"]
    assert units["mpe"] == units["band_gap_ev"] == "eV"
    assert units["energy_above_hull_ev_per_atom"] == "eV/atom"
    assert "image_closer_than_5_ang" not in units
    assert catalog["trajectories"].metadata["units"]["time"] == "ps"


def test_units_are_read_from_the_ends_of_names():
    assert unit_of("conductivity_300k_low_s_cm") == "S/cm"
    assert unit_of("temperature_k") == "K"
    assert unit_of("min_image_distance_ang") == "Å"
    assert unit_of("Xi") is None


def test_entries_are_found_by_words(lake):
    catalog = intake.open_catalog(str(lake / "catalog.yaml"))
    assert {"conductivities", "md_validation"} <= set(search(catalog, "Conductivity 300"))
    assert list(search(catalog, "level maps least energy")) == ["level_maps"]
    assert list(search(catalog, "no such thing")) == []
    found = search(catalog, "grid one material xarray")
    assert found["grids"](material_id="mp-1").read().sizes["a"] == 4


def test_an_entry_catalog_opens_older_releases(lake, tmp_path):
    root = shutil.copytree(lake, tmp_path / "lake")
    with open_writer(root) as writer:
        put_material(writer, "mp-3", "s-3")
        put_scan(writer, "s-3")
        publish(writer.layout, writer.ledger)
    catalog = intake.open_catalog(str(ROOT / "catalog" / "ionlake.yaml"))(lake=str(root))
    assert len(catalog["candidates"].read()) == 3
    assert len(catalog(release="1")["candidates"].read()) == 2
    with pytest.raises(SettingsError, match="release is 'newest'; expected the number"):
        catalog(release="newest")["candidates"].read()


def test_every_entry_belongs_to_one_kind(lake):
    members = [name for kind in KINDS for name in kind.members]
    assert len(members) == len(set(members))
    assert set(TABLES) < set(members)


def test_level_maps_are_worked_out_when_they_are_read(tmp_path):
    import ionlake

    layout = make_lake(tmp_path / "lake", ("LiF-225",))
    catalog = intake.open_catalog(str(layout.catalog_file))
    levels = catalog["level_maps"](material_id="LiF-225").read()
    with ionlake.open_lake(layout.root) as opened:
        assert levels.identical(opened.grid("LiF-225").ionlake.levels())


def test_a_catalog_stays_on_its_release_and_the_next_one_names_the_next(lake, tmp_path):
    root = shutil.copytree(lake, tmp_path / "lake")
    old = intake.open_catalog(str(root / "catalog.yaml"))
    with open_writer(root) as writer:
        put_material(writer, "mp-3", "s-3")
        put_scan(writer, "s-3")
        assert publish(writer.layout, writer.ledger).number == 2
        assert publish(writer.layout, writer.ledger) is None
    new = intake.open_catalog(str(root / "catalog.yaml"))
    assert [len(catalog["candidates"].read()) for catalog in (old, new)] == [2, 3]
    assert new["grids"](material_id="mp-3").read().sizes["a"] == 4
    with pytest.raises(LakeError, match="no material 'mp-3' in release 1"):
        old["grids"](material_id="mp-3").read()


def test_a_lost_or_outdated_catalog_is_written_again(lake, tmp_path):
    root = shutil.copytree(lake, tmp_path / "lake")
    expected = (root / "catalog.yaml").read_text()
    for damage in ((root / "catalog.yaml").unlink, lambda: (root / "catalog.yaml").write_text("")):
        damage()
        with open_writer(root) as writer:
            assert publish(writer.layout, writer.ledger) is None
        assert (root / "catalog.yaml").read_text() == expected


def test_a_grid_without_a_material_says_how_to_name_one(lake):
    catalog = intake.open_catalog(str(lake / "catalog.yaml"))
    with pytest.raises(SettingsError, match=r"no material was named.*material_id="):
        catalog["grids"].read()


@pytest.mark.parametrize("name", ["mp-1' OR '1'='1", "{CATALOG_DIR}", "../mp-1", "{data(grids)}"])
def test_a_name_is_never_more_than_a_name(lake, name):
    catalog = intake.open_catalog(str(lake / "catalog.yaml"))
    with pytest.raises(LakeError, match="no material"):
        catalog["grids"](material_id=name).read()


def test_sql_and_catalog_share_a_release_in_one_process(lake):
    import ionlake

    with ionlake.open_lake(lake) as opened:
        before = len(opened.query("SELECT * FROM candidates"))
        assert len(opened.catalog()["candidates"].read()) == before
        assert len(opened.query("SELECT * FROM candidates")) == before


def test_the_committed_entry_catalog_is_the_one_the_code_describes():
    committed = (ROOT / "catalog" / "ionlake.yaml").read_text()
    assert yaml.safe_load(committed) == yaml.safe_load(catalog_text(entry_catalog()))


def test_what_lies_at_the_top_level_travels_with_the_package():
    shipped = files("ionlake.shipped")
    for folder in ("catalog", "pipelines"):
        for path in (path for path in (ROOT / folder).rglob("*") if path.is_file()):
            inside = shipped.joinpath(*path.relative_to(ROOT).parts)
            assert inside.read_bytes() == path.read_bytes()
