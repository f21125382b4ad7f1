"""CIF of a crystal with a migration path drawn in as sites."""

import io

import numpy as np
import xarray as xr

from ionlake.catalog.exports.images import path_structure


def path_cif(path: xr.Dataset) -> str:
    """The crystal with the points of a path as further sites of the moving element.

    Sites of the path are labelled path0, path1, ... in their order, wrapped into the cell; the ion
    itself is left out, as the path begins where its energy is lowest. Symmetry is P1.

    Args:
        path: From `ionlake.pathway` or `lake.pathway`.
    """
    from ase import Atoms
    from ase.io.cif import write_cif

    crystal, mover = path_structure(path), int(path.attrs["site_index"])
    frozen = crystal.to_ase()
    del frozen[mover]
    points = path.fractional.values[:-1]
    ions = Atoms([crystal.symbols[mover]] * len(points), positions=points @ crystal.cell)
    labels = [f"{symbol}{number}" for number, symbol in enumerate(frozen.symbols, start=1)]
    labels += [f"path{number}" for number in range(len(points))]
    text = io.BytesIO()
    write_cif(text, frozen + ions, wrap=True, labels=np.array([labels]))
    return text.getvalue().decode("utf-8")
