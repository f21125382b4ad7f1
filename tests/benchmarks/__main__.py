"""Run all benchmarks and print them as Markdown or JSON."""

import argparse
import json
import sys
from dataclasses import asdict


def main():
    """Read the options, measure, print."""
    from tests.benchmarks.cases import load_cases
    from tests.benchmarks.effort import FULL, QUICK
    from tests.benchmarks.report import CRYSTALS, measure
    from tests.benchmarks.tables import render

    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--crystals", nargs="*", default=CRYSTALS, help="ids of bundled crystals")
    parser.add_argument("--structures", nargs="*", default=(), help="files of crystals")
    parser.add_argument(
        "--potential", default="sevennet-0", help="such as 7net-l3i5 or 7net-mf-0@PBE"
    )
    parser.add_argument("--quick", action="store_true", help="fewer points and repeats")
    parser.add_argument("--json", action="store_true", help="print numbers instead of tables")
    options = parser.parse_args()
    cases = load_cases(options.crystals, options.structures)
    if not cases:
        parser.error("no crystal named: give --crystals or --structures")
    report = measure(cases, options.potential, QUICK if options.quick else FULL)
    text = json.dumps(asdict(report), indent=2) + "\n" if options.json else render(report)
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
