"""Small lakes of bundled crystals in an analytic landscape, and tables of made labels."""

from ionlake.catalog.publish import publish
from ionlake.lake.writer import open_writer
from tests.lake.real_lake import make_lake, put_crystal

CRYSTALS = ("LiF-225", "LiI-225", "Li3OCl-221", "LiCl-225")

MADE = """label_set,row_key,material_id,formula,sigma_s_cm,temperature_k
made,f,LiF-225,LiF,<1e-10,
made,i,LiI-225,LiI,1e-6,298
made,i2,LiI-225,LiI,1e-7,
made,o,Li3OCl-221,Li3ClO,1e-3,
made,cl,LiCl-225,LiCl,1e-3,
made,hot,LiCl-225,LiCl,1e-1,500
made,gone,absent,Na3N,1e-3,
"""


def labelled_lake(path):
    """A published lake of four described crystals."""
    return make_lake(path, CRYSTALS)


def grow(root, name="Li2O-225", **changes):
    with open_writer(root) as writer:
        put_crystal(writer, name, **changes)
        publish(writer.layout, writer.ledger)
