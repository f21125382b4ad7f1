"""What the lake costs beyond computing: ``python -m tests.benchmarks.lake --materials 20000``.

Made-up crystals go through the whole pipeline with the analytic landscape, whose energies cost
next to nothing, so that what remains is reading, planning, scheduling, writing and publishing.
"""

import argparse
import json
import shutil
import statistics
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from pymatgen.core import Lattice, Structure

import ionlake
from ionlake.lake import schema
from ionlake.lake.ledger import Ledger
from ionlake.pipeline.options import RunOptions
from ionlake.pipeline.recipe import Recipe
from ionlake.pipeline.run import run_recipe
from tests.benchmarks.tables import table
from tests.benchmarks.timing import seconds

ANIONS = ("F", "Cl", "Br", "I", "H")
SMALL = {"spacing_ang": 0.5, "symmetry": "auto"}
LARGE = {"spacing_ang": 0.2, "symmetry": "all"}
OPENINGS = 21
BEST = "SELECT * FROM candidates ORDER BY Xi DESC LIMIT 100"


@dataclass(frozen=True)
class LakeCost:
    """One lake.

    Attributes:
        materials: Number of materials.
        points: Grid points of each.
        update_s: First update, wall time, s.
        overhead_ms: Core time per material that is not spent evaluating and describing, ms.
        whole_ms: Wall time per material, all in, ms.
        no_op_s: Second update, with nothing to do, s.
        query_ms: The hundred best by descriptor, median, ms.
        grid_ms: Opening a grid by `Lake.grid`, median, ms.
        intake_ms: Opening a grid through the Intake catalog, median, ms.
        files: Number of files of the lake.
        megabytes: Their size.
        grid_kilobytes: Size of a grid on average.
    """

    materials: int
    points: int
    update_s: float
    overhead_ms: float
    whole_ms: float
    no_op_s: float
    query_ms: float
    grid_ms: float
    intake_ms: float
    files: int
    megabytes: float
    grid_kilobytes: float


def measure_lake(folder, n_materials, kind, workers):
    """Build a lake of so many materials and use it."""
    dump, lake = folder / "dump.jsonl", folder / "lake"
    write_dump(dump, n_materials, kind)
    recipe = make_recipe(dump, kind, workers)
    mirror = RunOptions(mirror=True)
    update_s = seconds(lambda: run_recipe(recipe, lake, options=mirror))
    no_op_s = seconds(lambda: run_recipe(recipe, lake, options=mirror))
    with Ledger.open_read_only(lake / "ledger.sqlite") as ledger:
        scans = list(ledger.rows(schema.SCANS))
    if len(scans) != n_materials:
        raise AssertionError(f"{len(scans)} of {n_materials} materials were scanned")
    computing = sum(scan["compute_seconds"] for scan in scans)
    with ionlake.open_lake(lake) as opened:
        query_ms = _median_ms(lambda _: opened.query(BEST))
        grid_ms = _median_ms(lambda number: opened.grid(name_of(number % n_materials)))
        catalog = opened.catalog()
        intake_ms = _median_ms(
            lambda number: catalog.grids(material_id=name_of(number % n_materials)).read()
        )
    files = [path for path in lake.rglob("*") if path.is_file()]
    in_grids = sum(path.stat().st_size for path in (lake / "grids").rglob("*") if path.is_file())
    return LakeCost(
        materials=n_materials,
        points=scans[0]["n_a"] * scans[0]["n_b"] * scans[0]["n_c"] * scans[0]["n_mobile_ions"],
        update_s=update_s,
        overhead_ms=1e3 * (update_s * workers - computing) / n_materials,
        whole_ms=1e3 * update_s / n_materials,
        no_op_s=no_op_s,
        query_ms=query_ms,
        grid_ms=grid_ms,
        intake_ms=intake_ms,
        files=len(files),
        megabytes=sum(path.stat().st_size for path in files) / 1e6,
        grid_kilobytes=in_grids / n_materials / 1e3,
    )


def make_recipe(dump, kind, workers):
    """Scan every crystal of a dump with the analytic landscape."""
    scan = {"grid": "paper", "spacing_ang": kind["spacing_ang"], "symmetry": kind["symmetry"]}
    return Recipe.model_validate(
        {
            "name": "lake-cost",
            "source": {"kind": "json_lines", "paths": [str(dump)]},
            "potential": {"name": "analytic"},
            "scan": scan,
            "cluster": {"kind": "local", "workers": workers},
        }
    )


def write_dump(path, n_materials, kind):
    """Made-up crystals, one a line."""
    make = simple_crystal if kind is SMALL else crystal_with_a_large_grid
    with path.open("w") as file:
        for number in range(n_materials):
            line = {"material_id": name_of(number), "structure": make(number).as_dict()}
            file.write(json.dumps(line) + "\n")


def simple_crystal(number):
    """Of the caesium chloride type, with an edge of its own."""
    step, anion = divmod(number, len(ANIONS))
    lattice = Lattice.cubic(3.9 - 0.00001 * step)
    return Structure(lattice, ["Li", ANIONS[anion]], [[0.5, 0.5, 0.5], [0.0, 0.0, 0.0]])


def crystal_with_a_large_grid(number):
    """Three lithium ions and two other atoms without symmetry: no two rows of a grid are equal."""
    random = np.random.default_rng(number)
    sites = np.array(
        [[0.2, 0.2, 0.2], [0.7, 0.2, 0.3], [0.3, 0.7, 0.7], [0.7, 0.7, 0.2], [0, 0, 0]]
    )
    places = sites + random.uniform(-0.04, 0.04, sites.shape)
    lattice = Lattice.from_parameters(9.7, 9.6, 9.5, *random.uniform(82, 98, 3))
    return Structure(lattice, ["Li", "Li", "Li", "O", "O"], places)


def name_of(number):
    """Material id of a made-up crystal."""
    return f"made-up-{number}"


def main():
    """Read the options, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.lake", description=__doc__)
    parser.add_argument("--materials", type=int, nargs="+", default=[200, 1000])
    parser.add_argument("--large", action="store_true", help="grids of a megabyte and more")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--json", action="store_true", help="print numbers instead of a table")
    options = parser.parse_args()
    found = []
    for n_materials in options.materials:
        folder = Path(tempfile.mkdtemp(prefix="ionlake-lake-cost-"))
        kind = LARGE if options.large else SMALL
        try:
            found.append(measure_lake(folder, n_materials, kind, options.workers))
        finally:
            shutil.rmtree(folder)
    if options.json:
        text = json.dumps([asdict(each) for each in found], indent=2)
    else:
        rows = [[f"{value:,.4g}" for value in asdict(each).values()] for each in found]
        text = table(tuple(asdict(found[0])), rows)
    sys.stdout.write(text + "\n")


def _median_ms(work):
    """Median of single calls with different numbers, after one untimed call, ms."""
    work(0)
    times = []
    for number in range(1, OPENINGS + 1):
        started = time.perf_counter()
        work(number)
        times.append(time.perf_counter() - started)
    return 1e3 * statistics.median(times)


if __name__ == "__main__":
    main()
