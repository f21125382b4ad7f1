"""GRD files as VESTA reads them."""

from ionlake.catalog.exports.volume import Volume


def grd_text(volume: Volume) -> str:
    """A GRD file: title, cell lengths in Å and angles in degrees, sizes, values.

    The last axis runs fastest; the grid is periodic, its end points are left out. The format knows
    neither atoms nor the orientation of the cell.

    Raises:
        GridError: The grid does not begin at the origin of the cell.
    """
    from ase.geometry import cell_to_cellpar

    values = volume.at_origin("grd")
    parameters = " ".join(f"{number:.10g}" for number in cell_to_cellpar(volume.crystal.cell))
    sizes = " ".join(str(size) for size in values.shape)
    lines = (
        " ".join(f"{number:.8g}" for number in row) for row in values.reshape(-1, values.shape[2])
    )
    return "\n".join([volume.title, parameters, sizes, *lines]) + "\n"
