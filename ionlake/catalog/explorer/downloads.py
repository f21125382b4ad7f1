"""Files that a page hands out."""

import io
import re
import tempfile
from pathlib import Path
from typing import Final

import pandas as pd

from ionlake.catalog.explorer.material import Material
from ionlake.catalog.exports.formats import export_grid
from ionlake.structures.record import StructureRecord

FORMATS: Final = {
    "netcdf": ("Grid, netCDF", ".nc"),
    "cube": ("PES, cube", ".cube"),
    "crystal": ("Crystal, CIF", ".cif"),
    "cif": ("Crystal with path, CIF", "-path.cif"),
}
"""Heading and end of the file's name of each download of a material."""

_ALLOWED: Final = re.compile(r"[^A-Za-z0-9._-]+")


def file_name(material_id: str, form: str) -> str:
    """A harmless name for a file of a material."""
    stem = _ALLOWED.sub("_", material_id).strip("._-") or "material"
    return stem + FORMATS[form][1]


def material_file(material: Material, form: str) -> io.BytesIO:
    """A file of a material.

    Args:
        material: The material.
        form: One of ``FORMATS``.

    Raises:
        GridError: Nothing percolates (cif).
    """
    if form == "crystal":
        return io.BytesIO(_crystal(material))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"file{FORMATS[form][1]}"
        export_grid(path, material.grid, form)
        return io.BytesIO(path.read_bytes())


def table_file(table: pd.DataFrame) -> io.BytesIO:
    """A table as CSV."""
    return io.BytesIO(table.to_csv(index=False).encode())


def _crystal(material: Material) -> bytes:
    from ase.io.cif import write_cif

    facts = material.grid.attrs
    record = StructureRecord(facts["cell"], facts["atomic_numbers"], facts["fractional_positions"])
    text = io.BytesIO()
    write_cif(text, record.to_ase(), wrap=False)
    return text.getvalue()
