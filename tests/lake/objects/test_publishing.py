"""Publications into a store that fail on the way: readers keep the release before."""

import pytest

import ionlake
from ionlake.catalog.publish import publish
from ionlake.errors import LakeError, StoreError
from ionlake.lake import release
from ionlake.lake.integrity.verify import verify_lake
from ionlake.lake.marker import find_lake
from ionlake.lake.writer import open_writer
from tests.lake.fake_lake import put_material
from tests.lake.objects.conftest import ENVIRONMENT, names_in, sound, store


@pytest.fixture
def refuse(environment):
    """Let the store answer uploads of objects whose name ends so by an error."""
    from s3fs import S3FileSystem

    really = S3FileSystem._call_s3

    def refuse(ending):
        async def call(self, method, *args, **kwargs):
            if method == "put_object" and kwargs["Key"].endswith(ending):
                raise OSError(5, "the store gave up")
            return await really(self, method, *args, **kwargs)

        environment.setattr(S3FileSystem, "_call_s3", call)

    yield refuse
    environment.setattr(S3FileSystem, "_call_s3", really)


def material_count(url):
    with ionlake.open_lake(url) as lake:
        return len(lake.query("FROM materials"))


def test_a_publication_that_is_cut_off_leaves_the_release_before(lake, refuse):
    before = names_in(lake)
    with open_writer(lake) as writer:
        put_material(writer, "mp-3", "s-3")
        for part in (".duckdb", "ledger-backup.sqlite", "CURRENT"):
            refuse(part)
            with pytest.raises(StoreError, match=r"gave up.*readers keep the release before"):
                publish(writer.layout, writer.ledger)
            assert material_count(lake) == 2
            if part == ".duckdb":
                assert names_in(lake) == before
        refuse("catalog.yaml")
        with pytest.raises(StoreError, match=r"catalog\.yaml cannot be read or written"):
            publish(writer.layout, writer.ledger)
        assert not list(writer.layout.home.glob(".*"))
        assert material_count(lake) == 3
        refuse("nothing")
        assert publish(writer.layout, writer.ledger) is None
    with ionlake.open_lake(lake) as opened:
        assert opened.catalog().metadata["release"] == opened.release == 4
    assert sound(verify_lake(find_lake(lake)))


def test_a_number_that_another_writer_has_taken_is_never_overwritten(lake, environment):
    taken = f"{lake}/releases/release-000002.duckdb.sha256"
    with open_writer(lake) as writer:
        put_material(writer, "mp-3", "s-3")
        environment.setattr(release, "_next_number", lambda _: 2)
        environment.setattr(release, "_build", lambda path, *_: path.write_bytes(b"a release"))
        store().pipe_file(taken, b"of another writer")
        with pytest.raises(LakeError, match="another writer has published release-000002"):
            publish(writer.layout, writer.ledger)
    assert store().cat_file(taken) == b"of another writer"
    assert material_count(lake) == 2


def test_a_server_that_went_away_ends_the_publication_with_one_line(environment, new_connections):
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    environment.setenv("AWS_ENDPOINT_URL", "http://{}:{}".format(*server.get_host_and_port()))
    new_connections()
    store().mkdir("going")
    with open_writer("s3://going/lake", create=True) as writer:
        put_material(writer, "mp-3", "s-3")
        server.stop()
        with pytest.raises(StoreError, match=r"EndpointConnectionError.*AWS_ENDPOINT_URL") as told:
            publish(writer.layout, writer.ledger)
        assert "\n" not in str(told.value)
        assert ENVIRONMENT["AWS_SECRET_ACCESS_KEY"] not in str(told.value)
        assert writer.ledger.revision > 0
