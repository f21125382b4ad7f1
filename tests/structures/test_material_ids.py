import pytest

from ionlake.structures.sources.material_ids import settled_id


@pytest.mark.parametrize(
    ("given", "settled"),
    [
        ("mp-149", "mp-149"),
        ("mp-aaaaaaft", "mp-149"),
        ("mvc-12", "mvc-12"),
        ("mp-3347529", "mp-3347529"),
        ("mp-3347530", "mp-hilze"),
        ("mp-aaahilze", "mp-hilze"),
    ],
)
def test_both_styles_of_a_number_are_one_name(given, settled):
    assert settled_id(given) == settled


@pytest.mark.parametrize("name", ["LiF (rocksalt)", "mp-149-Ag", "MP-ABC", "a/b.cif", "mp-"])
def test_other_names_stay_as_they_are(name):
    assert settled_id(name) == name
