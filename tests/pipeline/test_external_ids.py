"""What a source says of other databases, from its documents into the lake."""

import json

import pytest

from ionlake.lake import schema
from ionlake.lake.writer import open_writer
from ionlake.pipeline.labels import import_csv
from ionlake.pipeline.recipe import Recipe
from ionlake.pipeline.run import run_recipe
from ionlake.structures.sources.bundled import load_bundled
from ionlake.structures.sources.documents import Provenance, entry_from_document
from ionlake.structures.sources.selection import Selection


def entry(**document):
    structure = load_bundled("LiF-225").to_pymatgen().as_dict()
    return entry_from_document(
        "mp-1138", {"structure": structure, **document}, Selection("Li"), Provenance("here")
    )


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ({"icsd": ["icsd-52690", "icsd-41409"]}, (("icsd", "41409"), ("icsd", "52690"))),
        ({"ICSD": ["52690", "52690"], "pf": ["pf-1"]}, (("icsd", "52690"), ("pf", "1"))),
        ({"icsd": None}, ()),
        (None, ()),
        ("icsd-1", ()),
    ],
)
def test_documents_name_entries_of_other_databases(stated, expected):
    assert entry(database_IDs=stated).external_ids == expected
    assert entry().external_ids == ()


def test_the_ledger_keeps_what_was_said_last(tmp_path):
    with open_writer(tmp_path / "lake", create=True) as writer:
        ledger = writer.ledger
        ledger.put_external_ids({"mp-1": [("icsd", "1"), ("icsd", "2")], "mp-2": []})
        revision = ledger.revision
        ledger.put_external_ids({"mp-1": [("icsd", "2"), ("icsd", "1")]})
        assert ledger.revision == revision == 1
        ledger.put_external_ids({"mp-1": [("icsd", "3")]})
        assert ledger.revision == revision + 1
        rows = [tuple(row.values()) for row in ledger.rows(schema.EXTERNAL_IDS)]
    assert rows == [("mp-1", "icsd", "3")]


def test_a_label_finds_the_material_of_a_run_by_its_icsd_number(recipe, lake, tmp_path):
    structure = load_bundled("LiF-225").to_pymatgen().as_dict()
    document = {"material_id": "mp-1138", "structure": structure}
    dump = tmp_path / "dump.jsonl"
    dump.write_text(json.dumps(document | {"database_IDs": {"icsd": ["icsd-52690"]}}) + "\n")
    source = {"source": {"kind": "json_lines", "paths": [str(dump)]}}
    run_recipe(Recipe.model_validate(recipe.model_dump() | source), lake)
    table = tmp_path / "labels.csv"
    table.write_text("label_set,icsd_id,formula,sigma_s_cm\nx,52690,LiF,<1e-10\n")
    report = import_csv(lake, table)
    assert (report.matched, report.unmatched) == ({"icsd": 1}, 0)
