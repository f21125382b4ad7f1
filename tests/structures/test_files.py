"""Crystals from files, folders and patterns; one bad file never stops the others."""

import warnings
from pathlib import Path

import ase.io
import numpy as np
import pytest
from pymatgen.core import Structure

from ionlake.errors import SourceError
from ionlake.structures.sources import FileSource, StructureSource, load_bundled
from ionlake.structures.sources.files import material_ids

ORDERED_CIF = """\
data_ordered
_cell_length_a 4.0
_cell_length_b 4.0
_cell_length_c 4.0
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
_symmetry_space_group_name_H-M 'P 1'
loop_
_symmetry_equiv_pos_as_xyz
'x, y, z'
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
_atom_site_occupancy
Li1 Li 0.3333 0.6667 0.0 1.0
F1 F 0.5 0.5 0.5 1.0
"""
DISORDERED_CIF = ORDERED_CIF.replace("data_ordered", "data_disordered").replace(
    "0.0 1.0\n", "0.0 0.7\n"
)
NAMELESS_POSCAR = """\
{comment}
1.0
4.0 0.0 0.0
0.0 4.0 0.0
0.0 0.0 4.0
1 1
direct
0.0 0.0 0.0
0.5 0.5 0.5
"""


def entries(locations):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return list(FileSource(locations).entries())


def only(locations):
    (entry,) = entries(locations)
    return entry


def ids(locations):
    return [entry.material_id for entry in entries(locations)]


def write_crystal(path: Path, material_id: str = "LiF-225") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    load_bundled(material_id).to_pymatgen().to(filename=str(path), fmt="poscar")
    return path


def write_text(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def assert_failed(entry, error_type, *words):
    assert entry.structure is None
    assert entry.error_type == error_type
    assert "\n" not in entry.error
    assert "Traceback" not in entry.error
    for word in words:
        assert word in entry.error


def test_it_is_a_structure_source():
    assert isinstance(FileSource("anything"), StructureSource)


@pytest.mark.parametrize("suffix", [".cif", ".json", ".vasp", ".xsf", ".cssr"])
def test_formats_that_pymatgen_reads(tmp_path, suffix):
    record = load_bundled("LiFePO4-62")
    path = tmp_path / f"triphylite{suffix}"
    record.to_pymatgen().to(filename=str(path), fmt="poscar" if suffix == ".vasp" else suffix[1:])
    entry = only(path)
    assert entry.material_id == "triphylite"
    assert entry.reference == str(path)
    assert (entry.error, entry.error_type, entry.licence) == (None, None, None)
    assert entry.structure.formula == "LiFePO4"
    assert entry.structure.n_sites == 28
    np.testing.assert_allclose(
        np.linalg.norm(entry.structure.cell, axis=1), [10.332, 6.010, 4.692], atol=1e-3
    )


@pytest.mark.parametrize(("name", "kind"), [("run.traj", "traj"), ("frame.extxyz", "extxyz")])
def test_formats_that_only_ase_reads(tmp_path, name, kind):
    path = tmp_path / name
    ase.io.write(path, load_bundled("Li3N-191").to_ase(), format=kind)
    assert only(path).structure.formula == "Li3N"


def test_a_lossless_format_keeps_the_structure_id(tmp_path):
    record = load_bundled("Li3PO4-31")
    path = tmp_path / "phosphate.json"
    record.to_pymatgen().to(filename=str(path))
    assert only(path).structure.structure_id == record.structure_id


@pytest.mark.parametrize("name", ["POSCAR", "CONTCAR", "POSCAR.relaxed"])
def test_names_without_suffix(tmp_path, name):
    write_crystal(tmp_path / name)
    assert only(tmp_path).material_id == name
    assert only(tmp_path).structure.formula == "LiF"


def test_short_decimals_of_thirds_in_a_cif_become_thirds(tmp_path):
    entry = only(write_text(tmp_path / "thirds.cif", ORDERED_CIF))
    lithium = entry.structure.fractional_positions[entry.structure.mobile_sites("Li")[0]]
    np.testing.assert_allclose(lithium, [1 / 3, 2 / 3, 0.0], rtol=0, atol=1e-15)


def test_folders_are_searched_to_any_depth_in_sorted_order(tmp_path):
    write_crystal(tmp_path / "b" / "deep" / "two.vasp")
    write_crystal(tmp_path / "a" / "one.vasp")
    write_crystal(tmp_path / "three.vasp")
    assert ids(tmp_path) == ["one", "two", "three"]


def test_folders_pass_over_what_is_no_crystal(tmp_path):
    write_crystal(tmp_path / "good.vasp")
    write_crystal(tmp_path / ".cache" / "hidden.vasp")
    write_crystal(tmp_path / "._good.vasp")
    write_text(tmp_path / "notes.txt", "LiF was bought in 1998")
    (tmp_path / "folder.cif").mkdir()
    write_text(tmp_path / "settings.json", '{"temperature": 300}')
    assert ids(tmp_path) == ["good"]


def test_folders_find_structures_among_json_files(tmp_path):
    load_bundled("LiF-225").to_pymatgen().to(filename=str(tmp_path / "fluoride.json"))
    assert ids(tmp_path) == ["fluoride"]


def test_patterns(tmp_path):
    write_crystal(tmp_path / "Li1.vasp")
    write_crystal(tmp_path / "Li2.vasp")
    write_crystal(tmp_path / "deep" / "Li3.vasp")
    write_crystal(tmp_path / "Na1.vasp")
    assert ids(str(tmp_path / "Li*.vasp")) == ["Li1", "Li2"]
    assert ids(str(tmp_path / "**" / "Li*.vasp")) == ["Li1", "Li2", "Li3"]


def test_a_file_whose_name_looks_like_a_pattern(tmp_path):
    assert ids(write_crystal(tmp_path / "Li[1].vasp")) == ["Li[1]"]


def test_several_locations_keep_their_order_and_name_each_file_once(tmp_path):
    first = write_crystal(tmp_path / "z.vasp")
    write_crystal(tmp_path / "sub" / "a.vasp")
    assert ids([first, tmp_path / "sub", str(tmp_path / "*.vasp")]) == ["z", "a"]


def test_equal_names_get_their_folder_in_front(tmp_path):
    write_crystal(tmp_path / "chlorides" / "POSCAR", "LiCl-225")
    write_crystal(tmp_path / "fluorides" / "POSCAR", "LiF-225")
    write_crystal(tmp_path / "fluorides" / "other.vasp")
    named = {entry.material_id: entry.structure.formula for entry in entries(tmp_path)}
    assert named == {"chlorides-POSCAR": "LiCl", "fluorides-POSCAR": "LiF", "other": "LiF"}


def test_equal_names_in_equal_folders_get_numbers():
    paths = [Path(p) for p in ("/x/a/P.cif", "/y/a/P.cif", "/z/a/P.cif", "/z/a-P-2.cif")]
    assert list(material_ids(paths).values()) == ["a-P", "a-P-3", "a-P-4", "a-P-2"]


def test_a_broken_file_is_an_entry_with_an_error(tmp_path):
    write_text(tmp_path / "broken.cif", ORDERED_CIF[:200])
    write_crystal(tmp_path / "good.vasp")
    broken, good = entries(tmp_path)
    assert_failed(broken, "SourceError", "broken.cif", "cannot be read as a crystal", "check that")
    assert broken.material_id == "broken"
    assert good.structure.formula == "LiF"


@pytest.mark.parametrize("content", ["", "\x00\x01\x02", "not a crystal at all\n" * 300])
def test_nonsense_is_an_error_of_one_short_line(tmp_path, content):
    for name in ("POSCAR", "nonsense.cif", "nonsense.dat", "nonsense.json"):
        entry = only(write_text(tmp_path / name, content))
        assert_failed(entry, "SourceError", name)
        assert len(entry.error) < 600 + len(str(tmp_path))


def test_a_disordered_crystal_is_an_entry_with_an_error(tmp_path):
    entry = only(write_text(tmp_path / "mixed.cif", DISORDERED_CIF))
    assert_failed(
        entry, "StructureError", "mixed.cif", "disordered", "Li: 0.7", "order the crystal"
    )


def test_a_molecule_is_an_entry_with_an_error(tmp_path):
    entry = only(write_text(tmp_path / "water.xyz", "2\n\nLi 0 0 0\nF 0 0 1.6\n"))
    assert_failed(entry, "StructureError", "water.xyz", "set all three directions periodic")


def test_the_first_ordered_structure_of_a_cif_is_taken(tmp_path):
    larger = ORDERED_CIF.replace("data_ordered", "data_larger").replace("4.0\n", "5.0\n")
    path = write_text(tmp_path / "several.cif", DISORDERED_CIF + ORDERED_CIF + larger)
    assert only(path).structure.cell[0, 0] == pytest.approx(4.0)


def test_elements_are_never_invented(tmp_path):
    entry = only(write_text(tmp_path / "POSCAR", NAMELESS_POSCAR.format(comment="a relaxed cell")))
    assert_failed(entry, "SourceError", "Elements in POSCAR cannot be determined")


def test_elements_on_the_first_line_of_an_old_poscar_count(tmp_path):
    entry = only(write_text(tmp_path / "POSCAR", NAMELESS_POSCAR.format(comment="Li F")))
    assert entry.structure.symbols == ("Li", "F")


@pytest.mark.parametrize(
    ("location", "words"),
    [("absent.cif", "does not exist"), ("*.cif", "matches no file"), (".", "no crystal files")],
)
def test_a_wrong_location_is_an_error_of_the_whole_source(tmp_path, location, words):
    source = FileSource([write_crystal(tmp_path / "ok" / "a.vasp"), tmp_path / "empty" / location])
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceError, match=words) as caught:
        source.entries()
    assert isinstance(caught.value, OSError)


def test_the_licence_travels_with_every_entry(tmp_path):
    write_crystal(tmp_path / "good.vasp")
    write_text(tmp_path / "bad.cif", "")
    source = FileSource(tmp_path, name="mine", licence="CC0-1.0")
    assert source.name == "mine"
    assert [entry.licence for entry in source.entries()] == ["CC0-1.0", "CC0-1.0"]


def test_oxidation_states_in_a_file_are_dropped(tmp_path):
    structure = Structure(4 * np.eye(3), ["Li+", "F-"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    structure.to(filename=str(tmp_path / "ions.cif"))
    assert set(only(tmp_path).structure.symbols) == {"Li", "F"}
