"""The table of conductivities that people write by hand."""

import pytest

from ionlake.errors import LabelError, SourceError
from ionlake.labels.csv_file import read_csv
from ionlake.structures.sources.bundled import load_bundled
from tests.conftest import DISORDERED_CIF


@pytest.fixture
def table(tmp_path):
    def write(text, name="labels.csv"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_all_columns_are_read(table):
    (row,) = read_csv(
        table(
            "label_set,row_key,material_id,formula,icsd_id,sigma_s_cm,sigma_err,temperature_k,"
            "censored,sigma_300k,log10_sigma_300k_err,n_temperatures,chi2_ndof,method,weight_group,"
            "source,licence,doi,note\n"
            "md,a,mp-1,Li3N,26880,0.2,0.01,1000,no,1e-3,0.3,4,1.5,aimd,g,me,CC0,10.1/x,fast\n"
        )
    )
    assert (row.label_set, row.row_key, row.material_id, row.icsd_id) == (
        "md",
        "a",
        "mp-1",
        "26880",
    )
    assert (row.sigma_s_cm, row.sigma_err_s_cm, row.temperature_k) == (0.2, 0.01, 1000)
    assert (row.sigma_300k_s_cm, row.log10_sigma_300k_err) == (1e-3, 0.3)
    assert (row.n_temperatures, row.chi2_ndof, row.method) == (4, 1.5, "aimd")
    assert (row.weight_group, row.source, row.licence) == ("g", "me", "CC0")
    assert (row.doi, row.note, row.censored) == ("10.1/x", "fast", False)


def test_empty_cells_are_no_values_and_bounds_are_censored(table):
    rows = read_csv(
        table(
            "\ufefflabel_set, sigma_s_cm ,material_id,censored,temperature_k\n"
            "x,<1E-10,mp-1,,\n"
            "x,1e-9,mp-2,yes,298\n"
        )
    )
    assert [(r.sigma_s_cm, r.censored, r.temperature_k) for r in rows] == [
        (1e-10, True, None),
        (1e-9, True, 298.0),
    ]
    assert {r.method for r in rows} == {"experiment"}


def test_rows_without_a_key_are_named_after_their_material_in_order(table):
    rows = read_csv(
        table(
            "label_set,sigma_s_cm,material_id,formula\n"
            "x,1e-4,mp-1,\nx,2e-4,mp-1,\nx,3e-4,,Li3N\ny,4e-4,mp-1,\nx,5e-4,mp-1,\n"
        )
    )
    assert [(r.label_set, r.row_key) for r in rows] == [
        ("x", "mp-1"),
        ("x", "mp-1#2"),
        ("x", "Li3N"),
        ("y", "mp-1"),
        ("x", "mp-1#3"),
    ]


def test_a_structure_file_is_read_beside_the_table(table, tmp_path):
    (tmp_path / "cifs").mkdir()
    load_bundled("LiF-225").to_pymatgen().to(filename=str(tmp_path / "cifs" / "lif.cif"))
    (tmp_path / "mixed.cif").write_text(DISORDERED_CIF)
    good, mixed = read_csv(
        table("label_set,sigma_s_cm,structure_file\nx,1e-9,cifs/lif.cif\nx,1e-9,mixed.cif\n")
    )
    assert (good.structure.formula, good.row_key) == ("LiF", "cifs/lif.cif")
    assert mixed.structure is None
    assert "ordered" in mixed.structure_note
    assert str(tmp_path) not in mixed.structure_note


def test_wrong_rows_are_named_by_line_and_none_is_taken(table):
    path = table(
        "label_set,row_key,sigma_s_cm,material_id,censored,n_temperatures,method,formula\n"
        "x,a,1e-4,mp-1,,,,\n"
        "x,b,fast,mp-1,,,,\n"
        "x,c,1e-4,,,,,\n"
        "x,d,1e-4,mp-1,perhaps,,,\n"
        "x,e,1e-4,mp-1,,4.5,,\n"
        "x,f,1e-4,mp-1,,,guess,\n"
        "x,g,1e-4,mp-1,,,,Lithium\n"
        "x,a,1e-4,mp-2,,,,\n"
        ",h,1e-4,mp-2,,,,\n"
        "x,i,1e-4\n"
        "x,j,1e-4,mp-2,,,,,,\n"
    )
    with pytest.raises(LabelError) as caught:
        read_csv(path)
    message = str(caught.value)
    assert "was not imported, 10 of 11 rows are wrong" in message
    for said in (
        "line 3: conductivity is 'fast', expected a number",
        "line 4: nothing says which crystal it is",
        "line 5: censored is 'perhaps', expected yes or no",
        "line 6: n_temperatures is '4.5', expected a whole number",
        "line 7: method is 'guess', expected experiment or aimd",
        "line 8: formula is 'Lithium'",
        "line 9: row_key 'a' is also that of line 2",
        "line 10: label_set is empty",
        "line 11: it has more or fewer cells",
        "line 12: it has more or fewer cells",
    ):
        assert said in message, said


def test_many_wrong_rows_are_counted(table):
    with pytest.raises(LabelError, match=r"30 of 30 rows are wrong.*and 20 more"):
        read_csv(table("label_set,sigma_s_cm,material_id\n" + "x,no,mp-1\n" * 30))


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("label_set,material_id", r"lacks \['sigma_s_cm'\]"),
        ("sigma_s_cm,material_id", r"lacks \['label_set'\]"),
        ("label_set,sigma_s_cm,colour", r"unknown columns \['colour'\]"),
        ("label_set,sigma_300k,sigma_300k_s_cm", "columns of one name"),
        ("", r"lacks \['label_set', 'sigma_s_cm'\]"),
    ],
)
def test_wrong_headers_say_which_columns_there_are(table, header, message):
    with pytest.raises(LabelError, match=message):
        read_csv(table(f"{header}\n"))


def test_a_file_that_cannot_be_read(table, tmp_path):
    with pytest.raises(SourceError, match="cannot be read as CSV"):
        read_csv(tmp_path / "absent.csv")
    (tmp_path / "binary.csv").write_bytes(b"label_set,\xff\xfe\n")
    with pytest.raises(SourceError, match="text file in UTF-8"):
        read_csv(tmp_path / "binary.csv")
    path = table("label_set,sigma_s_cm,structure_file\nx,1e-9,absent.cif\n")
    with pytest.raises(LabelError, match=r"line 2: structure_file: .*absent\.cif"):
        read_csv(path)
