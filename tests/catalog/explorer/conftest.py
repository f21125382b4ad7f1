import pytest

import ionlake
from tests.catalog.figures.lakes import lake_with_dynamics


@pytest.fixture(scope="session")
def lake(tmp_path_factory):
    root = lake_with_dynamics(tmp_path_factory.mktemp("explorer"))
    with ionlake.open_lake(root) as opened:
        yield opened
