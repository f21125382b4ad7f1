"""Crystals from files, folders and patterns; one bad file never stops the others."""

import functools
import gzip
import json
import os
import warnings
from pathlib import Path

import ase.io
import numpy as np
import pytest
from pymatgen.core import Structure

from ionlake.errors import SourceError
from ionlake.structures.sources import FileSource, StructureSource, load_bundled

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


@functools.cache
def bundled(material_id):
    return load_bundled(material_id)


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
    bundled(material_id).to_pymatgen().to(filename=str(path), fmt="poscar")
    return path


def write_frames(path: Path, *material_ids: str) -> Path:
    frames = [bundled(material_id).to_ase() for material_id in material_ids]
    kind = "extxyz" if path.suffix == ".xyz" else path.suffix[1:]
    ase.io.write(path, frames, format=kind, append=False)
    return path


def structure_json(material_id: str = "LiF-225") -> str:
    return json.dumps(bundled(material_id).to_pymatgen().as_dict())


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
    record = bundled("LiFePO4-62")
    path = tmp_path / f"triphylite{suffix}"
    record.to_pymatgen().to(filename=str(path), fmt="poscar" if suffix == ".vasp" else suffix[1:])
    entry = only(path)
    assert ids(tmp_path) == ["triphylite"]
    assert entry.material_id == "triphylite"
    assert entry.reference == str(path)
    assert (entry.error, entry.error_type, entry.licence) == (None, None, None)
    assert entry.structure.formula == "LiFePO4"
    assert entry.structure.n_sites == 28
    np.testing.assert_allclose(
        np.linalg.norm(entry.structure.cell, axis=1), [10.332, 6.010, 4.692], atol=1e-3
    )


@pytest.mark.parametrize("name", ["run.traj", "frame.extxyz", "frame.xyz", "row.json"])
def test_formats_that_only_ase_reads(tmp_path, name):
    path = write_frames(tmp_path / name, "Li3N-191")
    assert only(path).structure.formula == "Li3N"
    assert only(tmp_path).structure.formula == "Li3N"


def test_a_file_name_with_an_at_sign_is_no_choice_of_frames(tmp_path):
    write_frames(tmp_path / "frame.traj", "Li3N-191").rename(tmp_path / "frame@1.traj")
    assert only(tmp_path / "frame@1.traj").structure.formula == "Li3N"


def test_a_lossless_format_keeps_the_structure_id(tmp_path):
    record = bundled("Li3PO4-31")
    path = tmp_path / "phosphate.json"
    record.to_pymatgen().to(filename=str(path))
    assert only(path).structure.structure_id == record.structure_id


@pytest.mark.parametrize("name", ["POSCAR", "CONTCAR", "POSCAR.relaxed", "POSCAR_1"])
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
    assert ids(tmp_path) == ["a/one", "b/deep/two", "three"]


def test_folders_pass_over_what_is_no_crystal_and_say_so(tmp_path):
    write_crystal(tmp_path / "good.vasp")
    write_crystal(tmp_path / ".cache" / "hidden.vasp")
    write_crystal(tmp_path / "._good.vasp")
    (tmp_path / "folder.cif").mkdir()
    passed_over = [
        write_text(tmp_path / "deep" / "notes.txt", "LiF was bought in 1998"),
        write_text(tmp_path / "lattice.json", '{"lattice": {"a": 4.0}}'),
        write_text(tmp_path / "settings.json", '{"temperature": 300}'),
        write_text(tmp_path / "settings_broken.json", '{"temperature": 3'),
        write_text(tmp_path / "water.xyz", "2\n\nLi 0 0 0\nF 0 0 1.6\n"),
    ]
    source = FileSource(tmp_path)
    assert source.ignored == ()
    assert [entry.material_id for entry in source.entries()] == ["good"]
    assert source.ignored == tuple(passed_over)
    source.entries()
    assert source.ignored == tuple(passed_over)


def test_a_file_named_outright_is_not_ignored(tmp_path):
    write_crystal(tmp_path / "good.vasp")
    odd = write_crystal(tmp_path / "POSCAR").rename(tmp_path / "x-POSCAR")
    source = FileSource([tmp_path, tmp_path / ".." / tmp_path.name / odd.name, tmp_path])
    assert [entry.material_id for entry in source.entries()] == ["good", "x-POSCAR"]
    assert source.ignored == ()


@pytest.mark.parametrize("share", [0.2, 0.6, 0.98])
@pytest.mark.parametrize("indent", [None, 2])
def test_json_crystals_that_were_cut_off_are_entries_with_an_error(tmp_path, share, indent):
    ase_text = write_frames(tmp_path / "row.json", "LiF-225").read_text()
    pymatgen_text = json.dumps(json.loads(structure_json()), indent=indent)
    write_text(tmp_path / "row.json", ase_text[: int(share * len(ase_text))])
    write_text(tmp_path / "site.json", pymatgen_text[: int(share * len(pymatgen_text))])
    row, site = entries(tmp_path)
    assert_failed(row, "SourceError", "row.json", "check that the file is complete")
    assert_failed(site, "SourceError", "site.json", "check that the file is complete")


def test_patterns(tmp_path):
    write_crystal(tmp_path / "Li1.vasp")
    write_crystal(tmp_path / "Li2.vasp")
    write_crystal(tmp_path / "deep" / "Li3.vasp")
    write_crystal(tmp_path / "Na1.vasp")
    assert ids(str(tmp_path / "Li*.vasp")) == ["Li1", "Li2"]
    assert ids(str(tmp_path / "**" / "Li*.vasp")) == ["Li1", "Li2", "deep/Li3"]


def test_a_file_whose_name_looks_like_a_pattern(tmp_path):
    assert ids(write_crystal(tmp_path / "Li[1].vasp")) == ["Li[1]"]


def test_several_locations_keep_their_order_and_name_each_file_once(tmp_path):
    first = write_crystal(tmp_path / "z.vasp")
    write_crystal(tmp_path / "sub" / "a.vasp")
    assert ids([first, tmp_path / "sub", str(tmp_path / "*.vasp")]) == ["z", "a"]


def test_files_are_named_after_their_path_below_what_was_given(tmp_path, monkeypatch):
    write_crystal(tmp_path / "all" / "mat1" / "POSCAR")
    write_crystal(tmp_path / "all" / "mat2" / "POSCAR")
    write_crystal(tmp_path / "all" / "mat2" / "x.vasp")
    everything = ["mat1/POSCAR", "mat2/POSCAR", "mat2/x"]
    assert ids(tmp_path / "all") == everything
    assert ids(tmp_path / "all" / "mat2") == ["POSCAR", "x"]
    assert ids(str(tmp_path / "all" / "*" / "POSCAR")) == everything[:2]
    assert ids(str(tmp_path / "a*" / "mat2" / "*")) == ["all/mat2/POSCAR", "all/mat2/x"]
    assert ids([tmp_path / "all" / name / "POSCAR" for name in ("mat2", "mat1")]) == [
        "mat2/POSCAR",
        "mat1/POSCAR",
    ]
    monkeypatch.chdir(tmp_path / "all" / "mat2")
    assert ids(".") == ["POSCAR", "x"]
    assert ids("*") == ["POSCAR", "x"]
    assert ids("POSCAR") == ["mat2/POSCAR"]
    assert ids("../mat2/x.vasp") == ["x"]
    assert ids("..") == everything


@pytest.mark.parametrize("others", [(), ("b/x.vasp",), ("a/x.vasp", "b/x.vasp", "x.vasp")])
def test_the_name_of_a_file_does_not_depend_on_the_others(tmp_path, others):
    for path in ("c/x.vasp", *others):
        write_crystal(tmp_path / path)
    named = {entry.reference: entry.material_id for entry in entries(tmp_path)}
    assert named[str(tmp_path / "c" / "x.vasp")] == "c/x"
    assert len(named) == 1 + len(others)


def test_of_equal_names_the_first_keeps_it(tmp_path):
    paths = [write_crystal(tmp_path / folder / "x.vasp") for folder in "bac"]
    held, *clashing = entries(paths)
    assert (held.material_id, held.reference, held.error) == ("x", str(paths[0]), None)
    assert [entry.material_id for entry in clashing] == [path.as_posix() for path in paths[1:]]
    for entry, path in zip(clashing, paths[1:], strict=True):
        assert entry.reference == str(path)
        assert_failed(entry, "SourceError", f"{path} was not read", f"x is held by {paths[0]}")
        assert_failed(entry, "SourceError", "rename one of the two files, or name their common")


def test_equal_names_in_one_folder(tmp_path):
    write_text(tmp_path / "x.cif", ORDERED_CIF)
    write_crystal(tmp_path / "x.vasp")
    held, clashing = entries(tmp_path)
    assert (held.material_id, held.structure.n_sites) == ("x", 2)
    assert clashing.material_id == (tmp_path / "x.vasp").as_posix()
    assert_failed(clashing, "SourceError", "x.vasp was not read", "x.cif", "rename one of the two")
    assert "common folder" not in clashing.error


def test_links_to_files_are_files_of_their_own_and_links_to_folders_are_not(tmp_path):
    target = write_crystal(tmp_path / "run" / "x.vasp")
    (tmp_path / "run" / "y.vasp").symlink_to(target)
    (tmp_path / "latest").symlink_to(tmp_path / "run")
    (tmp_path / "x.vasp").symlink_to(target)
    assert ids(tmp_path / "run") == ["x", "y"]
    assert ids([tmp_path / "latest", tmp_path / "run"]) == ["x", "y"]
    assert ids([target, tmp_path / "x.vasp"]) == ["x"]


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


LARGER_CIF = ORDERED_CIF.replace("data_ordered", "data_larger").replace("4.0\n", "5.0\n")


@pytest.mark.parametrize(
    "content",
    [
        DISORDERED_CIF + LARGER_CIF,
        LARGER_CIF + DISORDERED_CIF + DISORDERED_CIF,
        "data_global\n_journal_year 1998\n" + LARGER_CIF,
    ],
)
def test_the_only_ordered_structure_of_a_cif_is_taken(tmp_path, content):
    assert only(write_text(tmp_path / "x.cif", content)).structure.cell[0, 0] == pytest.approx(5.0)


@pytest.mark.parametrize(
    ("content", "count"),
    [
        (DISORDERED_CIF + ORDERED_CIF + LARGER_CIF, "3 structures (2 ordered)"),
        (
            ORDERED_CIF + LARGER_CIF.replace("data_larger", "data_ordered"),
            "2 structures (2 ordered)",
        ),
        (DISORDERED_CIF + DISORDERED_CIF, "2 structures (0 ordered)"),
    ],
)
def test_a_cif_of_several_structures_is_an_entry_with_an_error(tmp_path, content, count):
    write_text(tmp_path / "x.cif", content)
    (tmp_path / "y.cif.gz").write_bytes(gzip.compress(content.encode()))
    for name in ("x.cif", "y.cif.gz"):
        entry = only(tmp_path / name)
        assert_failed(entry, "SourceError", name, count, "split it, one crystal per file")


@pytest.mark.parametrize("name", ["run.traj", "run.extxyz", "run.xyz", "rows.json", "steps.xsf"])
def test_several_frames_are_an_entry_with_an_error(tmp_path, name):
    write_frames(tmp_path / name, "LiF-225", "LiCl-225")
    entry = only(tmp_path / name)
    assert_failed(entry, "SourceError", f"{name} holds 2 structures", "one crystal per file")


def test_several_structures_in_a_text_format_of_one(tmp_path):
    res = "\n".join([bundled("LiF-225").to_pymatgen().to(fmt="res")] * 3)
    write_text(tmp_path / "airss.res", res)
    write_text(tmp_path / "list.json", f"[{structure_json()}, {structure_json('LiCl-225')}]")
    airss, listed = entries(tmp_path)
    assert_failed(airss, "SourceError", "airss.res holds 3 structures", "one crystal per file")
    assert_failed(listed, "SourceError", "list.json holds 2 structures", "one crystal per file")


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


@pytest.mark.parametrize("closed", ["all", "all/deep"])
def test_a_folder_that_cannot_be_opened_is_an_error_of_the_whole_source(
    tmp_path, monkeypatch, closed
):
    write_crystal(tmp_path / "all" / "deep" / "a.vasp")
    write_crystal(tmp_path / "all" / "b.vasp")
    really = os.scandir

    def scandir(path):
        if Path(path) == tmp_path / closed:
            raise PermissionError(13, "Permission denied", str(path))
        return really(path)

    monkeypatch.setattr(os, "scandir", scandir)
    for location in (tmp_path / "all", str(tmp_path / closed / "*.vasp")):
        with pytest.raises(SourceError, match=f"{closed} cannot be opened") as caught:
            FileSource(location).entries()
        assert "Permission denied" in str(caught.value)
        assert "\n" not in str(caught.value)


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
