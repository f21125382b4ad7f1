"""Runs on many workers, simulated: ``python -m tests.benchmarks.simulation dump.jsonl``.

The dump holds one crystal a line; with ``--materials`` it is repeated, slightly strained, until
there are so many. With ``--check`` the same run is made once in virtual time and once in real time
by Dask's own scheduler, on workers in this process that wait instead of computing.
"""

import argparse
import gzip
import json
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from ionlake.pipeline.recipe import Recipe
from ionlake.pipeline.run import Ground, make_methods, run_recipe
from ionlake.pipeline.simulation import simulate as simulating
from ionlake.pipeline.simulation.grid_writing import GridWriting
from ionlake.pipeline.simulation.model import real_scan
from ionlake.pipeline.simulation.stand_in import StandIn
from tests.benchmarks.dask_overhead import workers_in_this_process
from tests.benchmarks.pretending import Pretending
from tests.benchmarks.tables import table

STRAIN = 1e-3


def recipe_of(dump, n_sites_max=None):
    """SevenNet-0 on all crystals of a dump."""
    return Recipe.model_validate(
        {
            "name": "simulation",
            "source": {"kind": "json_lines", "paths": [str(dump)], "n_sites_max": n_sites_max},
            "potential": {"name": "sevennet-0"},
        }
    )


def filled_up(dump, n_materials, folder):
    """A dump of so many crystals: those of another and, as needed, strained copies of them."""
    from pymatgen.core import Structure

    with gzip.open(dump, "rt") if dump.suffix == ".gz" else dump.open() as file:
        lines = [line for line in file if line.strip()]
    whole, path = lines[:n_materials], folder / "dump.jsonl"
    for number in range(n_materials - len(whole)):
        round_, which = divmod(number, len(lines))
        entry = json.loads(lines[which])
        text = entry.pop("cif", None)
        structure = (
            Structure.from_dict(entry["structure"])
            if text is None
            else Structure.from_str(text, "cif")
        )
        structure.apply_strain((round_ + 1) * STRAIN, inplace=True)
        entry |= {"material_id": f"copy-{number}", "structure": structure.as_dict()}
        whole.append(json.dumps(entry) + "\n")
    path.write_text("".join(line if line.endswith("\n") else line + "\n" for line in whole))
    return path


def in_real_time(recipe, n_workers):
    """Seconds from the opening to the closing of the cluster, with Dask's scheduler."""
    took = []
    with tempfile.TemporaryDirectory() as folder:
        model, grid = real_scan(Path(folder))
        methods = {each.card.potential_id: each for each in make_methods(recipe)}
        work = StandIn(methods, model, GridWriting(recipe.scan.spacing_ang, grid, 0))
        with workers_in_this_process(n_workers) as client:

            @contextmanager
            def opened(_settings):
                started = time.monotonic()
                yield Pretending(client, work)
                took.append(time.monotonic() - started)

            run_recipe(recipe, Path(folder) / "lake", ground=Ground(opened))
    return took[0]


def check(recipe, n_workers):
    """The same run in virtual and in real time, as a table."""
    virtual = simulating.simulate(recipe, n_workers, write_every=0)
    simulated_s = 3600.0 * virtual.wall_hours - virtual.preparing_s - virtual.last_release_s
    real_s = in_real_time(recipe, n_workers)
    rows = [
        [n_workers, virtual.materials, virtual.tasks, simulated_s, real_s, simulated_s / real_s]
    ]
    names = ("workers", "materials", "tasks", "simulated_s", "with_dask_s", "ratio")
    return table(names, [[f"{value:.5g}" for value in row] for row in rows])


def main():
    """Read the options, simulate, print."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.simulation", description=__doc__
    )
    parser.add_argument("dump", type=Path)
    parser.add_argument("--materials", type=int)
    parser.add_argument("--atoms", type=int, help="at most so many in a cell")
    parser.add_argument("--workers", type=int, nargs="+", default=[64, 512])
    parser.add_argument("--write-every", type=int, default=simulating.WRITE_EVERY)
    parser.add_argument("--check", action="store_true", help="against Dask in real time")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ionlake-simulation-") as folder:
        dump = options.dump.resolve()
        if options.materials:
            dump = filled_up(dump, options.materials, Path(folder))
        recipe = recipe_of(dump, options.atoms)
        for count in options.workers:
            if options.check:
                text = check(recipe, count)
            else:
                found = simulating.simulate(recipe, count, write_every=options.write_every)
                text = json.dumps(asdict(found), indent=2)
            sys.stdout.write(text + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
