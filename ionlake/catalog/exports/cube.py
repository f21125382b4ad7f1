"""Gaussian cube files."""

from pathlib import Path

from ionlake.catalog.exports.volume import Volume


def write_cube(path: Path, volume: Volume) -> None:
    """A cube file: lengths in bohr, values as they are, the last axis fastest.

    The grid is periodic, its end points are left out; the voxel vectors times their numbers are the
    cell.
    """
    from ase.io import cube

    crystal = volume.crystal
    origin = volume.origin @ crystal.cell
    with path.open("w", encoding="utf-8") as file:
        cube.write_cube(
            file, crystal.to_ase(), data=volume.values, origin=origin, comment=volume.title
        )
