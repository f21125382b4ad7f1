"""The full campaign on the command line."""

import argparse
import random
import sys
import tempfile
import time
from pathlib import Path

from tests.chaos.campaign import Campaign


def main() -> int:
    """Fight and report; 1 if anything was lost, done twice or different."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="ionlake-chaos-") as folder:
        campaign = Campaign(Path(folder), random.Random(options.seed), say=_say)
        campaign.fight(options.kills)
    say = sys.stdout.write
    for kind, count in sorted(campaign.kills.items()):
        say(f"{count} kills of {kind}\n")
    say(
        f"{campaign.finished} lakes compared with one left in peace, {campaign.begun} blocks and "
        f"grids begun, {campaign.repeated} of them again, in {time.monotonic() - started:.0f} s\n"
    )
    if campaign.lost:
        mean, most = sum(campaign.lost) / len(campaign.lost), max(campaign.lost)
        say(f"tasks to do again after a run was killed: {mean:.1f} on average, {most} at most\n")
    for problem in campaign.problems:
        say(f"PROBLEM {problem}\n")
    return bool(campaign.problems)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


if __name__ == "__main__":
    sys.exit(main())
