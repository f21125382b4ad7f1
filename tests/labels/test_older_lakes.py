"""Lakes from before there were labels."""

import sqlite3
import tarfile
from pathlib import Path

import pytest

import ionlake
from ionlake.catalog.labels import label_sets
from ionlake.catalog.publish import refresh_catalog
from ionlake.errors import LakeError
from ionlake.lake import schema
from ionlake.lake.ledger import Ledger
from ionlake.lake.marker import FORMAT_VERSION, find_lake, read_format
from ionlake.lake.writer import open_writer
from ionlake.pipeline.evaluation import evaluate_release
from ionlake.pipeline.labels import import_csv
from tests.labels.lakes import MADE, labelled_lake

FORMAT_1 = Path(__file__).parents[1] / "lake" / "formats" / "format-1.tar.xz"
NEW = (schema.EXTERNAL_IDS, schema.LABELS, schema.EVALUATIONS)


@pytest.fixture
def before_labels(tmp_path):
    """A lake of the present format whose ledger has none of the new tables."""
    layout = labelled_lake(tmp_path / "lake")
    with sqlite3.connect(layout.ledger) as connection:
        for table in NEW:
            connection.execute(f"DROP TABLE {table.name}")
    return layout


def test_the_present_format_opens_without_them_and_gains_them(before_labels, tmp_path):
    with Ledger.open_read_only(before_labels.ledger) as ledger:
        assert [ledger.count(table) for table in NEW] == [0, 0, 0]
        revision = ledger.revision
    (tmp_path / "made.csv").write_text(MADE)
    assert import_csv(before_labels.root, tmp_path / "made.csv").new == 7
    assert read_format(before_labels) == FORMAT_VERSION
    with open_writer(before_labels.root) as writer:
        assert writer.ledger.count(schema.LABELS) == 7
        assert writer.ledger.count(schema.SCANS) == 4
        assert writer.ledger.revision > revision


def test_a_release_without_them_is_read_and_gets_its_catalog(tmp_path):
    with tarfile.open(FORMAT_1) as packed:
        packed.extractall(tmp_path, filter="data")
    root = tmp_path / "format-1"
    with ionlake.open_lake(root) as lake:
        assert len(lake.query("FROM candidates")) > 0
        assert label_sets(lake) == []
    with pytest.raises(LakeError, match="the lake has no labels: import some"):
        evaluate_release(root)
    layout = find_lake(root)
    layout.catalog_file.unlink()
    refresh_catalog(layout)
    with ionlake.open_lake(root) as lake:
        names = set(lake.catalog())
    assert "candidates" in names
    assert not names & {"labels", "evaluations"}
