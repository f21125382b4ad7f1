import shutil

import pytest

from ionlake.lake.layout import LakeLayout
from ionlake.lake.reader import ReleaseReader
from tests.lake.real_lake import make_lake


@pytest.fixture(scope="session")
def sound_lake(tmp_path_factory):
    """A published lake of two crystals that no test changes."""
    return make_lake(tmp_path_factory.mktemp("sound") / "lake")


@pytest.fixture
def layout(sound_lake, tmp_path):
    """A copy of it to damage."""
    shutil.copytree(sound_lake.root, tmp_path / "lake")
    return LakeLayout(tmp_path / "lake")


@pytest.fixture
def grid_folders(layout):
    """Folders of the grids by material."""
    release = ReleaseReader.open(layout)
    rows = release.rows("SELECT material_id, grid_path FROM grids")
    release.close()
    return {row["material_id"]: layout.resolve(row["grid_path"]) for row in rows}
