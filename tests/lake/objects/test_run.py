"""Runs into a store, by a worker in a process of its own, against the same into a folder."""

from contextlib import closing
from pathlib import Path

import pytest

import ionlake
from ionlake.lake import schema
from ionlake.lake.integrity.verify import Depth, verify_lake
from ionlake.lake.marker import find_lake
from ionlake.lake.ownership import read_ledger
from ionlake.pipeline import blocks
from ionlake.pipeline.options import RunOptions
from ionlake.pipeline.recipe import Recipe
from ionlake.pipeline.run import run_recipe
from ionlake.pipeline.work import Outlook
from tests.lake.objects.conftest import ENVIRONMENT, names_in, store

PASSING = {"run_id", "compute_seconds", "grid_path", "grid_sha256", "created_at", "versions"}
PASSING |= {"started_at", "finished_at", "wall_seconds"}


@pytest.fixture(scope="module")
def recipe(server):
    from distributed import LocalCluster

    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as cluster:
        yield Recipe.model_validate(
            {
                "name": "objects",
                "source": {"kind": "bundled", "max_sites": 2},
                "potential": {"name": "analytic"},
                "scan": {"spacing_ang": 0.8},
                "cluster": cluster.scheduler_address,
            }
        )


@pytest.fixture(scope="module")
def both(recipe, new_url, tmp_path_factory):
    """A folder and a URL that the same recipe has been run into."""
    folder, url = tmp_path_factory.mktemp("run") / "lake", new_url()
    for place in (folder, url):
        assert run_recipe(recipe, place).materials_computed == 5
    return folder, url


def rows(place, table):
    with ionlake.open_lake(place) as lake:
        frame = lake.query(f"FROM {table} ORDER BY ALL")
    return frame.drop(columns=PASSING & set(frame.columns))


@pytest.mark.parametrize("table", ["materials", "structures", "scans", "descriptors", "candidates"])
def test_a_store_gets_the_same_rows_as_a_folder(both, table):
    in_folder, in_store = (rows(place, table) for place in both)
    assert len(in_store) == 5
    assert in_store.equals(in_folder)


def test_a_store_gets_bitwise_the_same_grids_as_a_folder(both):
    folder, url = both
    with ionlake.open_lake(folder) as one, ionlake.open_lake(url) as other:
        for material in one.query("FROM materials").material_id:
            expected, found = one.grid(material).load(), other.grid(material).load()
            assert found.sizes == expected.sizes
            for name in expected.data_vars:
                assert found[name].to_numpy().tobytes() == expected[name].to_numpy().tobytes()


def test_the_files_of_a_grid_are_those_that_a_folder_would_have(both):
    names = []
    for place in both:
        layout = find_lake(place)
        with read_ledger(layout) as ledger:
            scans = {row["structure_id"]: row["grid_path"] for row in ledger.rows(schema.SCANS)}
        root = str(place).removeprefix("s3://")
        found = store().find if "s3://" in str(place) else lambda p: map(str, Path(p).rglob("*"))
        names.append(
            {
                (structure, key.partition(path)[2])
                for structure, path in scans.items()
                for key in found(f"{root}/{path}")
                if not Path(key).is_dir()
            }
        )
    assert names[0] == names[1]
    assert len(names[0]) == 5 * 9


def test_a_second_run_computes_nothing_and_publishes_nothing(both, recipe):
    before = names_in(both[1])
    again = run_recipe(recipe, both[1])
    assert (again.materials_computed, again.energies_evaluated) == (0, 0)
    assert (again.materials_reused, again.release) == (5, 1)
    assert names_in(both[1]) == before


def test_the_store_holds_what_is_published_and_no_ledger_at_work(both):
    top = {name.partition("/")[0] for name in names_in(both[1])}
    published = {"lake.json", "CURRENT", "catalog.yaml", "grids", "releases"}
    assert top == published | {"ledger-backup.sqlite"}
    home = find_lake(both[1]).home
    assert "ledger.sqlite" in {path.name for path in home.iterdir()}
    assert not list(home.glob(".*"))


def test_credentials_are_written_nowhere(both):
    names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    secrets = [ENVIRONMENT[name].encode() for name in names]
    layout = find_lake(both[1])
    contents = list(store().cat([f"{both[1]}/{name}" for name in names_in(both[1])]).values())
    contents += [path.read_bytes() for path in layout.home.iterdir() if path.is_file()]
    assert len(contents) > 50
    assert not [text for text in contents for secret in secrets if secret in text]


def test_what_was_computed_passes_the_deepest_check(both):
    report = verify_lake(find_lake(both[1]), Depth(deep=True, sample=1, seed=0))
    assert report.findings == ()
    assert report.checked["scans_recomputed"] == 1


def test_blocks_of_large_scans_go_through_the_store(both, recipe, url, environment, requests):
    environment.setattr(blocks, "GRANULE", 16)
    environment.setattr(Outlook, "large_s", 0.0)
    environment.setattr(Outlook, "block_s", 0.0)
    assert run_recipe(recipe, url, options=RunOptions(limit=1)).materials_computed == 1
    assert len([line for line in requests if "PUT" in line and "/staging/" in line]) > 4
    assert not [name for name in names_in(url) if name.startswith("staging/")]
    with ionlake.open_lake(url) as cut, closing(ionlake.open_lake(both[0])) as whole:
        (material,) = cut.query("FROM candidates").material_id
        assert cut.grid(material).energy.equals(whole.grid(material).energy)
