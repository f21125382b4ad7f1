"""One update of the lake under attack: ``python -m tests.chaos.driver LAKE``.

Large scans are cut into blocks of 16 points, small ones travel in small bundles, and releases are
published all the time, so that kills meet every kind of moment. Without symmetry, so that no scan
begins anew because the landscape lacks that of its crystal.
"""

import os
import sys

import dask

from ionlake.pipeline import blocks, publisher, run
from ionlake.pipeline.options import RunOptions
from ionlake.pipeline.recipe import Recipe
from ionlake.pipeline.report import Reporter
from ionlake.pipeline.work import Outlook
from tests.chaos.campaign import WORKERS

RECIPE = Recipe.model_validate(
    {
        "name": "chaos",
        "source": {"kind": "bundled", "max_sites": int(os.environ["CHAOS_MAX_SITES"])},
        "potential": {"name": "analytic"},
        "scan": {"spacing_ang": 0.7, "symmetry": "none"},
        "cluster": {"kind": "local", "workers": WORKERS},
        "max_attempts": 1000,
    }
)


class Told(Reporter):
    """Says when the workers are there."""

    def cluster_ready(self, _n_workers, _dashboard):
        sys.stdout.write("ready\n")
        sys.stdout.flush()


def main():
    """Update the lake."""
    blocks.GRANULE, publisher.PUBLISH_EVERY_S = 16, 0.5
    Outlook.large_s, Outlook.block_s, Outlook.bundle_s = 0.3, 0.0, 0.2
    with dask.config.set({"distributed.worker.preload": ["tests.chaos.slow"]}):
        run.run_recipe(RECIPE, sys.argv[1], Told(), RunOptions(mirror=True))


if __name__ == "__main__":
    main()
