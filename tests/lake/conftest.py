"""A lake to be filled by hand, and questions to a release of it."""

import pytest

from ionlake.lake.reader import ReleaseReader
from ionlake.lake.release import publish_release
from ionlake.lake.writer import open_writer


@pytest.fixture
def writer(tmp_path):
    with open_writer(tmp_path / "lake", create=True) as opened:
        yield opened


@pytest.fixture
def rows(writer):
    def published(sql):
        publish_release(writer.layout, writer.ledger)
        return ReleaseReader.open(writer.layout).rows(sql)

    return published
