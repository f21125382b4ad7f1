"""Labels inside a lake: importing, correcting, matching again."""

import shutil

import pytest

import ionlake
from ionlake.errors import LabelError, LakeError
from ionlake.lake import schema
from ionlake.lake.writer import open_writer
from ionlake.pipeline.labels import import_csv, import_obelix, match_labels
from ionlake.structures.sources.bundled import load_bundled
from tests.labels.lakes import MADE, grow, labelled_lake


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    return labelled_lake(tmp_path_factory.mktemp("labels") / "lake").root


@pytest.fixture
def lake(published, tmp_path):
    return shutil.copytree(published, tmp_path / "lake")


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "made.csv"
    path.write_text(MADE)
    return path


def ask(lake, sql):
    with ionlake.open_lake(lake) as opened:
        return [tuple(row.values()) for row in opened.arrow(sql).to_pylist()]


def test_an_import_matches_counts_and_publishes(lake, table):
    report = import_csv(lake, table)
    assert (report.rows, report.new, report.corrected, report.unchanged) == (7, 7, 0, 0)
    assert (report.censored, report.matched, report.unmatched) == (1, {"material_id": 6}, 1)
    assert report.reasons == (("made", "gone", "no material has the composition Na3N"),)
    assert report.release == 2
    assert ask(
        lake, "SELECT row_key, material_id, matched_by, sigma_s_cm, censored FROM labels"
    ) == [
        ("cl", "LiCl-225", "material_id", 1e-3, False),
        ("f", "LiF-225", "material_id", 1e-10, True),
        ("gone", None, None, 1e-3, False),
        ("hot", "LiCl-225", "material_id", 0.1, False),
        ("i", "LiI-225", "material_id", 1e-6, False),
        ("i2", "LiI-225", "material_id", 1e-7, False),
        ("o", "Li3OCl-221", "material_id", 1e-2, False),
    ]


def test_the_same_again_changes_nothing(lake, table):
    import_csv(lake, table)
    again = import_csv(lake, table)
    assert (again.new, again.corrected, again.unchanged) == (0, 0, 7)
    assert (again.rematched, again.release) == (0, None)
    assert (again.matched, again.unmatched) == ({"material_id": 6}, 1)


def test_a_corrected_row_replaces_its_former_one(lake, table):
    import_csv(lake, table)
    table.write_text(MADE.replace("Li3OCl-221,Li3ClO,1e-2", "Li3OCl-221,LiF,2e-3"))
    report = import_csv(lake, table)
    assert (report.new, report.corrected, report.unchanged, report.release) == (0, 1, 6, 3)
    ((sigma, material, reason),) = ask(
        lake, "SELECT sigma_s_cm, material_id, match_reason FROM labels WHERE row_key = 'o'"
    )
    assert (sigma, material) == (2e-3, None)
    assert reason == "composition: Li3OCl-221 is Li3ClO, the row says LiF"


def test_a_wrong_table_leaves_the_lake_as_it_was(lake, table):
    table.write_text(MADE + "made,bad,LiF-225,LiF,none,\n")
    with pytest.raises(LabelError, match="line 9"):
        import_csv(lake, table)
    with open_writer(lake) as writer:
        assert writer.ledger.count(schema.LABELS) == 0


def test_labels_find_their_materials_when_the_lake_grew(lake, tmp_path):
    """By structure and by ICSD number; nothing else changes."""
    load_bundled("Li2O-225").to_pymatgen().to(filename=str(tmp_path / "oxide.cif"))
    path = tmp_path / "more.csv"
    path.write_text(
        "label_set,row_key,structure_file,icsd_id,formula,sigma_s_cm\n"
        "more,file,oxide.cif,,,1e-8\nmore,number,,54368,Li2O,1e-8\n"
    )
    report = import_csv(lake, path)
    assert (report.matched, report.unmatched) == ({}, 2)
    grow(lake)
    with open_writer(lake) as writer:
        writer.ledger.put_external_ids({"Li2O-225": [("icsd", "54368")]})
    report = match_labels(lake)
    assert (report.matched, report.rematched) == ({"icsd": 1, "structure": 1}, 2)
    assert ask(lake, "SELECT row_key, material_id, round(match_rms, 6) FROM labels") == [
        ("file", "Li2O-225", 0.0),
        ("number", "Li2O-225", None),
    ]
    again = match_labels(lake, "more")
    assert (again.rematched, again.release) == (0, None)


def test_matching_without_labels_says_how_to_get_some(lake, table):
    with pytest.raises(LakeError, match="has no labels: import some with ionlake labels import"):
        match_labels(lake)
    import_csv(lake, table)
    with pytest.raises(LakeError, match="no labels of set 'other': its sets are made"):
        match_labels(lake, "other")


def test_no_lake_is_made_by_an_import(tmp_path, table):
    with pytest.raises(LakeError):
        import_csv(tmp_path / "absent", table)
    assert not (tmp_path / "absent").exists()


def test_obelix_is_matched_by_structure(lake, tmp_path):
    obelix_rows = pytest.importorskip("tests.labels.test_obelix")
    folder = obelix_rows.write(tmp_path / "obelix")
    report = import_obelix(lake, folder)
    assert (report.rows, report.censored) == (4, 2)
    assert (report.matched, report.unmatched) == ({"structure": 2}, 2)
    assert import_obelix(lake, folder).release is None
    stored = "SELECT row_key, structure_note, len(atomic_numbers) FROM labels ORDER BY row_key"
    assert ask(lake, stored)[0] == ("aa1", "positions carry noise on purpose", 2)


def test_every_column_of_the_new_tables_has_a_comment(lake, table):
    import_csv(lake, table)
    missing = ask(
        lake,
        "SELECT table_name, column_name FROM duckdb_columns() WHERE comment IS NULL"
        " AND table_name IN ('labels', 'evaluations', 'external_ids')",
    )
    assert missing == []
