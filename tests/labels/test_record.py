"""One labelled row."""

import pytest

from ionlake.errors import LabelError
from ionlake.labels.composition import chemical_system, fractions, same_composition
from ionlake.labels.record import Label, parse_conductivity


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1.2e-4", (1.2e-4, False)),
        (" 7.1E-005 ", (7.1e-5, False)),
        ("<1E-10", (1e-10, True)),
        ("< 1E-8", (1e-8, True)),
        ("<=1e-9", (1e-9, True)),
        ("≤1e-9", (1e-9, True)),
        ("0", (0.0, False)),
    ],
)
def test_conductivities_as_tables_write_them(text, expected):
    assert parse_conductivity(text) == expected


@pytest.mark.parametrize("text", ["", "low", "<", "nan", "inf", "1,2e-4", ">1e-3"])
def test_what_is_no_conductivity(text):
    with pytest.raises(LabelError, match=r"conductivity is .* expected a number in S/cm"):
        parse_conductivity(text)


def label(**values):
    return Label(
        **{"label_set": "s", "row_key": "1", "sigma_s_cm": 1e-4, "formula": "Li3N"} | values
    )


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"sigma_s_cm": -1e-4}, "sigma_s_cm is -0.0001, expected a number from 0"),
        ({"sigma_err_s_cm": float("nan")}, "sigma_err_s_cm is nan"),
        ({"temperature_k": 0.0}, "temperature_k is 0.0, expected a positive number"),
        ({"n_temperatures": 0}, "n_temperatures is 0"),
        ({"sigma_s_cm": None}, "neither sigma_s_cm nor sigma_300k_s_cm"),
        ({"formula": None}, "nothing says which crystal it is"),
    ],
)
def test_impossible_rows_are_refused(values, message):
    with pytest.raises(LabelError, match=message):
        label(**values)


def test_a_row_with_the_extrapolation_alone_is_one():
    assert label(sigma_s_cm=None, sigma_300k_s_cm=1e-3).sigma_s_cm is None


def test_compositions_are_compared_by_shares():
    assert same_composition("Li7BiO6", "Li7.0Bi1.0O6.0")
    assert same_composition("Li2Na(PO3)6", "Li4Na2P12O36")
    assert not same_composition("Li6PS5Cl", "Li5.9PS5Cl")
    assert not same_composition("Li3N", "Na3N")
    assert chemical_system("Li6PS5Cl") == "Cl-Li-P-S"
    assert fractions("Li3N") == {"Li": 0.75, "N": 0.25}


@pytest.mark.parametrize("text", ["", "Lithium nitride", "Qq2", "Li3(N"])
def test_what_is_no_composition(text):
    with pytest.raises(LabelError, match="expected a composition such as"):
        fractions(text)
