"""A small lake of real crystals in an analytic landscape, made without a cluster."""

from ionlake.catalog.publish import publish
from ionlake.descriptors.table import describe_all
from ionlake.lake.grids import write_grid
from ionlake.lake.layout import new_attempt
from ionlake.lake.writer import open_writer
from ionlake.pes.scan import scan_structure
from ionlake.pes.settings import ScanSettings
from ionlake.pipeline.rows import Computed, described_rows, material_row, scan_row, structure_row
from ionlake.potentials.analytic import CosineLandscape
from ionlake.structures.sources.bundled import load_bundled
from ionlake.structures.sources.interface import SourceEntry

RUN = "20260101T000000-aaaaaa"
CRYSTALS = ("LiF-225", "LiI-225")


def put_crystal(writer, name, *, material_id=None, spacing_ang=0.6, potential=None, run_id=RUN):
    """Scan a bundled crystal and commit it; returns its scan row."""
    structure = load_bundled(name)
    put_entry(writer, material_id or name, structure, run_id)
    settings = ScanSettings(spacing_ang=spacing_ang)
    grid = scan_structure(structure, settings, potential or CosineLandscape())
    path = writer.layout.grid(grid.attrs["scan_id"], new_attempt())
    digest = write_grid(path, grid)
    scan = scan_row(grid, writer.layout.relative(path), digest, Computed("cpu", None, 0.1, run_id))
    described = described_rows(grid, *describe_all(grid), run_id)
    writer.ledger.commit_scan(scan)
    writer.ledger.commit_descriptors(
        described.descriptors, described.mobile_ions, described.pathways
    )
    writer.ledger.put_grid_chunks(scan["scan_id"], described.chunks)
    return scan


def put_entry(writer, material_id, structure, run_id=RUN, **properties):
    entry = SourceEntry(material_id, structure, reference="bundled", licence="CC0", **properties)
    rows = material_row(entry, structure, "bundled", run_id), structure_row(structure)
    writer.ledger.put_materials([rows])


def make_lake(path, crystals=CRYSTALS):
    """A published lake; returns its layout."""
    with open_writer(path, create=True) as writer:
        for name in crystals:
            put_crystal(writer, name)
        publish(writer.layout, writer.ledger)
        return writer.layout
