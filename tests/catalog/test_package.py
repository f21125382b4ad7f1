import csv
import hashlib
import json
from contextlib import chdir
from datetime import date

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xarray as xr
import yaml

import ionlake
from ionlake.catalog.package.public import public_rows
from ionlake.catalog.package.write import write_package
from ionlake.catalog.publish import publish
from ionlake.errors import SettingsError
from ionlake.lake.writer import open_writer
from tests.lake.fake_lake import put_material, put_scan
from tests.lake.real_lake import make_lake


@pytest.fixture(scope="module")
def lake(tmp_path_factory):
    root = make_lake(tmp_path_factory.mktemp("package") / "lake").root
    with ionlake.open_lake(root) as opened:
        yield opened


@pytest.fixture(scope="module")
def package(lake, tmp_path_factory):
    folder = tmp_path_factory.mktemp("packaged") / "set"
    write_package(lake, folder, grids=True, title="Two fluorides", authors=["A. Author"])
    return folder


def test_tables_are_those_of_the_release(lake, package):
    for name in ("candidates", "descriptors", "materials", "pathways"):
        packaged = pq.read_table(package / "data" / f"{name}.parquet")
        assert packaged.equals(lake.arrow(f"FROM {name}"))
        assert packaged.schema.metadata[b"description"]
    assert not (package / "data" / "failures.parquet").exists()
    assert not (package / "data" / "labels.parquet").exists()


def test_settings_of_runs_name_no_folder_and_no_machine():
    settings = {
        "source": {"paths": ["/home/a/structures", "C:\\Users\\a\\x.cif", "~/b/y.cif", "z.cif"]},
        "potential": {"name": "/data/models/own.pth"},
        "cluster": {
            "address": "tcp://node7:8786",
            "kind": "address",
            "options": {"job_script_prologue": ["source /home/a/venv/bin/activate"]},
        },
        "base_urls": ["https://optimade.odbx.science"],
        "max_attempts": 3,
    }
    rows = pa.table({"run_id": ["a", "b"], "settings": [json.dumps(settings), None]})
    public = public_rows("runs", rows)
    assert public.schema == rows.schema
    assert public["settings"][1].as_py() is None
    assert json.loads(public["settings"][0].as_py()) == {
        "source": {"paths": ["structures", "x.cif", "y.cif", "z.cif"]},
        "potential": {"name": "own.pth"},
        "cluster": {"address": None, "kind": "address", "options": None},
        "base_urls": ["https://optimade.odbx.science"],
        "max_attempts": 3,
    }
    assert public_rows("descriptors", rows) is rows


def test_materials_name_their_file_and_no_folder():
    references = ["/home/a/structures/x.cif", "file:///home/a/y.cif", "doi:10.1000/182", None]
    rows = pa.table({"reference": [*references, "https://example.org/a/b"]})
    public = public_rows("materials", rows)["reference"].to_pylist()
    assert public == ["x.cif", "y.cif", "doi:10.1000/182", None, "https://example.org/a/b"]


def test_no_table_names_a_folder(tmp_path):
    with open_writer(tmp_path / "lake", create=True) as writer:
        put_material(writer, "a", "s-a", reference="/home/ann/crystals/a.cif")
        put_scan(writer, "s-a")
        publish(writer.layout, writer.ledger)
    with ionlake.open_lake(tmp_path / "lake") as lake:
        write_package(lake, tmp_path / "set")
    tables = {path.stem: pq.read_table(path) for path in (tmp_path / "set" / "data").iterdir()}
    assert tables["materials"]["reference"].to_pylist() == ["a.cif"]
    for table in tables.values():
        assert "/home/ann" not in str(table.to_pylist())


def test_every_column_is_in_the_dictionary(package):
    with (package / "data_dictionary.csv").open(encoding="utf-8") as file:
        meanings = {(row["table"], row["column"]): row["meaning"] for row in csv.DictReader(file)}
    for path in (package / "data").iterdir():
        schema = pq.read_schema(path)
        for field in schema:
            assert meanings[path.stem, field.name]
            assert field.metadata[b"description"].decode() == meanings[path.stem, field.name]


def test_grids_are_those_of_the_lake(lake, package):
    grid = lake.grid("LiF-225")
    with xr.open_dataset(package / "grids" / f"{grid.attrs['scan_id']}.nc") as packaged:
        assert packaged.energy.equals(grid.energy)
    assert len(list((package / "grids").iterdir())) == 2


def test_checksums_cover_every_file(package):
    lines = (package / "SHA256SUMS").read_text().splitlines()
    digests = dict(reversed(line.split("  ")) for line in lines)
    files = {p.relative_to(package).as_posix() for p in package.rglob("*") if p.is_file()}
    assert digests.keys() == files - {"SHA256SUMS"}
    for name, digest in digests.items():
        assert hashlib.sha256((package / name).read_bytes()).hexdigest() == digest


def test_the_citation_file_has_what_its_format_asks_for(lake, package):
    facts = yaml.safe_load((package / "CITATION.cff").read_text(encoding="utf-8"))
    assert {"cff-version", "message", "title", "authors"} <= facts.keys()
    assert facts["title"] == "Two fluorides"
    assert facts["authors"] == [{"name": "A. Author"}]
    assert facts["version"] == f"{lake.release}.0.0"
    assert date.fromisoformat(facts["date-released"])


def test_the_croissant_names_each_file_and_column(package):
    facts = json.loads((package / "croissant.json").read_text(encoding="utf-8"))
    files = {file["@id"]: file for file in facts["distribution"]}
    assert facts["conformsTo"] == "http://mlcommons.org/croissant/1.0"
    for record_set in facts["recordSet"]:
        (path,) = {
            files[f["source"]["fileObject"]["@id"]]["contentUrl"] for f in record_set["field"]
        }
        names = [field["source"]["extract"]["column"] for field in record_set["field"]]
        assert names == pq.read_schema(package / path).names
    for file in files.values():
        content = (package / file["contentUrl"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == file["sha256"]


def test_the_croissant_is_valid_and_reads_the_tables(package):
    mlcroissant = pytest.importorskip("mlcroissant")
    with chdir(package):
        found = mlcroissant.Dataset(jsonld="croissant.json")
        assert not found.metadata.issues.errors
        (first, _) = found.records("candidates")
    assert first["candidates/mobile_species"] == b"Li"


def test_the_readme_tells_licences_and_citation(package):
    text = (package / "README.md").read_text(encoding="utf-8")
    assert "Cite as: A. Author: Two fluorides, version 1.0.0 (" in text
    assert "CC0" in text


def test_a_folder_that_holds_something_is_left_alone(lake, package):
    with pytest.raises(SettingsError, match="is not empty"):
        write_package(lake, package)
