"""Dumps with one material a line."""

import gzip
import json

import pytest

from ionlake.errors import SourceError
from ionlake.structures.sources import JsonLinesSource, StructureSource
from ionlake.structures.sources.selection import Selection
from tests.conftest import DISORDERED_CIF
from tests.structures.web import load, summary

LITHIUM = Selection("Li")


def dump(path, *lines):
    text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines) + "\n"
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


def entries(path, selection=LITHIUM):
    return list(JsonLinesSource([path], selection).entries())


@pytest.mark.parametrize("name", ["dump.jsonl", "dump.jsonl.gz"])
def test_a_line_is_a_material(tmp_path, name):
    crystal = load("LiF-225").to_pymatgen()
    path = dump(
        tmp_path / name,
        {
            "material_id": "mine-1",
            "structure": crystal.as_dict(),
            "band_gap_ev": 8.5,
            "energy_above_hull_ev_per_atom": 0.01,
            "licence": "CC0-1.0",
            "reference": "doi:10.1/1",
            "attribution": "us",
            "database_version": "7",
            "last_updated": "2026-02-03",
            "colour": "white",
        },
        "",
        {"material_id": 2, "cif": crystal.to(fmt="cif"), "band_gap": 1, "energy_above_hull": 0},
    )
    assert isinstance(JsonLinesSource([path], LITHIUM), StructureSource)
    first, second = entries(path)
    assert first.structure.structure_id == load("LiF-225").structure_id
    assert (first.band_gap_ev, first.energy_above_hull_ev_per_atom) == (8.5, 0.01)
    assert (first.licence, first.reference) == ("CC0-1.0", "doi:10.1/1")
    assert (first.attribution, first.database_version) == ("us", "7")
    assert first.last_updated == "2026-02-03"
    assert (second.material_id, second.structure.formula) == ("2", "LiF")
    assert (second.band_gap_ev, second.energy_above_hull_ev_per_atom) == (1.0, 0.0)
    assert second.reference == f"{path}:3"
    assert (second.licence, second.database_version) == (None, None)


def test_lines_that_cannot_be_read_are_entries_named_by_their_place(tmp_path):
    path = dump(
        tmp_path / "dump.jsonl",
        '{"material_id": "cut", "struct',
        {"cif": "data_x"},
        [1, 2],
        {"material_id": "empty"},
        {"material_id": "mixed", "cif": DISORDERED_CIF},
        {"material_id": "number", "cif": 3},
        summary("twice"),
        summary("twice"),
        summary("gap", band_gap=True),
        summary("old", deprecated="no"),
    )
    found = {entry.material_id: entry for entry in entries(path)}
    assert found["twice"].error is None
    messages = {name: entry.error for name, entry in found.items() if entry.error}
    assert messages.keys() == {
        *(f"{path}:{number}" for number in (1, 2, 3, 8)),
        *("empty", "mixed", "number", "gap", "old"),
    }
    assert "no JSON" in messages[f"{path}:1"]
    assert "no material_id" in messages[f"{path}:2"]
    assert f"stands in {path}:7 already" in messages[f"{path}:8"]
    assert "holds no crystal" in messages["empty"]
    assert "disordered" in messages["mixed"]
    assert "its cif cannot be read" in messages["number"]
    assert "band_gap is True, expected a number" in messages["gap"]
    assert "deprecated is 'no', expected true or false" in messages["old"]


def test_filters_leave_materials_out(tmp_path):
    path = dump(
        tmp_path / "dump.jsonl",
        summary("good"),
        summary("metal", band_gap=0.0),
        summary("unstable", energy_above_hull=0.2),
        summary("withdrawn", deprecated=True),
        summary("sodium", "Li2O-225") | {"structure": sodium_fluoride()},
    )
    chosen = entries(path, Selection("Li", 0.5, 0.05))
    assert [entry.material_id for entry in chosen] == ["good"]
    chosen = entries(path, Selection("Li", material_ids=("metal", "withdrawn")))
    assert [entry.material_id for entry in chosen] == ["metal"]


def test_a_filter_on_an_unknown_property_is_told(tmp_path):
    path = dump(tmp_path / "dump.jsonl", summary("x", band_gap=None), summary("y", band_gap=None))
    assert all(entry.error is None for entry in entries(path))
    assert [entry.error_type for entry in entries(path, Selection("Li", 0.5))] == [
        "SourceError"
    ] * 2
    assert "band_gap_ev_min needs it" in entries(path, Selection("Li", 0.5))[0].error


def test_a_dump_that_is_not_there_is_an_error_at_once(tmp_path):
    with pytest.raises(SourceError, match="cannot be opened"):
        JsonLinesSource([tmp_path / "none.jsonl.gz"], LITHIUM).entries()


def test_a_dump_that_was_cut_off_is_an_error(tmp_path):
    path = dump(tmp_path / "dump.jsonl.gz", *(summary(f"m{number}") for number in range(50)))
    path.write_bytes(path.read_bytes()[:-50])
    with pytest.raises(SourceError, match="cannot be read to its end"):
        entries(path)


def sodium_fluoride():
    crystal = load("LiF-225").to_pymatgen()
    crystal.replace_species({"Li": "Na"})
    return crystal.as_dict()
