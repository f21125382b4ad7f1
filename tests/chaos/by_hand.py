"""A scheduler and four workers started by hand, two of them killed and replaced during a run.

``python -m tests.chaos.by_hand`` compares the lake with that of a run on one local worker, bit by
bit, and says what each worker has done.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from distributed import Client

from ionlake.pipeline import blocks
from ionlake.pipeline.recipe import Recipe
from ionlake.pipeline.report import Reporter
from ionlake.pipeline.run import run_recipe
from ionlake.pipeline.work import Outlook
from tests.chaos.lakes import differences

RECIPE = {
    "name": "by hand",
    "source": {"kind": "bundled", "max_sites": 4},
    "potential": {"name": "analytic"},
    "scan": {"spacing_ang": 0.7, "symmetry": "none"},
    "max_attempts": 1000,
}
KILLED_AFTER = (2, 4)
"""Materials that are done when a worker is killed and another one started."""

_DELAY_S = 0.03
_PATIENCE_S = 60.0


class Hands(Reporter):
    """Starts, kills and replaces workers while it follows the run."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder, self.stack = folder, stack
        self.workers: list[subprocess.Popen] = []
        self.n_killed, self.n_done = 0, 0

    def start(self, command: str, *options: str, name: str = "head") -> subprocess.Popen:
        """Start a process of Dask; it ends with the stack at the latest."""
        notes = {"CHAOS_NOTES": str(self.folder / f"{name}.notes"), "CHAOS_DELAY_S": str(_DELAY_S)}
        where = ["--scheduler-file", str(self.folder / "head.json"), "--host", "127.0.0.1"]
        log = self.stack.enter_context((self.folder / f"{name}.log").open("w"))
        process = subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.dask_{command}", *where, *options],
            env=os.environ | notes,
            cwd=Path(__file__).parents[2],
            stderr=log,
            stdout=log,
        )
        self.stack.callback(process.wait)
        self.stack.callback(process.kill)
        return process

    def add_worker(self) -> None:
        """One more worker with one thread, of which nobody takes care."""
        options = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--preload")
        name = f"worker-{len(self.workers) + 1}"
        self.workers.append(self.start("worker", *options, "tests.chaos.slow", name=name))

    def material_done(self, _name: str) -> None:
        """Kill and replace at certain moments, when others are at work."""
        self.n_done += 1
        if self.n_done in KILLED_AFTER:
            self.workers[self.n_killed].kill()
            self.n_killed += 1
            self.add_worker()

    def begun_by(self, number: int) -> int:
        """Blocks and grids that a worker has begun."""
        notes = self.folder / f"worker-{number}.notes"
        return len(notes.read_text().splitlines()) if notes.exists() else 0


def main() -> int:
    """Run both, compare, report; 1 if anything differs."""
    blocks.GRANULE = 16
    Outlook.large_s, Outlook.block_s, Outlook.bundle_s = 0.3, 0.0, 0.2
    started, say = time.monotonic(), sys.stdout.write
    with tempfile.TemporaryDirectory(prefix="ionlake-hands-") as name, ExitStack() as stack:
        folder = Path(name)
        hands = Hands(folder, stack)
        hands.start("scheduler", "--port", "0", "--no-dashboard")
        for _ in range(4):
            hands.add_worker()
        address = _address(folder / "head.json")
        with Client(address) as client:
            client.wait_for_workers(4, timeout=_PATIENCE_S)
        summary = run_recipe(_recipe(cluster=address), folder / "by-hand", hands)
        begun = [hands.begun_by(number + 1) for number in range(len(hands.workers))]
        run_recipe(_recipe(cluster={"kind": "local", "workers": 1}), folder / "local")
        problems = differences(folder / "by-hand", folder / "local")
    say(
        f"{summary.materials_computed} materials with {len(begun)} workers, {hands.n_killed} of"
        f" them killed; blocks and grids begun by each: {begun}; {len(problems)} differences from"
        f" the local run; {time.monotonic() - started:.0f} s\n"
    )
    for problem in problems:
        say(f"PROBLEM {problem}\n")
    idle = min(begun) == 0
    if idle:
        say("PROBLEM a worker has begun nothing\n")
    return bool(problems or idle or hands.n_killed < len(KILLED_AFTER))


def _recipe(cluster: object) -> Recipe:
    return Recipe.model_validate(RECIPE | {"cluster": cluster})


def _address(note: Path) -> str:
    deadline = time.monotonic() + _PATIENCE_S
    while not note.exists():
        if time.monotonic() > deadline:
            raise TimeoutError("the scheduler did not start")
        time.sleep(0.1)
    return str(json.loads(note.read_text())["address"])


if __name__ == "__main__":
    sys.exit(main())
