"""XCrySDen structure files with a datagrid."""

import io

from ionlake.catalog.exports.volume import Volume


def xsf_text(volume: Volume) -> str:
    """An XSF file: lengths in Å, the first axis fastest.

    XSF grids are general, not periodic: the first plane of each axis stands at its end again, and
    the spanning vectors are those of the cell.
    """
    from ase.io.xsf import write_xsf

    crystal, text = volume.crystal, io.StringIO()
    text.write(f"# {volume.title}\n")
    write_xsf(
        text,
        [crystal.to_ase()],
        data=volume.with_ends(),
        origin=volume.origin @ crystal.cell,
        span_vectors=crystal.cell,
    )
    return text.getvalue()
