from dataclasses import fields

import pytest

from ionlake.catalog.explorer.state import (
    LONGEST_SQL,
    MaterialState,
    SqlState,
    TableState,
    from_query,
    to_query,
)

CHANGED = (
    TableState(
        text="mp-1 'x' & <b>",
        elements=("Li", "S"),
        without=("O",),
        gap_min=0.5,
        hull_max=-0.05,
        xi_min=1e-3,
        mpe_max=0.4,
        log_sigma_min=-4.0,
        no_transition_metal=True,
        image_safe=True,
        pool="Li · paper",
        sort="mpe",
        descending=True,
    ),
    MaterialState(
        material="../../etc/passwd?a=b#c",
        scan="abc",
        level=0.35,
        axis="a",
        plane=0,
        ion=0,
        dimension=3,
        explain="mpe",
    ),
    SqlState("SELECT '%' || \"a\"\nFROM x -- é;"),
)


@pytest.mark.parametrize("state", CHANGED, ids=lambda state: type(state).__name__)
def test_an_address_says_the_whole_state(state):
    assert all(getattr(state, each.name) != each.default for each in fields(state))
    query = to_query(state)
    assert query.isascii()
    assert from_query(type(state), query) == state
    assert to_query(type(state)()) == ""


@pytest.mark.parametrize(
    "query",
    [
        "?xi_min=nan&gap_min=inf&mpe_max=low&elements=Xx,<b>&unknown=1&image_safe=yes",
        "?" + "&".join(["a=1"] * 1000),
        "?%%%&=&&;",
        "",
    ],
)
def test_what_makes_no_sense_is_left_out(query):
    assert from_query(TableState, query) == TableState()


def test_a_statement_is_never_cut():
    longest = "x" * LONGEST_SQL
    assert from_query(SqlState, to_query(SqlState(longest))).sql == longest
    assert from_query(SqlState, to_query(SqlState(longest + "x"))) == SqlState()


def test_numbers_of_any_size_are_no_reason_to_stop():
    state = from_query(MaterialState, "?plane=99999999999999999999&ion=-5&dimension=2&level=1e400")
    assert (state.ion, state.dimension, state.level) == (-5, 2, None)
