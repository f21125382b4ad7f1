"""The Materials Project source: mp-api itself, against a small server in this process."""

import gzip

import pytest

from ionlake.errors import SourceError
from ionlake.structures.sources import SourceFollower, StructureSource
from ionlake.structures.sources import materials_project_client as client
from ionlake.structures.sources.materials_project import MaterialsProjectSource
from ionlake.structures.sources.retry import RetryPolicy
from ionlake.structures.sources.selection import Selection
from tests.structures.web import KEY, VERSION, MaterialsProject, load, serving, summary

PAPER = Selection("Li", 0.5, 0.05)
QUICK = RetryPolicy(attempts=4, first_delay_s=0.001)


class Listener(SourceFollower):
    def __init__(self):
        self.fetched = []
        self.waits = []

    def materials_fetched(self, n_done, n_total):
        self.fetched.append((n_done, n_total))

    def source_waits(self, reason, seconds):
        self.waits.append(reason)


@pytest.fixture
def listener():
    return Listener()


@pytest.fixture
def server(monkeypatch):
    """A server with three good materials; the environment names it."""
    project = MaterialsProject(
        [summary("mp-1138"), summary("mp-aaaaaacx", "Li2O-225"), summary("mp-22899", "LiI-225")]
    )
    with serving(project) as address:
        monkeypatch.setenv("MP_API_KEY", KEY)
        monkeypatch.setenv("MP_API_ENDPOINT", address)
        yield project


def source(selection=PAPER, **options):
    return MaterialsProjectSource(selection, policy=QUICK, **options)


def refusal(**options):
    with pytest.raises(SourceError) as caught:
        list(source(**options).entries())
    assert KEY not in str(caught.value)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_entries_carry_all_that_the_database_says(server):
    assert isinstance(source(), StructureSource)
    first, *others = source().entries()

    assert first.structure.structure_id == load("LiF-225").structure_id
    assert (first.material_id, first.band_gap_ev) == ("mp-1138", 5.0)
    assert first.energy_above_hull_ev_per_atom == 0.0
    assert first.reference.endswith("/mp-1138")
    assert (first.licence, first.database_version) == ("CC-BY-4.0", VERSION)
    assert "Materials Project" in first.attribution
    assert first.last_updated == "2026-01-01T00:00:00"
    assert [entry.material_id for entry in others] == ["mp-75", "mp-22899"]


def test_contributions_under_another_licence_say_so(server):
    server.documents.append(summary("mp-1", builder_meta={"license": "BY-NC"}))
    server.documents.append(summary("mp-2", builder_meta={"license": "BY-C"}))
    licences = {entry.material_id: entry.licence for entry in source().entries()}
    assert (licences["mp-1"], licences["mp-2"]) == ("CC-BY-NC-4.0", "CC-BY-4.0")


def test_every_filter_reaches_the_server(server):
    selection = Selection(
        "Li",
        0.5,
        0.05,
        elements=("O",),
        exclude_elements=("Co", "Ni"),
        chemical_systems=("Li-O", "Li-O-P"),
        n_sites_max=40,
    )
    list(source(selection).entries())
    (query,) = server.page_requests
    asked = {name: value for name, value in query.items() if not name.startswith("_")}
    assert asked == {
        "deprecated": "False",
        "elements": "Li,O",
        "exclude_elements": "Co,Ni",
        "chemsys": "Li-O,Li-O-P",
        "band_gap_min": "0.5",
        "energy_above_hull_max": "0.05",
        "nsites_max": "40",
    }
    assert set(query["_fields"].split(",")) == set(client.FIELDS)


def test_filters_the_server_passes_over_are_applied_all_the_same(server):
    selection = Selection("Li", exclude_elements=("O",), n_sites_max=2)
    assert [e.material_id for e in source(selection).entries()] == ["mp-1138", "mp-22899"]


def test_deprecated_materials_are_left_out(server):
    server.documents.append(summary("mp-9", deprecated=True))
    assert "mp-9" not in {entry.material_id for entry in source().entries()}


def test_ids_are_asked_for_a_hundred_at_a_time(server):
    ids = ("mp-22899", *(f"mp-{number}" for number in range(100, 250)), "mp-aaaaaacx")
    entries = list(source(Selection("Li", material_ids=ids)).entries())
    assert [entry.material_id for entry in entries] == ["mp-22899", "mp-75"]
    assert max(query["material_ids"].count(",") for query in server.requests) == 99


@pytest.mark.parametrize("most", [2, 1000])
def test_pages_are_put_together_whatever_their_size(server, listener, monkeypatch, most):
    monkeypatch.setattr(client, "PAGE_SIZE", 3)
    server.documents = [summary(f"mp-{number}") for number in range(7)]
    server.most = most
    entries = list(source(follower=listener).entries())
    assert [entry.material_id for entry in entries] == [f"mp-{number}" for number in range(7)]
    assert listener.fetched[-1] == (7, 7)
    assert len(listener.fetched) == (4 if most == 2 else 3)


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_busy_server_is_asked_again_and_someone_is_told(server, listener, status):
    server.failures.extend([status, status])
    assert len(list(source(follower=listener).entries())) == 3
    assert listener.waits == [f"HTTP {status}"] * 2


def test_a_busy_heartbeat_is_asked_again(server, listener):
    server.heartbeats.extend([503, 503])
    assert len(list(source(follower=listener).entries())) == 3
    assert len(listener.waits) == 2


def test_a_server_that_stays_busy_is_an_error_after_so_many_attempts(server, listener):
    server.failures.extend([503] * 20)
    message = refusal(follower=listener)
    assert "does not answer (HTTP 503), asked 4 times" in message
    assert len(listener.waits) == 3


def test_an_unreachable_server_is_an_error_that_names_the_variable(server, monkeypatch):
    monkeypatch.setenv("MP_API_ENDPOINT", "http://user:secret@127.0.0.1:9/")
    message = refusal()
    assert "127.0.0.1:9 does not answer (no connection" in message
    assert "MP_API_ENDPOINT" in message
    assert "secret" not in message


def test_a_server_of_another_kind_is_recognised(monkeypatch):
    monkeypatch.setenv("MP_API_KEY", KEY)
    with serving(lambda *_: (200, b"<html>sign in</html>", {})) as address:
        monkeypatch.setenv("MP_API_ENDPOINT", address)
        assert "does not answer as the Materials Project does" in refusal()


def test_a_wrong_key_is_an_error_that_names_the_variable(server, monkeypatch):
    monkeypatch.setenv("MP_API_KEY", "w" * 32)
    message = refusal()
    assert "refuses the key in MP_API_KEY (HTTP 401)" in message
    assert "w" * 32 not in message


@pytest.mark.parametrize(
    ("key", "words"),
    [("", "set MP_API_KEY"), (KEY[:16], "MP_API_KEY holds 16 characters, expected 32")],
)
def test_a_missing_or_cut_off_key_is_told_before_anyone_is_asked(server, monkeypatch, key, words):
    monkeypatch.setenv("MP_API_KEY", key)
    message = refusal()
    assert words in message
    assert not key or key not in message
    assert not server.requests


def test_an_address_that_is_none_is_told(server, monkeypatch):
    monkeypatch.setenv("MP_API_ENDPOINT", "api.materialsproject.org")
    assert "MP_API_ENDPOINT is no address" in refusal()


def test_a_query_that_the_server_refuses_is_an_error(server):
    server.failures.append(422)
    assert "does not understand the question" in refusal()


def test_broken_documents_are_entries_with_errors(server):
    half = summary("mp-1001")
    half["structure"]["sites"] = half["structure"]["sites"][0]
    server.documents += [
        half,
        summary("mp-1002", structure=None),
        summary("mp-1003", band_gap="wide") | {"elements": ["Li"], "band_gap": "5"},
    ]
    server._fits = lambda *_: True
    entries = {entry.material_id: entry for entry in source().entries()}
    assert {name for name, entry in entries.items() if entry.error} == {
        "mp-1001",
        "mp-1002",
        "mp-1003",
    }
    assert entries["mp-1001"].error.startswith("mp-1001: its structure cannot be read")
    assert "holds no crystal" in entries["mp-1002"].error
    assert "band_gap is '5', expected a number" in entries["mp-1003"].error


def test_documents_without_a_name_are_entries_with_errors(server):
    server.documents += [{"band_gap": 1.0}, "junk"]
    entries = list(source().entries())
    assert [entry.material_id for entry in entries[3:]] == ["document-4", "document-5"]
    assert all("no material_id" in entry.error for entry in entries[3:])


def test_an_answer_that_lacks_materials_is_an_error(server, tmp_path):
    real = server._search

    def lossy(query):
        answer = real(query)
        return {**answer, "data": [] if query.get("_skip", "0") != "0" else answer["data"][:2]}

    server._search = lossy
    assert "sent 2 of 3 materials" in refusal(kept=tmp_path)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_selection_that_nothing_passes_is_an_error(server):
    assert "no material of the Materials Project passes" in refusal(selection=Selection("Na"))


# ---- kept summaries ------------------------------------------------------------------------------


@pytest.fixture
def without_network(monkeypatch):
    """A function after whose call neither key nor server is there."""

    def cut():
        monkeypatch.delenv("MP_API_KEY")
        monkeypatch.setenv("MP_API_ENDPOINT", "http://127.0.0.1:9/")

    return cut


def test_kept_summaries_serve_offline(server, tmp_path, without_network):
    online = list(source(kept=tmp_path).entries())
    without_network()
    offline = list(source(kept=tmp_path, offline=True).entries())
    assert [entry.material_id for entry in offline] == [entry.material_id for entry in online]
    assert [e.structure.structure_id for e in offline] == [e.structure.structure_id for e in online]
    assert {entry.database_version for entry in offline} == {VERSION}


def test_a_narrower_selection_is_served_offline_and_a_wider_one_is_not(
    server, tmp_path, without_network
):
    list(source(kept=tmp_path).entries())
    without_network()
    narrow = Selection("Li", 1.0, 0.0, elements=("O",))
    offline = list(source(narrow, kept=tmp_path, offline=True).entries())
    assert [entry.material_id for entry in offline] == ["mp-75"]
    with pytest.raises(SourceError, match="none of the 1 kept holds all of this selection"):
        source(Selection("Li"), kept=tmp_path, offline=True).entries()


def test_the_summaries_fetched_last_are_read(server, tmp_path, without_network):
    for version in ("2026.10.1", "2026.9.1"):
        server.version = version
        list(source(kept=tmp_path).entries())
    assert len(list(tmp_path.glob("*/*.jsonl.gz"))) == 2
    without_network()
    offline = source(kept=tmp_path, offline=True).entries()
    assert {entry.database_version for entry in offline} == {"2026.9.1"}


def test_a_download_that_fails_leaves_the_kept_summaries_as_they_were(
    server, tmp_path, monkeypatch, without_network
):
    list(source(kept=tmp_path).entries())
    monkeypatch.setattr(client, "PAGE_SIZE", 2)
    entries = source(kept=tmp_path).entries()
    server.failures.extend([200, *[503] * 20])
    with pytest.raises(SourceError):
        list(entries)
    without_network()
    assert len(list(source(kept=tmp_path, offline=True).entries())) == 3
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1


def test_without_kept_summaries_offline_says_what_to_do(tmp_path):
    with pytest.raises(SourceError, match="run the recipe once without --offline"):
        source(kept=tmp_path / "none", offline=True).entries()
    with pytest.raises(SourceError, match="name one with --lake"):
        source(offline=True).entries()


@pytest.mark.parametrize("damage", ["cut", "junk", "header"])
def test_damaged_summaries_are_named(server, tmp_path, damage):
    list(source(kept=tmp_path).entries())
    (path,) = tmp_path.glob("*/*.jsonl.gz")
    good = path.read_bytes()
    header = gzip.compress(b'{"selection": {"colour": 1}}\n')
    path.write_bytes({"cut": good[:-200], "junk": b"junk", "header": header}[damage])
    with pytest.raises(SourceError, match=rf"{path.name} are damaged: delete the file"):
        list(source(kept=tmp_path, offline=True).entries())


def test_the_key_is_in_no_file_and_no_message(server, tmp_path, listener):
    server.failures.extend([503, 429])
    found = source(kept=tmp_path, follower=listener)
    list(found.entries())
    (path,) = tmp_path.glob("*/*.jsonl.gz")
    assert KEY not in gzip.decompress(path.read_bytes()).decode()
    assert not any(KEY in reason for reason in listener.waits)
    assert KEY not in repr(client.Access.from_environment())
