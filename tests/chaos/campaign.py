"""Kill, run again, compare: until enough kills are done."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from ionlake.pipeline.dispatch import MOST_OUT
from tests.chaos.lakes import differences, promises

DELAY_S = 0.03
WORKERS = 2

TARGETS = ("worker", "driver", "group")
MOMENTS = {"starting": 2, "workers ready": 1, "at work": 9}
_LONGEST_RUN_S = 600.0
_START_S = 7.0


@dataclass
class Campaign:
    """Kills on one lake after another.

    Attributes:
        folder: Where lakes are made; empty.
        random: Source of targets and moments.
        max_sites: Only bundled crystals with at most so many atoms are scanned.
        kills: Number of kills by target and moment.
        finished: Lakes that were finished and compared.
        problems: Whatever was lost, done twice or different.
        repeated: Blocks and grids that were begun more than once.
        begun: Blocks and grids that were begun.
        lost: After each killed run, how many tasks (a block, or a bundle of small crystals) had
            begun something that is not acknowledged: at most what was out, of which much is done
            where the driver is slow to acknowledge it.
        say: Told about every kill and every lake.
    """

    folder: Path
    random: random.Random
    max_sites: int = 4
    kills: Counter = field(default_factory=Counter)
    finished: int = 0
    problems: list[str] = field(default_factory=list)
    repeated: int = 0
    begun: int = 0
    lost: list[int] = field(default_factory=list)
    say: Callable[[str], object] = lambda _line: None

    @property
    def n_kills(self) -> int:
        """Kills so far."""
        return self.kills.total()

    def fight(self, n_kills: int) -> None:
        """Kill so often, finish the last lake, compare every lake with one left in peace."""
        reference = self.folder / "reference"
        self._start(reference, self.folder / "reference.notes", 0.0).wait(_LONGEST_RUN_S)
        while self.n_kills < n_kills:
            number = self.finished
            lake, notes = self.folder / f"lake-{number}", self.folder / f"notes-{number}"
            if not self._finish(lake, notes, n_kills):
                return
            self.problems += [f"{lake.name}: {each}" for each in differences(lake, reference)]
            self.finished += 1
            count = Counter(_lines(notes))
            self.begun += count.total()
            self.repeated += count.total() - len(count)
            self.say(f"{self.n_kills} kills, {self.finished} lakes, {len(self.problems)} problems")

    def _finish(self, lake: Path, notes: Path, n_kills: int) -> bool:
        """Run until the lake is done, with kills in between; False if a run gave up."""
        while True:
            promised, known, kills = promises(lake), len(_lines(notes)), self.n_kills
            run = self._start(lake, notes, DELAY_S)
            if self.n_kills < n_kills:
                self._attack(run, n_kills)
            status = run.wait(_LONGEST_RUN_S)
            _wait_for_orphans(run.pid)
            broken = promised.intersection(_lines(notes)[known:])
            self.problems += [f"{lake.name}: again {each}" for each in sorted(broken)]
            if status == 0:
                return True
            if status != -signal.SIGKILL:
                self.problems.append(f"{lake.name}: a run ended with {status}: {run.stderr_text()}")
                return False
            kept = promises(lake)
            tasks = {task for what, task in _notes(notes)[known:] if not _is_done(what, kept)}
            self.lost.append(len(tasks))
            if len(tasks) > MOST_OUT * WORKERS * (self.n_kills - kills):
                self.problems.append(f"{lake.name}: {len(tasks)} tasks to do again after a kill")

    def _attack(self, run: "Run", n_kills: int) -> None:
        """Kill at random moments until the driver is dead or done."""
        moment = self.random.choices(list(MOMENTS), MOMENTS.values())[0]
        if moment == "starting":
            time.sleep(self.random.uniform(0, _START_S))
        else:
            run.ready.wait(_LONGEST_RUN_S)
        while run.poll() is None and self.n_kills < n_kills:
            if moment == "at work":
                run.wait_for_a_note()
            if moment != "starting":
                time.sleep(self.random.uniform(0, 4.0))
            target = self.random.choice(TARGETS)
            if not _kill(run.pid, target, self.random):
                time.sleep(0.05)
                continue
            self.kills[f"{target}, {moment}"] += 1
            self.say(f"{self.n_kills}: {target}, {moment}")
            if target != "worker":
                return
            moment = "at work"

    def _start(self, lake: Path, notes: Path, delay_s: float) -> "Run":
        settings = {
            "CHAOS_NOTES": str(notes),
            "CHAOS_DELAY_S": str(delay_s),
            "CHAOS_MAX_SITES": str(self.max_sites),
        }
        return Run(lake, notes, os.environ | settings)


class Run(subprocess.Popen):
    """A driver in a session of its own; `ready` is set when its workers are there, or it ended."""

    def __init__(self, lake: Path, notes: Path, environment: dict[str, str]) -> None:
        self.ready = threading.Event()
        self._notes = notes
        self._errors = lake.with_suffix(".stderr")
        with self._errors.open("w") as errors:
            super().__init__(
                [sys.executable, "-m", "tests.chaos.driver", str(lake)],
                stdout=subprocess.PIPE,
                stderr=errors,
                env=environment,
                cwd=Path(__file__).parents[2],
                start_new_session=True,
            )
        threading.Thread(target=self._listen, daemon=True).start()

    def stderr_text(self) -> str:
        """The end of what it said on standard error."""
        return self._errors.read_text()[-2000:]

    def wait_for_a_note(self) -> None:
        """Wait until another block or grid is begun, or the driver has ended."""
        before = len(_lines(self._notes))
        while self.poll() is None and len(_lines(self._notes)) == before:
            time.sleep(0.05)

    def _listen(self) -> None:
        self.stdout.readline()
        self.ready.set()


def _kill(driver: int, target: str, chance: random.Random) -> bool:
    """Kill -9; False if there is no such process now. Only processes of this driver are meant."""
    try:
        if target == "driver":
            os.kill(driver, signal.SIGKILL)
        elif target == "group":
            os.killpg(driver, signal.SIGKILL)
        else:
            workers = [pid for pid in _session(driver) if _is_worker(pid)]
            if not workers:
                return False
            os.kill(chance.choice(workers), signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def _session(leader: int) -> list[int]:
    """Processes of the session that a driver leads, without itself."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and int(entry.name) != leader:
            try:
                if os.getsid(int(entry.name)) == leader:
                    found.append(int(entry.name))
            except ProcessLookupError:
                continue
    return found


def _is_worker(pid: int) -> bool:
    try:
        return b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def _is_done(what: str, kept: set[str]) -> bool:
    """Whether a block or a grid is acknowledged, or the grid that the block went into."""
    scan = what.split()[1]
    return what in kept or f"grid {scan}" in kept


def _wait_for_orphans(driver: int) -> None:
    """Workers notice by themselves that their driver is gone."""
    deadline = time.monotonic() + 120
    while _session(driver):
        if time.monotonic() > deadline:
            raise TimeoutError(f"workers of the dead driver {driver} go on: {_session(driver)}")
        time.sleep(0.05)


def _lines(notes: Path) -> list[str]:
    """Blocks and grids, in the order in which they were begun."""
    return [what for what, _ in _notes(notes)]


def _notes(notes: Path) -> list[tuple[str, str]]:
    """The same, each with the task that began it."""
    lines = notes.read_text().splitlines() if notes.exists() else []
    return [(what, task) for what, _, task in (line.partition("\t") for line in lines)]
