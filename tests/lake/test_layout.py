import json

import pytest

from ionlake.errors import LakeError
from ionlake.lake.layout import (
    LakeLayout,
    another_attempt,
    default_lake_path,
    new_attempt,
    release_number,
)
from ionlake.lake.marker import FORMAT_VERSION, create_lake, find_lake, find_or_create_lake


def test_a_created_lake_is_found_again_and_says_where_it_comes_from(tmp_path):
    layout = create_lake(tmp_path / "deep" / "lake")
    assert find_lake(tmp_path / "deep" / "lake") == layout
    description = json.loads(layout.lake_file.read_text())
    assert description["format_version"] == FORMAT_VERSION
    assert description["created_by"].startswith("ionlake ")
    assert description["created_at"].endswith("+00:00")


def test_an_empty_folder_becomes_a_lake_once(tmp_path):
    assert find_or_create_lake(tmp_path) == find_or_create_lake(str(tmp_path))
    with pytest.raises(LakeError, match="is a lake already"):
        create_lake(tmp_path)


def test_nothing_is_created_among_other_files(tmp_path):
    (tmp_path / "thesis.tex").touch()
    for attempt in (create_lake, find_or_create_lake):
        with pytest.raises(LakeError, match=r"thesis\.tex"):
            attempt(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_what_is_not_a_lake_is_named_with_what_was_found(tmp_path):
    with pytest.raises(LakeError, match=r"no lake at .*IONLAKE_LAKE"):
        find_lake(tmp_path / "nowhere")
    for name in ("a", "b", "c", "d", "e"):
        (tmp_path / name).touch()
    with pytest.raises(LakeError, match=r"found a, b, c and 2 more"):
        find_lake(tmp_path)
    for attempt in (find_lake, create_lake, find_or_create_lake):
        with pytest.raises(LakeError, match="is a file"):
            attempt(tmp_path / "a")


def test_a_newer_format_asks_for_an_upgrade(tmp_path):
    layout = create_lake(tmp_path)
    newer = {"format_version": FORMAT_VERSION + 1, "created_by": "ionlake 9.0"}
    layout.lake_file.write_text(json.dumps(newer))
    with pytest.raises(
        LakeError, match=r"newer ionlake \(ionlake 9\.0\).*upgrade ionlake"
    ) as raised:
        find_lake(tmp_path)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"format_version": "one"}'])
def test_a_damaged_marker_is_an_error_of_its_own(tmp_path, text):
    layout = create_lake(tmp_path)
    layout.lake_file.write_text(text)
    with pytest.raises(LakeError, match="damaged"):
        find_lake(tmp_path)


def test_rows_name_files_relative_to_the_lake(tmp_path):
    layout = LakeLayout(tmp_path)
    path = layout.grid("abcdef", "01")
    assert layout.relative(path) == "grids/ab/abcdef-01.zarr"
    assert layout.resolve("grids/ab/abcdef-01.zarr") == path
    with pytest.raises(LakeError, match="outside the lake"):
        layout.relative(tmp_path.parent / "elsewhere")


@pytest.mark.parametrize("name", ["/etc/passwd", "../other", "grids/../../other"])
def test_no_row_leads_out_of_the_lake(tmp_path, name):
    with pytest.raises(LakeError, match="relative to the lake"):
        LakeLayout(tmp_path).resolve(name)


@pytest.mark.parametrize("scan_id", ["", "../x", "a/b", "a b", "-a", "a\n"])
def test_identifiers_that_would_change_the_folder_are_refused(tmp_path, scan_id):
    layout = LakeLayout(tmp_path)
    for make in (
        lambda: layout.grid(scan_id, "1"),
        lambda: layout.staged_block(scan_id, 0, 0, "1"),
    ):
        with pytest.raises(LakeError, match="scan_id"):
            make()


def test_attempts_never_meet():
    assert len({new_attempt() for _ in range(1000)}) == 1000


def test_release_files_are_numbered(tmp_path):
    assert LakeLayout(tmp_path).release(42).name == "release-000042.duckdb"
    assert release_number("release-000042.duckdb") == 42
    assert release_number("release-1234567.duckdb") == 1234567
    assert release_number(".release-000042.duckdb.123-ab") is None
    assert release_number("release-000042.duckdb.wal") is None


def test_the_lake_nobody_named(monkeypatch, tmp_path):
    monkeypatch.setenv("IONLAKE_LAKE", str(tmp_path))
    assert default_lake_path() == tmp_path
    monkeypatch.delenv("IONLAKE_LAKE")
    assert str(default_lake_path()) == "ionlake-lake"


def test_another_attempt_differs_in_nothing_but_the_attempt(tmp_path):
    layout = LakeLayout(tmp_path)
    for path in (layout.grid("abc", "1"), layout.staged_block("abc", 0, 16, "1")):
        other = another_attempt(path)
        assert (other.parent, other.suffix) == (path.parent, path.suffix)
        assert other.name.startswith(path.stem[:-1])
        assert other != path
