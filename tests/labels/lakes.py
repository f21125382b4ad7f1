"""Small lakes of bundled crystals with made descriptors, and a table of made labels."""

from contextlib import contextmanager

import pytest

from ionlake.catalog.publish import publish
from ionlake.descriptors.keys import DESCRIPTOR_KEYS
from ionlake.lake.writer import open_writer
from ionlake.pipeline.score_panels import FAMILIES
from ionlake.ranking.predictors import MAIN, predictors
from ionlake.structures.sources.bundled import load_bundled
from tests.lake.fake_lake import descriptor_row, ion_rows, scan_row
from tests.lake.real_lake import put_entry

# Ξ orders them as MADE does, mpe the other way round.
XI = {"Li3OCl-221": 0.9, "LiCl-225": 0.6, "LiI-225": 0.3, "LiF-225": 0.1}

MADE = """label_set,row_key,material_id,formula,sigma_s_cm,temperature_k
made,f,LiF-225,LiF,<1e-10,
made,i,LiI-225,LiI,1e-6,298
made,i2,LiI-225,LiI,1e-7,
made,o,Li3OCl-221,Li3ClO,1e-2,
made,cl,LiCl-225,LiCl,1e-3,
made,hot,LiCl-225,LiCl,1e-1,500
made,gone,absent,Na3N,1e-3,
"""


FEW = tuple(p for p in predictors() if p.name in MAIN or p.family == FAMILIES[0])


@contextmanager
def few_predictors():
    """Judge some of the descriptors within the block, which is as telling and faster."""
    with pytest.MonkeyPatch.context() as patch:
        for module in ("evaluation", "comparison"):
            patch.setattr(f"ionlake.pipeline.{module}.predictors", lambda: FEW)
        yield


def labelled_lake(path):
    """A published lake of four described crystals."""
    with open_writer(path, create=True) as writer:
        for name, xi in XI.items():
            describe(writer, name, xi)
        publish(writer.layout, writer.ledger)
        return writer.layout


def describe(writer, name, xi, **changes):
    """Put a crystal with made descriptors; ``mpe`` and the free volumes grow with Ξ."""
    structure = load_bundled(name)
    put_entry(writer, name, structure)
    scan = scan_row(structure.structure_id, **changes)
    values = {key.name: xi for key in DESCRIPTOR_KEYS if key.dtype == "DOUBLE"}
    barriers = {"percolation_barrier_3d_ev": None, "percolation_3d_above_cap": True}
    descriptors = descriptor_row(scan["scan_id"]) | values | barriers
    writer.ledger.commit_scan(scan)
    writer.ledger.commit_descriptors(descriptors, ion_rows(descriptors))


def grow(root, name="Li2O-225", xi=0.5, **changes):
    with open_writer(root) as writer:
        describe(writer, name, xi, **changes)
        publish(writer.layout, writer.ledger)
