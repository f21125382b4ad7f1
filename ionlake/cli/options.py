"""Options that several commands share."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ionlake.pipeline.shard import Shard

LakeOption = Annotated[
    str | None,
    typer.Option(
        "--lake",
        metavar="PATH",
        help="Folder or URL of the lake [default: $IONLAKE_LAKE, else ionlake-lake].",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Write JSON for machines.")]
ReleaseOption = Annotated[
    int | None,
    typer.Option("--release", min=1, help="Number of a release [default: the current one]."),
]
ScanOption = Annotated[
    str | None,
    typer.Option("--scan", metavar="SCAN_ID", help="One scan, where the material has several."),
]
ClusterOption = Annotated[
    str | None,
    typer.Option("--cluster", help="auto, local, cuda or a Dask scheduler's address."),
]
WorkersOption = Annotated[
    int | None, typer.Option("--workers", min=1, help="Local workers [default: one per core].")
]
ShardOption = Annotated[
    str | None,
    typer.Option(
        "--shard",
        metavar="K/N",
        help="Look at share K of N alone; merge joins the lakes [default: all].",
    ),
]
ProfileOption = Annotated[
    Path | None,
    typer.Option(
        "--profile",
        metavar="PAGE.html",
        help="Write Dask's performance report, and the time of each stage beside it.",
    ),
]
OfflineOption = Annotated[
    bool,
    typer.Option("--offline", help="Read the newest database summaries kept in the lake."),
]


def lake_path(lake: str | None) -> str | Path:
    """The lake that is meant."""
    from ionlake.lake.layout import default_lake_path

    return lake if lake is not None else default_lake_path()


def chosen_shard(shard: str | None) -> "Shard":
    """The share of the work that is meant; all of it where none is named."""
    from ionlake.pipeline.shard import WHOLE, Shard

    return WHOLE if shard is None else Shard.parse(shard)
