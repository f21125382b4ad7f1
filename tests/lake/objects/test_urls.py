"""Which URLs name lakes, and what goes wrong before there is one."""

import subprocess
import sys
from pathlib import Path

import pytest

import ionlake
from ionlake.errors import LakeError, MissingExtraError, StoreError
from ionlake.lake.layout import default_lake_path
from ionlake.lake.location import cache_folder, homes_folder, is_remote, lake_root
from ionlake.lake.marker import create_lake, find_lake
from ionlake.lake.writer import open_writer
from tests.lake.objects.conftest import ENVIRONMENT, store


@pytest.mark.parametrize("given", ["s3://bucket/deep/lake", "s3://bucket/deep/lake/"])
def test_a_url_stays_what_it_was(given):
    root = lake_root(given)
    assert is_remote(root)
    assert str(root) == "s3://bucket/deep/lake"
    assert str(root / "grids" / "x.zarr") == "s3://bucket/deep/lake/grids/x.zarr"
    assert lake_root(root) == root


def test_the_environment_may_name_a_url(monkeypatch):
    monkeypatch.setenv("IONLAKE_LAKE", "s3://bucket/lake")
    assert default_lake_path() == "s3://bucket/lake"


def test_a_folder_stays_a_folder_even_by_its_url(tmp_path):
    assert lake_root(f"file://{tmp_path}") == lake_root(str(tmp_path)) == tmp_path
    assert not is_remote(tmp_path)


def test_a_url_that_became_a_path_is_recognised():
    with pytest.raises(LakeError, match=r"s3:/bucket/lake looks like a URL.*as a string"):
        lake_root(Path("s3://bucket/lake"))


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("nonsense://bucket/lake", "no lake can lie at nonsense://bucket/lake"),
        ("s3://bucket/../other", "climbs by"),
    ],
)
def test_urls_that_name_no_lake_are_refused(url, told):
    with pytest.raises(LakeError, match=told):
        lake_root(url)


def test_credentials_in_a_url_are_refused_and_not_repeated():
    with pytest.raises(LakeError, match="give credentials in the environment") as refused:
        lake_root("s3://me:mysecret@bucket/lake")
    assert "mysecret" not in str(refused.value)


def test_a_missing_extra_comes_with_the_command_that_installs_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "upath", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'ionlake\[remote\]'"):
        ionlake.open_lake("s3://bucket/lake")


def test_a_folder_needs_neither_upath_nor_fsspec_to_be_found(tmp_path):
    create_lake(tmp_path / "lake")
    code = (
        "import sys; from ionlake.lake.marker import find_lake; find_lake(sys.argv[1]);"
        " print([name for name in ('upath', 'fsspec', 's3fs', 'zarr') if name in sys.modules])"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "lake")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_home_and_cache_follow_the_environment(monkeypatch, tmp_path):
    for name in ("IONLAKE_HOME", "IONLAKE_CACHE"):
        monkeypatch.setenv(name, str(tmp_path / name))
    assert homes_folder() == tmp_path / "IONLAKE_HOME"
    assert cache_folder() == tmp_path / "IONLAKE_CACHE"
    for name in ("IONLAKE_HOME", "IONLAKE_CACHE"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "cache" / "ionlake"
    assert homes_folder() == tmp_path / ".local" / "share" / "ionlake"


def test_a_prefix_becomes_a_lake_once(url):
    layout = create_lake(url)
    assert find_lake(url) == layout
    assert layout.home.parent == homes_folder()
    with pytest.raises(LakeError, match="is a lake already"):
        create_lake(url)


def test_of_two_that_make_a_lake_at_once_one_succeeds(url, environment):
    create_lake(url)
    environment.setattr("ionlake.lake.files.names_in", lambda _: [])
    with pytest.raises(LakeError, match="another process has just made a lake"):
        create_lake(url)


def test_nothing_is_made_among_other_objects(url):
    store().pipe_file(f"{url}/thesis.tex", b"")
    for attempt in (create_lake, find_lake):
        with pytest.raises(LakeError, match=r"thesis\.tex"):
            attempt(url)


def test_a_lake_that_is_not_there_is_told_apart_from_a_bucket_that_is_not(environment, url):
    with pytest.raises(LakeError, match=r"no lake at s3://bucket/deep/.*running a recipe"):
        ionlake.open_lake(url)
    with pytest.raises(LakeError, match="there is no bucket no-such-bucket"):
        ionlake.open_lake("s3://no-such-bucket/lake")
    unwritable = pytest.raises(StoreError, match=r"bucket does not exist.*make the bucket")
    with unwritable, open_writer("s3://no-such-bucket/lake", create=True):
        pass


def test_a_lake_without_a_release_says_so(url):
    create_lake(url)
    with pytest.raises(LakeError, match="has no release yet"):
        ionlake.open_lake(url)


def test_without_credentials_there_is_one_line_that_says_how_to_name_them(
    environment, new_connections, url
):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        environment.delenv(name)
    new_connections()
    with pytest.raises(StoreError, match=r"NoCredentialsError.*AWS_ACCESS_KEY_ID") as told:
        ionlake.open_lake(url)
    assert "\n" not in str(told.value)


def test_a_server_that_refuses_is_not_taken_for_an_empty_store(environment, url):
    from s3fs import S3FileSystem

    async def refuse(*_args, **_kwargs):
        raise PermissionError("Access Denied")

    environment.setattr(S3FileSystem, "_call_s3", refuse)
    for attempt in (find_lake, create_lake):
        with pytest.raises(StoreError, match=r"Access Denied.*credentials") as told:
            attempt(url)
        assert ENVIRONMENT["AWS_ACCESS_KEY_ID"] not in str(told.value)
