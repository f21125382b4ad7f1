"""Lakes of the present format from before there were tables of dynamics."""

from contextlib import closing

import pytest
import yaml

from ionlake.catalog.publish import publish, write_catalog
from ionlake.errors import LakeError
from ionlake.lake import release_tables, schema
from ionlake.lake import sqlite_tables as sql
from ionlake.lake.integrity.findings import Kind
from ionlake.lake.integrity.verify import verify_lake
from ionlake.lake.layout import LakeLayout
from ionlake.lake.ledger import Ledger
from ionlake.lake.reader import ReleaseReader
from ionlake.lake.writer import open_writer
from tests.lake.fake_lake import put_material, put_scan

ADDED = (schema.MD_RUNS, schema.DIFFUSIVITIES, schema.CONDUCTIVITIES, schema.STAGED_PIECES)


@pytest.fixture
def older(tmp_path, monkeypatch):
    """A lake whose ledger and release lack the tables, as an earlier ionlake left it."""
    lake = tmp_path / "lake"
    before = tuple(table for table in schema.TABLES if table not in ADDED)
    views = tuple(view for view in release_tables.views() if view.name != "md_validation")
    with monkeypatch.context() as patch:
        patch.setattr(schema, "TABLES", before)
        patch.setattr(release_tables, "RELEASE_TABLES", (*before, schema.RELEASE))
        patch.setattr(release_tables, "views", lambda: views)
        release_tables.schema_digest.cache_clear()
        with open_writer(lake, create=True) as writer:
            put_material(writer, "mp-1", "s-1")
            put_scan(writer, "s-1", xi=0.5, seed=1)
            publish(writer.layout, writer.ledger)
    release_tables.schema_digest.cache_clear()
    layout = LakeLayout(lake)
    with closing(sql.open_database(layout.ledger, read_only=False)) as connection:
        for table in ADDED:
            connection.execute(f'DROP TABLE "{table.name}"')
    return layout


def _sound(layout):
    """Nothing is wrong but the made-up grid, whose attributes name no scan."""
    return {found.kind for found in verify_lake(layout).findings} == {Kind.GRID_DIFFERS}


def test_it_is_read_and_verified_as_it_is(older):
    assert _sound(older)
    with Ledger.open_read_only(older.ledger) as ledger:
        assert ledger.count(schema.MD_RUNS) == 0
        assert not ledger.has(schema.MD_RUNS)
    write_catalog(older)
    assert "conductivities" not in yaml.safe_load(older.catalog_file.read_text())["entries"]
    with closing(ReleaseReader.open(older)) as release:
        assert release.rows("SELECT material_id FROM candidates") == [{"material_id": "mp-1"}]


def test_the_next_writer_adds_what_is_missing(older):
    with open_writer(older.root) as writer:
        info = publish(writer.layout, writer.ledger)
    assert info is not None
    assert info.number == 2
    with closing(ReleaseReader.open(older)) as release:
        assert release.rows("SELECT * FROM md_validation") == []
    assert _sound(older)


def test_taking_back_a_run_that_is_not_there_changes_nothing_else(older):
    with open_writer(older.root) as writer:
        writer.ledger.withdraw_md_run("none")
        assert writer.ledger.count(schema.SCANS) == 1
        with pytest.raises(LakeError, match="lacks"):
            writer.ledger.stage_piece({"md_run_id": "x"})
