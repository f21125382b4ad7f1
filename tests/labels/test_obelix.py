"""OBELiX, read by its own package from a small made folder of the same shape."""

import csv
import os
from collections import Counter
from pathlib import Path

import pytest

from ionlake.errors import LabelError, MissingExtraError, SourceError
from ionlake.labels.obelix import NOISY, default_folder, read_obelix
from ionlake.structures.sources.bundled import load_bundled
from tests.conftest import DISORDERED_CIF

obelix = pytest.importorskip("obelix")

COLUMNS = [
    *("ID", "Reduced Composition", "True Composition", "Ionic conductivity (S cm-1)"),
    *("Space group #", "Family", "DOI", "Cif ID", "note", "close match", "ICSD ID"),
]
ROWS = (
    ("aa1", "LiF", "Li4.0F4.0", "<1E-10", 225, "halides", "10.1/a", "done", "", "", "52690"),
    ("aa2", "LiI", "Li4.0I4.0", "5.5E-007", 225, "halides", "10.1/b", "done", "", "Yes", ""),
    ("aa3", "Li0.5Na0.5Cl", "Li2.0Na2.0Cl4.0", "<1E-8", 225, "", "10.1/c", "done", "", "", ""),
    ("aa4", "LiF*(H2O)", "Li1.0F1.0H2.0O1.0", "1e-3", 1, "", "", "not available", "wet", "", ""),
)
REAL = os.environ.get("IONLAKE_OBELIX_DATA")


def write(folder, rows=ROWS):
    cifs = folder / "all_randomized_cifs"
    cifs.mkdir(parents=True)
    with (folder / "all.csv").open("w", newline="") as file:
        csv.writer(file).writerows([COLUMNS, *rows])
    (folder / "test.csv").write_text("ID\naa2\n")
    load_bundled("LiF-225").to_pymatgen().to(filename=str(cifs / "aa1.cif"))
    load_bundled("LiI-225").to_pymatgen().to(filename=str(cifs / "aa2.cif"))
    (cifs / "aa3.cif").write_text(DISORDERED_CIF)
    return folder


@pytest.fixture
def data(tmp_path):
    return write(tmp_path / "obelix")


def test_rows_are_labels_of_experiments(data):
    first, second, third, fourth = read_obelix(data)
    assert {row.label_set for row in (first, second, third, fourth)} == {"obelix"}
    assert {row.method for row in (first, second, third, fourth)} == {"experiment"}
    assert (first.row_key, first.formula, first.icsd_id, first.doi) == (
        *("aa1", "LiF", "52690", "10.1/a"),
    )
    assert (first.space_group_number, first.licence) == (225, "CC BY 4.0")
    assert first.source == f"OBELiX {obelix.__version__}"
    assert (second.icsd_id, second.note) == (None, "halides; structure of a close match")


def test_values_below_detection_are_censored_at_their_bound(data):
    found = [(row.sigma_s_cm, row.censored) for row in read_obelix(data)]
    assert found == [(1e-10, True), (5.5e-7, False), (1e-8, True), (1e-3, False)]


def test_structures_are_taken_where_they_are_ordered_and_noise_is_said(data):
    first, second, third, fourth = read_obelix(data)
    assert (first.structure.formula, first.structure_note) == ("LiF", NOISY)
    assert (second.structure.formula, second.structure_note) == ("LiI", None)
    assert (third.structure, third.structure_note) == (None, "its structure is disordered")
    assert (fourth.structure_file, fourth.structure) == (None, None)


def test_a_composition_that_is_none_is_taken_from_the_cell(data):
    assert read_obelix(data)[3].formula == "Li1.0F1.0H2.0O1.0"


def test_nothing_is_printed(data, capsys):
    read_obelix(data)
    assert not capsys.readouterr().out


def test_a_folder_without_the_data_says_what_is_expected(tmp_path):
    with pytest.raises(SourceError, match=r"neither all\.csv nor raw\.xlsx"):
        read_obelix(tmp_path)


def test_damaged_data_say_so(data, tmp_path):
    (data / "all_randomized_cifs" / "aa1.cif").write_text("data_x\n")
    with pytest.raises(SourceError, match="structure aa1 of OBELiX cannot be read"):
        read_obelix(data)
    (data / "test.csv").unlink()
    with pytest.raises(SourceError, match=r"cannot be read .*FileNotFoundError"):
        read_obelix(data)
    other = write(tmp_path / "other", [(*ROWS[0][:3], "unknown", *ROWS[0][4:])])
    with pytest.raises(LabelError, match="row aa1 of OBELiX: conductivity is 'unknown'"):
        read_obelix(other)


def test_missing_data_are_fetched_once_and_whole(tmp_path, monkeypatch):
    fetched = []

    def download(self, output_path, commit_id=None, dev=False):
        write(Path(output_path))
        fetched.append(commit_id)

    monkeypatch.setattr(obelix.OBELiX, "download_data", download)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    for _ in range(2):
        assert len(read_obelix()) == 4
    assert fetched == [f"v{obelix.__version__}-data"]
    assert [each.name for each in (tmp_path / "ionlake").iterdir()] == [
        default_folder(obelix.__version__).name
    ]


def test_a_download_that_fails_leaves_nothing(tmp_path, monkeypatch):
    def half(self, output_path, commit_id=None, dev=False):
        Path(output_path).mkdir()
        raise OSError("no route to host")

    monkeypatch.setattr(obelix.OBELiX, "download_data", half)
    with pytest.raises(SourceError, match=r"cannot be fetched \(OSError, no route to host\)"):
        read_obelix(tmp_path / "data")
    assert not list(tmp_path.iterdir())


def test_without_the_package_it_says_how_to_install_it(data, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "obelix", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'ionlake\[obelix\]'"):
        read_obelix(data)


@pytest.mark.skipif(not REAL, reason="$IONLAKE_OBELIX_DATA names no folder with the data")
def test_the_real_data_has_599_rows():
    rows = read_obelix(Path(REAL))
    assert len({row.row_key for row in rows}) == len(rows) == 599
    assert Counter(row.sigma_s_cm for row in rows if row.censored) == {1e-10: 36, 1e-8: 1}
    assert sum(row.structure_file is not None for row in rows) == 321
    ordered = [row for row in rows if row.structure is not None]
    assert (len(ordered), sum(row.structure_note == NOISY for row in ordered)) == (72, 63)
