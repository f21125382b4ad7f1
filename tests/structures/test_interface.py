"""An entry is a crystal or a reason, never both and never neither."""

import pytest

from ionlake.errors import StructureError
from ionlake.structures.sources import SourceEntry, load_bundled


def test_a_failed_entry_carries_the_error_as_data():
    entry = SourceEntry.failed("mp-1", StructureError("disordered"), "a.cif", "CC0-1.0")
    assert (entry.error, entry.error_type) == ("disordered", "StructureError")
    assert entry.structure is None
    assert (entry.reference, entry.licence) == ("a.cif", "CC0-1.0")


def test_properties_are_unknown_unless_given():
    entry = SourceEntry("LiF", load_bundled("LiF-225"))
    assert entry.band_gap_ev is None
    assert entry.energy_above_hull_ev_per_atom is None
    assert (entry.database_version, entry.attribution, entry.last_updated) == (None, None, None)
    assert not entry.deprecated


def test_an_entry_needs_a_crystal_or_an_error():
    record = load_bundled("LiF-225")
    with pytest.raises(ValueError, match="needs either"):
        SourceEntry("x", None)
    with pytest.raises(ValueError, match="needs either"):
        SourceEntry("x", record, error="bad", error_type="StructureError")
    with pytest.raises(ValueError, match="needs either"):
        SourceEntry("x", None, error="bad")
    with pytest.raises(ValueError, match="needs either"):
        SourceEntry("x", record, error_type="StructureError")
