"""OPTIMADE: the real client against a small server in this process."""

import builtins

import numpy as np
import pytest

from ionlake.errors import MissingExtraError, SourceError
from ionlake.structures.sources import SourceFollower, StructureSource
from ionlake.structures.sources.retry import RetryPolicy
from tests.structures.web import load, serving

pytest.importorskip("optimade.client")
from ionlake.structures.sources.optimade import OptimadeSource

QUICK = RetryPolicy(attempts=4, first_delay_s=0.001)


def resource(identifier, crystal="LiF-225", **changes):
    record = load(crystal)
    symbols = list(record.symbols)
    attributes = {
        "lattice_vectors": record.cell.tolist(),
        "cartesian_site_positions": (record.fractional_positions @ record.cell).tolist(),
        "species": [
            {"name": symbol, "chemical_symbols": [symbol], "concentration": [1.0]}
            for symbol in sorted(set(symbols))
        ],
        "species_at_sites": symbols,
        "dimension_types": [1, 1, 1],
        "structure_features": [],
        "last_modified": "2026-03-04T00:00:00Z",
    }
    return {"id": identifier, "type": "structures", "attributes": attributes | changes}


class Database:
    """Answers `/v1/structures` with two resources a page, and `/v1/info`."""

    def __init__(self, *resources):
        self.resources = resources
        self.about = {"available_licenses_for_entries": ["CC-BY-4.0"]}
        self.prefix = "toy"
        self.failures = []
        self.filters = []

    def __call__(self, path, query, headers):
        if path == "/v1/info":
            return 200, {"data": {"id": "/", "type": "info", "attributes": self.about}}, {}
        if self.failures:
            error = {"title": "no", "detail": "not now"}
            return self.failures.pop(), {"errors": [error]}, {}
        first = int(query.get("page_offset", 0))
        self.filters.append(query["filter"])
        following = f"http://{headers['Host']}{path}?filter=x&page_offset={first + 2}"
        more = first + 2 < len(self.resources)
        return (
            200,
            {
                "data": self.resources[first : first + 2],
                "meta": {"provider": {"name": "Toy database", "prefix": self.prefix}},
                "links": {"next": following if more else None},
            },
            {},
        )


def entries(database, **options):
    with serving(database) as address:
        return list(
            OptimadeSource([address], 'elements HAS "Li"', policy=QUICK, **options).entries()
        )


def test_all_pages_come_with_what_the_provider_says_of_itself():
    database = Database(resource("1"), resource("2", "Li2O-225"), resource("x/3", "LiI-225"))
    found = entries(database)
    assert [entry.material_id for entry in found] == ["toy/1", "toy/2", "toy/x/3"]
    assert database.filters[0] == 'elements HAS "Li"'
    assert found[0].licence == "CC-BY-4.0"
    assert (found[0].attribution, found[0].last_updated) == (
        "Toy database",
        "2026-03-04T00:00:00Z",
    )
    assert found[0].reference.endswith("/v1/structures/1")
    for entry, name in zip(found, ("LiF-225", "Li2O-225", "LiI-225"), strict=True):
        expected = load(name)
        np.testing.assert_array_equal(entry.structure.cell, expected.cell)
        np.testing.assert_array_equal(entry.structure.atomic_numbers, expected.atomic_numbers)
        np.testing.assert_allclose(
            entry.structure.fractional_positions, expected.fractional_positions, atol=1e-14
        )


@pytest.mark.parametrize(
    ("about", "licence"),
    [
        ({"available_licenses": ["MIT", "CC0-1.0"]}, "MIT OR CC0-1.0"),
        ({"license": {"href": "https://a.b/terms"}}, "https://a.b/terms"),
        ({"license": "https://a.b/terms"}, "https://a.b/terms"),
        ({}, None),
        (None, None),
    ],
)
def test_the_licence_is_what_the_database_states(about, licence):
    database = Database(resource("1"))
    database.about = about
    assert entries(database)[0].licence == licence


def kind(name, symbols, shares):
    return {"name": name, "chemical_symbols": symbols, "concentration": shares}


FLUORINE = kind("F", ["F"], [1.0])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"species": [kind("Li", ["Li", "Na"], [0.5, 0.5]), FLUORINE]}, "disordered"),
        ({"species": [kind("Li", ["Li", "vacancy"], [0.9, 0.1]), FLUORINE]}, "disordered"),
        ({"species": [kind("Li", ["X"], [1.0]), FLUORINE]}, "not an element"),
        ({"species": [FLUORINE]}, "cannot be read"),
        ({"dimension_types": [1, 1, 0]}, "only bulk crystals"),
        ({"structure_features": ["disorder", "assemblies"]}, "not all told one by one"),
        ({"lattice_vectors": None}, "cannot be read"),
    ],
)
def test_structures_that_cannot_be_scanned_are_entries_with_errors(changes, words):
    bad, good = entries(Database(resource("bad", **changes), resource("good")))
    assert words in bad.error
    assert bad.error.startswith("toy/bad: ")
    assert (bad.error_type, bad.licence) == ("StructureError", "CC-BY-4.0")
    assert good.error is None


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_database_is_asked_again(status):
    class Listener(SourceFollower):
        waits = 0

        def source_waits(self, reason, seconds):
            self.waits += 1

    database, listener = Database(resource("1")), Listener()
    database.failures = [status, status]
    assert len(entries(database, follower=listener)) == 1
    assert listener.waits == 2


def test_a_database_that_refuses_or_never_answers_is_an_error():
    database = Database(resource("1"))
    for failures, words in (([400], "no: not now"), ([429] * 50, "HTTP 429")):
        database.failures = failures
        with pytest.raises(SourceError, match=f"does not give its structures .*{words}"):
            entries(database)


def test_several_databases_are_read_in_order_and_a_version_in_the_address_is_left_out():
    one, other = Database(resource("1")), Database(resource("1"))
    other.prefix = "other"
    with serving(one) as first, serving(other) as second:
        source = OptimadeSource([first, f"{second}v1/"], 'elements HAS "Li"', policy=QUICK)
        assert isinstance(source, StructureSource)
        assert [entry.material_id for entry in source.entries()] == ["toy/1", "other/1"]


def test_without_the_client_the_extra_is_named(monkeypatch):
    real = builtins.__import__

    def without(name, *arguments, **options):
        if name.startswith("optimade"):
            raise ImportError(name)
        return real(name, *arguments, **options)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingExtraError, match=r"ionlake\[optimade\]"):
        OptimadeSource(["http://127.0.0.1:9"], "").entries()
