"""Summaries of a database, kept in a lake in a store."""

import pytest

from ionlake.errors import SourceError
from ionlake.lake.layout import LakeLayout
from ionlake.lake.location import lake_root
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
