"""A real S3 server on the loopback interface, that lasts as long as the tests."""

import json
import logging
import os
import shutil
from itertools import count

import pytest

from ionlake.catalog.publish import publish
from ionlake.lake import objects
from ionlake.lake.integrity.findings import Kind
from ionlake.lake.location import lake_root
from ionlake.lake.marker import find_lake
from ionlake.lake.writer import open_writer
from tests.lake.fake_lake import put_material, put_scan

ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "of-the-tests",
    "AWS_SECRET_ACCESS_KEY": "known-to-nobody",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_MAX_ATTEMPTS": "1",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """The server, with this process's environment made for it: address, home and cache."""
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    serving = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    serving.start()
    machine = tmp_path_factory.mktemp("machine")
    own = {
        "AWS_ENDPOINT_URL": "http://{}:{}".format(*serving.get_host_and_port()),
        "IONLAKE_HOME": str(machine / "home"),
        "IONLAKE_CACHE": str(machine / "cache"),
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**ENVIRONMENT, **own}.items():
            patch.setenv(name, value)
        patch.delenv("IONLAKE_LAKE", raising=False)
        yield serving
    serving.stop()


@pytest.fixture
def environment(server, monkeypatch):
    """The environment, to change it for one test."""
    return monkeypatch


@pytest.fixture
def new_connections(environment):
    """Let what is changed in the environment count: connections are made anew."""
    from s3fs import S3FileSystem

    yield S3FileSystem.clear_instance_cache
    environment.undo()
    S3FileSystem.clear_instance_cache()


def store():
    """The store as s3fs sees it, without anything kept."""
    from s3fs import S3FileSystem

    return S3FileSystem(use_listings_cache=False)


@pytest.fixture(scope="session")
def new_url(server):
    """Makes URLs of lakes that are not there yet."""
    store().mkdir("bucket")
    numbers = count(1)
    return lambda: f"s3://bucket/deep/lake-{next(numbers)}"


@pytest.fixture
def url(environment, new_url):
    return new_url()


@pytest.fixture(scope="session")
def published(new_url):
    """URL of a lake with one release of two invented materials; only to be read."""
    url = new_url()
    with open_writer(url, create=True) as writer:
        for number in (1, 2):
            put_material(writer, f"mp-{number}", f"s-{number}")
            put_scan(writer, f"s-{number}", xi=number / 10, seed=number)
        publish(writer.layout, writer.ledger)
    return url


@pytest.fixture
def lake(published, url):
    """URL of another such lake, for the test alone."""
    return moved(published, url)


def moved(url, to):
    """The same lake as if it had been made at another URL: objects, ledger and all."""
    layout = find_lake(url)
    content = objects.read_tree(layout.root)
    description = json.loads(content["lake.json"])
    objects.write_tree(lake_root(to), content)
    home = find_lake(to).home
    home.mkdir(parents=True)
    shutil.copy(layout.ledger, home)
    description["writer"]["home"] = str(home)
    store().pipe_file(f"{to}/lake.json", json.dumps(description).encode())
    return to


def sound(report):
    """Whether a check found nothing but that invented grids are no real ones."""
    return {found.kind for found in report.findings} <= {Kind.GRID_DIFFERS}


def names_in(url):
    """Names of all objects of a lake."""
    root = url.removeprefix("s3://")
    return sorted(key.removeprefix(f"{root}/") for key in store().find(root))


@pytest.fixture
def requests(server):
    """The requests that the server answers from now on, each as method and path."""
    asked = []

    class Listener(logging.Handler):
        def emit(self, record):
            method, path, *_ = record.getMessage().split('"')[1].split(" ")
            asked.append(f"{method.rpartition('m')[2]} {path}")

    logger, listener = logging.getLogger("werkzeug"), Listener()
    before = logger.level, logger.propagate
    logger.addHandler(listener)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    yield asked
    logger.removeHandler(listener)
    logger.level, logger.propagate = before


@pytest.fixture
def another_machine(environment, tmp_path):
    """From now on this process is on a machine with an empty home and cache."""

    def move():
        environment.setattr("socket.gethostname", lambda: "another-machine")
        environment.setenv("IONLAKE_HOME", str(tmp_path / "another-home"))
        environment.setenv("IONLAKE_CACHE", str(tmp_path / "another-cache"))

    return move
