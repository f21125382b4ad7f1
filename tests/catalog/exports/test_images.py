import io

import numpy as np
import pytest
from ase.io import read
from pymatgen.core import Structure

from ionlake.catalog.exports.cif import path_cif
from ionlake.catalog.exports.images import path_images, write_poscar_folders
from ionlake.descriptors.pathway_dataset import pathway
from ionlake.errors import SettingsError
from tests.reference.landscapes import TRICLINIC, cosines, scan


@pytest.fixture(scope="module")
def path():
    """Of the second of two lithium ions, straight along c over the middle of the edge."""
    made = scan(
        [cosines((8, 6, 10), heights) for heights in [(5.0, 5.0, 5.0), (0.9, 0.8, 0.5)]],
        sites=[[0.3, 0.6, 0.1], [0.02, 0.01, 0.0]],
    )
    symbols = {"symbols": ["O", "Li", "Li"], "atomic_numbers": [8, 3, 3]}
    return pathway(made.assign_attrs(symbols))


def test_images_are_evenly_spaced_and_only_the_ion_moves(path):
    images = path_images(path, 3)
    assert [image.get_chemical_formula() for image in images] == ["Li2O"] * 5
    fractional = np.array([image.get_scaled_positions(wrap=False) for image in images])
    assert fractional[:, 0] == pytest.approx(np.outer(np.linspace(0, 1, 5), [0, 0, 1]))
    assert (fractional[:, 1:] == fractional[0, 1:]).all()
    assert fractional[0, 1:] == pytest.approx(np.array([[0.3, 0.6, 0.1], [0.5, 0.5, 0.5]]))
    steps = [image.info["distance_ang"] for image in images]
    assert np.diff(steps) == pytest.approx(np.linalg.norm(TRICLINIC[2]) / 4)
    expected = [0.0, 0.5 * 0.5, 0.5, 0.5 * 0.5, 0.0]
    assert [image.info["energy_ev"] for image in images] == pytest.approx(expected, abs=0.02)


def test_in_a_supercell_one_ion_moves_into_the_vacancy_of_its_copy(path):
    images = path_images(path, 2, min_image_distance_ang=9.0)
    cells = round(images[0].get_volume() / abs(np.linalg.det(TRICLINIC)))
    assert cells > 4
    assert len(images[0]) == 3 * cells - 1
    for image in images:
        distances = image.get_distances(0, range(1, len(image)), mic=True)
        assert distances.min() > 0.8
    start, end = images[0].positions[0], images[-1].positions[0]
    assert end - start == pytest.approx(TRICLINIC[2])


def test_poscars_hold_the_images_one_to_a_folder(path, tmp_path):
    images = path_images(path, 2, min_image_distance_ang=6.0)
    write_poscar_folders(tmp_path / "neb", images)
    assert sorted(p.name for p in (tmp_path / "neb").iterdir()) == ["00", "01", "02", "03"]
    for number, image in enumerate(images):
        back = read(tmp_path / "neb" / f"0{number}" / "POSCAR", format="vasp")
        assert (back.symbols == image.symbols).all()
        assert back.positions == pytest.approx(image.positions)
        names = (tmp_path / "neb" / f"0{number}" / "POSCAR").read_text().splitlines()[5]
        assert names.split() == ["Li", "O"]


def test_the_cif_shows_the_path_among_the_other_atoms(path):
    text = path_cif(path)
    back = read(io.StringIO(text), format="cif")
    n_points = path.sizes["point"] - 1
    assert len(back) == 2 + n_points
    assert back.cell.cellpar() == pytest.approx(path_images(path, 1)[0].cell.cellpar())
    drawn = back.get_scaled_positions()[2:]
    assert drawn == pytest.approx(path.fractional.values[:-1] % 1, abs=1e-6)
    assert f"path{n_points - 1}" in text
    structure = Structure.from_str(text, fmt="cif", merge_tol=0, primitive=False)
    assert structure.composition["Li"] == n_points + 1


def test_what_cannot_be_made(path):
    with pytest.raises(SettingsError, match="number of images is 0"):
        path_images(path, 0)
    with pytest.raises(SettingsError, match="expected a positive length"):
        path_images(path, 1, min_image_distance_ang=-3.0)
