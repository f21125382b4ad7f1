import itertools

import pytest

from ionlake.descriptors import (
    DESCRIPTOR_KEYS,
    DESCRIPTOR_VERSION,
    ION_DESCRIPTOR_KEYS,
    describe_all,
)
from tests.reference.landscapes import rough, scan

TENTHS = [f"0p{tenth}" for tenth in range(1, 10)]
LABELS = [*TENTHS, "1p0", "1p5", "2p0", "2p5", "3p0", "3p5", "4p0"]


def of_the_authors():
    yield "cell_volume"
    for label in LABELS:
        for masking in ("", "masked1p5_", "Wmasked1p5_"):
            stem = f"{masking}fv_{label}"
            for kind in ("disconnected", "connected"):
                yield from (f"{stem}_{kind}", f"{stem}_{kind}_rel")
            if not masking:
                yield f"{stem}_WARNlowPES"
            yield from (f"{stem}_disconnected_union", f"{stem}_connected_union")
    yield from ("mpe", "mpe_robust_0p03", "mpe_robust_0p05", "mpe_robust_0p10", "Xi")


OWN = [f"percolation_barrier_{d}d_ev" for d in (1, 2, 3)] + [
    f"percolation_{d}d_above_cap" for d in (1, 2, 3)
]


def test_names_are_those_of_the_authors_tables_and_ours():
    assert [key.name for key in DESCRIPTOR_KEYS] == [*of_the_authors(), *OWN]


def test_ion_names():
    assert [key.name for key in ION_DESCRIPTOR_KEYS] == [
        *("mobile_ion", "site_index", "seed_a", "seed_b", "seed_c", "mpe"),
        *("percolation_barrier_1d_ev", "percolation_barrier_2d_ev", "percolation_barrier_3d_ev"),
    ]


def test_results_have_exactly_these_keys_in_this_order():
    material, ions = describe_all(scan([rough((3, 3, 3), 1), rough((3, 3, 3), 2)]))
    assert list(material) == [key.name for key in DESCRIPTOR_KEYS]
    for ion in ions:
        assert list(ion) == [key.name for key in ION_DESCRIPTOR_KEYS]


@pytest.mark.parametrize("keys", [DESCRIPTOR_KEYS, ION_DESCRIPTOR_KEYS])
def test_types_are_those_promised(keys):
    python_types = {"DOUBLE": float, "BOOLEAN": bool, "INTEGER": int}
    material, ions = describe_all(scan([rough((3, 3, 3), 1)]))
    row = material if keys is DESCRIPTOR_KEYS else ions[0]
    for key in keys:
        value = row[key.name]
        assert value is None or type(value) is python_types[key.dtype], key.name


@pytest.mark.parametrize("keys", [DESCRIPTOR_KEYS, ION_DESCRIPTOR_KEYS])
def test_each_key_says_what_it_is_in_one_sentence(keys):
    for key in keys:
        assert key.unit in {"1", "eV", "Å³", "1/Å³"}, key
        assert key.description[0].isupper(), key
        assert key.description.endswith("."), key
        assert ". " not in key.description, key
        assert "{" not in key.description, key


def test_descriptions_are_distinct():
    for one, other in itertools.combinations(DESCRIPTOR_KEYS, 2):
        assert one.description != other.description, (one.name, other.name)


def test_version_is_a_whole_number():
    assert type(DESCRIPTOR_VERSION) is int
