"""Releases that are made while a run takes in results."""

import threading

import pytest

from ionlake.errors import LakeError
from ionlake.lake.release import current_release
from ionlake.pipeline import publisher
from ionlake.pipeline.publisher import Publisher
from tests.lake.fake_lake import put_material


@pytest.fixture
def writer(tmp_path):
    from ionlake.lake.writer import open_writer

    with open_writer(tmp_path / "lake", create=True) as opened:
        put_material(opened, "a", "s-a")
        yield opened


@pytest.fixture
def at_once(monkeypatch):
    monkeypatch.setattr(publisher, "PUBLISH_EVERY_S", -1.0)


def test_nothing_is_published_before_it_is_time(writer):
    with Publisher(writer.layout) as publishing:
        publishing.now_and_then()
    assert current_release(writer.layout) is None


def test_the_writer_goes_on_while_a_release_is_made(writer, at_once, monkeypatch):
    begun, written = threading.Event(), threading.Event()
    real = publisher.publish

    def slowly(layout, ledger):
        begun.set()
        assert written.wait(30)
        real(layout, ledger)

    monkeypatch.setattr(publisher, "publish", slowly)
    with Publisher(writer.layout) as publishing:
        publishing.now_and_then()
        assert begun.wait(30)
        put_material(writer, "b", "s-b")
        publishing.now_and_then()  # one at a time
        written.set()
    release = current_release(writer.layout)
    assert (release.number, release.ledger_revision) == (1, writer.ledger.revision)


def test_a_release_that_cannot_be_written_ends_the_run_by_its_error(writer, at_once, monkeypatch):
    def full(_layout, _ledger):
        raise LakeError("release cannot be written: check space")

    monkeypatch.setattr(publisher, "publish", full)
    with Publisher(writer.layout) as publishing:
        publishing.now_and_then()
        publishing._thread.shutdown()
        with pytest.raises(LakeError, match="check space"):
            publishing.now_and_then()
