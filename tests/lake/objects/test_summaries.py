"""Summaries of a database, kept in a lake in a store."""

import pytest
from botocore.exceptions import EndpointConnectionError

from ionlake.errors import SourceError, StoreError
from ionlake.lake.layout import LakeLayout
from ionlake.lake.location import lake_root
from ionlake.pipeline.sources import KeptInStore
from ionlake.structures.sources.kept_summaries import (
    Header,
    newest_summaries,
    read_summaries,
    summaries_path,
    write_summaries,
)
from ionlake.structures.sources.selection import Selection
from tests.lake.objects.conftest import names_in, store


def test_summaries_are_kept_in_the_store_and_found_again(url):
    folder, selection = LakeLayout(lake_root(url)).summaries("materials_project"), Selection("Li")
    with pytest.raises(SourceError, match="no summaries are kept in s3://"):
        newest_summaries(folder, selection)
    documents = [{"material_id": f"mp-{number}"} for number in range(3)]
    path = summaries_path(folder, "2026.1", selection)
    write_summaries(path, Header.now("2026.1", selection, 3), documents)
    found = newest_summaries(folder, selection)
    assert str(found) == str(path)
    assert list(read_summaries(found)) == documents
    store().pipe_file(str(path), store().cat_file(str(path))[:-9])
    with pytest.raises(SourceError, match="are damaged"):
        list(read_summaries(found))


def test_summaries_that_broke_off_leave_nothing(url):
    folder, selection = LakeLayout(lake_root(url)).summaries("materials_project"), Selection("Li")

    def documents():
        yield {}
        raise SourceError("the server went away")

    with pytest.raises(SourceError, match="went away"):
        write_summaries(
            summaries_path(folder, "1", selection), Header.now("1", selection, 2), documents()
        )
    assert names_in(url) == []


@pytest.mark.parametrize("wrapped", [True, False])
def test_a_store_that_does_not_answer_is_not_called_damaged(url, wrapped):
    class Unreachable:
        name = "materials_project"

        def entries(self):
            gone = EndpointConnectionError(endpoint_url="http://nowhere")
            if not wrapped:
                raise gone
            yield from ()
            raise SourceError("the kept summaries are damaged") from gone

    source = KeptInStore(Unreachable(), LakeLayout(lake_root(url)).summaries("materials_project"))
    assert source.name == "materials_project"
    with pytest.raises(StoreError, match=r"EndpointConnectionError.*AWS_ENDPOINT_URL"):
        list(source.entries())
