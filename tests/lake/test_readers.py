"""Readers in other processes while releases are published under their feet."""

import json
import subprocess
import sys
import time

import pytest

from ionlake.lake.release import publish_release
from ionlake.lake.writer import open_writer
from tests.lake.fake_lake import put_material, put_scan

READERS = 4

# One reader: opens the lake afresh for each read and says what it saw. Every release has as many
# materials, scans and places as its number, so a mixture of two releases would show.
READER = """
import json, sys, time
import ionlake
from pathlib import Path
path, reads, stop = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
seen, wrong, slowest, n = {}, [], 0.0, 0
with ionlake.open_lake(path) as lake:
    lake.grid(lake.query("SELECT material_id FROM candidates").material_id[0]).load()
print("ready", flush=True)
while n < reads or not stop.exists():
    time.sleep(0.1)
    started = time.perf_counter()
    with ionlake.open_lake(path) as lake:
        (row,) = lake.query(
            "SELECT (SELECT number FROM release) AS release, (SELECT count(*) FROM materials) AS m,"
            " (SELECT count(*) FROM scans) AS s, (SELECT count(*) FROM candidates) AS c,"
            " (SELECT max(material_id) FROM materials) AS newest"
        ).to_dict("records")
        row["opened"] = lake.release
        if n % 10 == 0:
            row["lowest"] = float(lake.grid(row["newest"]).energy.min())
    slowest = max(slowest, time.perf_counter() - started)
    number = int(row["release"])
    if not number == row["opened"] == row["m"] == row["s"] == row["c"]:
        wrong.append({name: str(value) for name, value in row.items()})
    seen[number] = seen.get(number, 0) + 1
    n += 1
print(json.dumps({"reads": n, "seen": seen, "wrong": wrong, "slowest": slowest}))
"""


def publish_next(writer, number):
    """Release ``number`` holds that many materials, each with its scan and descriptors."""
    put_material(writer, f"mp-{number:06d}", f"s-{number}")
    put_scan(writer, f"s-{number}", xi=1 / number)
    assert publish_release(writer.layout, writer.ledger).number == number


@pytest.mark.parametrize(
    ("reads", "publications"),
    [(60, 6), pytest.param(2000, 50, marks=pytest.mark.benchmark)],
    ids="{}".format,
)
def test_readers_see_one_release_each_and_never_fail(tmp_path, reads, publications):
    """Reads in all, by four processes, while so many releases are published."""
    stop = tmp_path / "stop"
    with open_writer(tmp_path / "lake", create=True) as writer:
        publish_next(writer, 1)
        command = [sys.executable, "-c", READER, str(writer.layout.root)]
        readers = [
            subprocess.Popen(
                [*command, str(reads // READERS), str(stop)], stdout=subprocess.PIPE, text=True
            )
            for _ in range(READERS)
        ]
        try:
            for reader in readers:
                assert reader.stdout.readline() == "ready\n"
            started = time.perf_counter()
            for number in range(2, publications + 1):
                publish_next(writer, number)
            published_s = time.perf_counter() - started
            stop.touch()
            told = [json.loads(reader.communicate(timeout=600)[0]) for reader in readers]
        finally:
            for reader in readers:
                reader.kill()
                reader.wait()
    assert [reader.returncode for reader in readers] == [0] * READERS
    assert [each["wrong"] for each in told] == [[]] * READERS
    assert sum(each["reads"] for each in told) >= reads
    releases = set().union(*(each["seen"] for each in told))
    assert len(releases) > publications // 4
    sys.stdout.write(
        f"\n{sum(each['reads'] for each in told)} reads of {len(releases)} releases by {READERS}"
        f" processes, slowest {max(each['slowest'] for each in told):.2f} s;"
        f" {publications} publications in {published_s:.1f} s\n"
    )
