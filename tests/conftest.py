"""What several rooms' tests share: crystals in files and a Dask cluster inside the process."""

import pytest

from ionlake.structures.sources.bundled import load_bundled

DISORDERED_CIF = """data_mixed
_cell_length_a 4.1
_cell_length_b 4.1
_cell_length_c 4.1
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
_symmetry_space_group_name_H-M 'P 1'
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
_atom_site_occupancy
Li1 Li 0 0 0 0.5
Na1 Na 0 0 0 0.5
Cl1 Cl 0.5 0.5 0.5 1.0
"""


def pytest_collection_modifyitems(config, items):
    """Benchmarks run when their mark is named, whatever else is chosen."""
    if "benchmark" not in config.option.markexpr:
        benchmarks = [item for item in items if item.get_closest_marker("benchmark")]
        config.hook.pytest_deselected(items=benchmarks)
        items[:] = [item for item in items if item not in benchmarks]


@pytest.fixture
def crystals(tmp_path):
    """A folder with three good crystals, two of them the same, and three that cannot be used."""
    folder = tmp_path / "crystals"
    folder.mkdir()
    lif = load_bundled("LiF-225").to_pymatgen()
    lif.to(filename=str(folder / "lif.cif"))
    lif.to(filename=str(folder / "lif_again.cif"))
    load_bundled("Li3OCl-221").to_pymatgen().to(filename=str(folder / "POSCAR_li3ocl.vasp"))
    lif.replace_species({"Li": "Na"})
    lif.to(filename=str(folder / "naf.cif"))
    (folder / "broken.cif").write_text("data_broken\nloop_\n_atom_site_label\n")
    (folder / "mixed.cif").write_text(DISORDERED_CIF)
    return folder


@pytest.fixture(scope="session")
def scheduler():
    """Address of a Dask scheduler with two workers, all threads of this process."""
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=False, dashboard_address=None
    ) as cluster:
        yield cluster.scheduler_address
