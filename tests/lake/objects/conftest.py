"""A real S3 server on the loopback interface, with buckets that begin empty."""

import os
from itertools import count

import pytest

from ionlake.pipeline.recipe import Recipe

_NUMBERS = count(1)
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "of-the-tests",
    "AWS_SECRET_ACCESS_KEY": "not-a-secret",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_MAX_ATTEMPTS": "1",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}


@pytest.fixture(scope="session")
def address():
    """Address of the server."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    yield "http://{}:{}".format(*server.get_host_and_port())
    server.stop()


@pytest.fixture(scope="session")
def folders(tmp_path_factory):
    """Home and cache of this machine."""
    base = tmp_path_factory.mktemp("machine")
    return {"IONLAKE_HOME": str(base / "home"), "IONLAKE_CACHE": str(base / "cache")}


@pytest.fixture(scope="session")
def _session(address, folders):
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**ENVIRONMENT, **folders, "AWS_ENDPOINT_URL": address}.items():
            patch.setenv(name, value)
        yield


@pytest.fixture(autouse=True)
def environment(_session, monkeypatch):
    """Credentials and address in the environment, and no connection of another test."""
    from s3fs import S3FileSystem

    S3FileSystem.clear_instance_cache()
    monkeypatch.delenv("IONLAKE_LAKE", raising=False)
    return monkeypatch


def new_bucket():
    from s3fs import S3FileSystem

    name = f"bucket-{next(_NUMBERS)}"
    S3FileSystem().mkdir(name)
    return name


@pytest.fixture
def bucket(environment):
    return new_bucket()


@pytest.fixture(scope="session")
def recipe():
    return Recipe.model_validate(
        {
            "name": "objects",
            "source": {"kind": "bundled", "max_sites": 2},
            "potential": {"name": "analytic"},
            "scan": {"spacing_ang": 0.5},
            "cluster": {"kind": "local", "workers": 1},
        }
    )
