"""The one scan of a simulation that is real: all others get rows and attributes like its own."""

from pathlib import Path

import xarray as xr

from ionlake.lake.grids import open_grid
from ionlake.pes.settings import ScanSettings
from ionlake.pipeline.jobs import FinishedScan, GridPlace, ScanJob
from ionlake.pipeline.recipe import PotentialSettings
from ionlake.pipeline.steps import scan_step
from ionlake.potentials.load import load_potential
from ionlake.structures.sources.bundled import load_bundled


def real_scan(folder: Path) -> tuple[FinishedScan, xr.Dataset]:
    """Scan a small crystal with a made-up landscape.

    Args:
        folder: Where the grid is written.

    Returns:
        The finished scan, and its grid in memory.
    """
    card = load_potential("analytic", device="cpu").card
    job = ScanJob(
        scan_id="model",
        structure=load_bundled("LiF-225"),
        settings=ScanSettings(symmetry="none"),
        potential=PotentialSettings(name="analytic", device="cpu"),
        potential_id=card.potential_id,
        run_id="model",
    )
    finished = scan_step(job, GridPlace(folder / "model.zarr", "grids/model.zarr"))
    (path,) = folder.glob("*.zarr")
    return finished, open_grid(path).load()
