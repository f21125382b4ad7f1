import os
import signal
import subprocess
import sys

import pytest

from ionlake.lake.layout import LakeLayout
from ionlake.lake.ledger import Ledger
from ionlake.lake.lock import LakeLockedError, read_holder, writer_lock
from ionlake.lake.marker import create_lake
from ionlake.lake.writer import open_writer

HOLD = """
import sys, time
from ionlake.lake.writer import open_writer
with open_writer(sys.argv[1]):
    print("holding", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def layout(tmp_path) -> LakeLayout:
    return create_lake(tmp_path / "lake")


@pytest.fixture
def other_writer(layout):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(layout.root)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "holding\n"
    yield process
    process.kill()
    process.wait()


def test_a_second_writer_is_told_who_holds_the_lake(layout, other_writer):
    with (
        pytest.raises(LakeLockedError, match=f"process {other_writer.pid} on ") as raised,
        open_writer(layout.root),
    ):
        pytest.fail("two writers at once")
    assert raised.value.holder.pid == other_writer.pid
    assert raised.value.holder.host in str(raised.value)
    assert raised.value.holder.started_at in str(raised.value)


def test_the_lock_of_a_killed_writer_does_not_block(layout, other_writer):
    other_writer.send_signal(signal.SIGKILL)
    other_writer.wait()
    assert read_holder(layout).pid == other_writer.pid
    with writer_lock(layout) as holder:
        assert holder.pid == os.getpid()
        assert read_holder(layout) == holder
    assert read_holder(layout) is None


def test_the_lock_of_a_killed_writer_does_not_pass_to_its_children(layout):
    code = (
        "import subprocess, sys\n"
        "from ionlake.lake.writer import open_writer\n"
        "with open_writer(sys.argv[1]):\n"
        "    child = subprocess.Popen(['sleep', '60'], stdout=subprocess.DEVNULL)\n"
        "    print(child.pid, flush=True)\n"
        "    child.wait()\n"
    )
    command = [sys.executable, "-c", code, str(layout.root)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        child = int(process.stdout.readline())
        process.kill()
    try:
        with writer_lock(layout) as holder:
            assert holder.pid == os.getpid()
    finally:
        os.kill(child, signal.SIGKILL)


def test_a_dead_holder_is_not_named(layout, other_writer):
    """Between taking the lock and writing its note, a writer has its killed predecessor's note."""
    other_writer.kill()
    other_writer.wait()
    stale = layout.holder_file.read_text()
    with writer_lock(layout):
        layout.holder_file.write_text(stale)
        with pytest.raises(LakeLockedError, match="another process"), writer_lock(layout):
            pytest.fail("two writers at once")


def test_readers_of_the_ledger_need_no_lock(layout, other_writer):
    with Ledger.open_read_only(layout.ledger) as ledger:
        assert ledger.revision == 0


def test_one_process_is_not_two_writers(layout):
    with open_writer(layout.root), pytest.raises(LakeLockedError), open_writer(layout.root):
        pytest.fail("two writers at once")
    with open_writer(layout.root):
        pass


def test_the_lock_is_given_back_after_an_error(layout):
    with pytest.raises(ZeroDivisionError), open_writer(layout.root):
        _ = 1 / 0
    with open_writer(layout.root):
        pass


def test_a_holder_that_left_no_note_is_still_a_holder(layout):
    with writer_lock(layout):
        layout.holder_file.write_text("{")
        with pytest.raises(LakeLockedError, match="another process") as raised, writer_lock(layout):
            pytest.fail("two writers at once")
    assert raised.value.holder is None
