"""The catalogs, opened in fresh processes that import nothing but intake."""

import shutil
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import intake
import pytest
import yaml

from ionlake.catalog.entries import TABLES, entry_catalog
from ionlake.catalog.publish import catalog_text, publish
from ionlake.errors import LakeError, SettingsError
from ionlake.lake.writer import open_writer
from tests.lake.fake_lake import put_material, put_scan

ROOT = Path(__file__).parents[2]

LOOK = """
import sys
import intake
catalog = intake.open_catalog(sys.argv[1])
if sys.argv[2:]:
    catalog = catalog(lake=sys.argv[2])
tables = [
    "candidates", "conductivities", "descriptors", "ensemble_descriptors", "ensemble_members",
    "ensemble_ranks", "evaluations", "labels", "materials", "md_validation", "pathways",
    "rankings", "rankings_image_safe",
]
arrays = {"grids", "trajectories"}
assert sorted(catalog) == sorted([*tables, *arrays])
frames = {name: catalog[name].read() for name in catalog if name not in arrays}
print(type(frames["candidates"]).__module__.split(".")[0], type(frames["candidates"]).__name__)
print({name: len(frame) for name, frame in sorted(frames.items())})
print(frames["rankings"].material_id.tolist(), "Xi" in frames["descriptors"])
grid = catalog["grids"](material_id="mp-1").read()
print(type(grid).__name__, dict(grid.sizes), float(grid.a.sel(a=0.5, method="nearest")))
print(catalog(material_id="mp-1")["grids"].read().identical(grid))
print(catalog["grids"].read(material_id="mp-2", potential="toy").identical(grid))
"""

SEEN = """pandas DataFrame
{'candidates': 2, 'conductivities': 0, 'descriptors': 2, 'ensemble_descriptors': 0, \
'ensemble_members': 0, 'ensemble_ranks': 0, 'evaluations': 0, 'labels': 0, 'materials': 2, \
'md_validation': 0, 'pathways': 0, 'rankings': 2, 'rankings_image_safe': 0}
['mp-2', 'mp-1'] True
Dataset {'mobile_ion': 2, 'a': 4, 'b': 5, 'c': 6} 0.5
True
False
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
    for name in catalog:
        metadata = catalog[name].metadata
        assert metadata["description"]
        assert "licence" in metadata
    columns = catalog["candidates"].metadata["columns"]
    assert columns["energy_above_hull_ev_per_atom"].endswith("eV/atom")
    assert list(columns) == list(catalog["candidates"].read().columns)


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
