"""When the table of candidates is seen: ``python -m tests.benchmarks.first_paint``.

A lake of made-up materials without grids is shown by ``ionlake explore`` to a Chromium without a
window; the time runs from the call of the address until rows of the table are drawn.
"""

import argparse
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

from ionlake.catalog.publish import publish
from ionlake.lake.writer import open_writer
from tests.lake.fake_lake import descriptor_row, identifier, ion_rows, put_material, scan_row

ANIONS = ("O", "S", "Cl", "F", "P", "N")
EXPLORE = "from ionlake.cli.main import main; main()"


def make_lake(root, materials):
    """Publish a release of made-up materials."""
    chance = random.Random(0)
    with open_writer(root, create=True) as writer:
        with writer.ledger.together():
            for number in range(materials):
                elements = ["Li", *chance.sample(ANIONS, 2)]
                put_material(
                    writer,
                    f"m-{number}",
                    f"s-{number}",
                    formula=f"Li{chance.randint(2, 9)}{''.join(elements[1:])}",
                    elements=sorted(elements),
                )
                scan = scan_row(f"s-{number}") | {"scan_id": identifier(number)}
                row = descriptor_row(scan["scan_id"], chance.random(), mpe=chance.random())
                writer.ledger.commit_scan(scan)
                writer.ledger.commit_descriptors(row, ion_rows(row))
        publish(writer.layout, writer.ledger)


def painted(root, visits):
    """Seconds until rows are drawn, for each of some visits with an empty cache."""
    options = ["explore", "--lake", str(root), "--port", "0", "--no-browser"]
    with subprocess.Popen(
        [sys.executable, "-c", EXPLORE, *options], stdout=subprocess.PIPE, text=True
    ) as server:
        try:
            address = server.stdout.readline().split()[-1]
            with sync_playwright() as started:
                path = shutil.which("chromium") or shutil.which("chrome")
                chromium = started.chromium.launch(executable_path=path, args=["--no-sandbox"])
                return [_visit(chromium, address) for _ in range(visits)]
        finally:
            server.terminate()


def _visit(chromium, address):
    page = chromium.new_context().new_page()
    begin = time.perf_counter()
    page.goto(address, wait_until="commit")
    page.locator(".tabulator-row").nth(10).wait_for()
    seconds = time.perf_counter() - begin
    page.close()
    return seconds


def main():
    """Read the options, measure, print."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.first_paint", description=__doc__
    )
    parser.add_argument("--materials", type=int, default=20_000)
    parser.add_argument("--visits", type=int, default=7)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        make_lake(Path(folder) / "lake", options.materials)
        first, *others = painted(Path(folder) / "lake", options.visits)
    load = os.getloadavg()[0]
    sys.stdout.write(
        f"{options.materials} materials: first visit {first:.2f} s, then median"
        f" {statistics.median(others):.2f} s, {min(others):.2f} to {max(others):.2f} s"
        f" (load {load:.1f})\n"
    )


if __name__ == "__main__":
    main()
