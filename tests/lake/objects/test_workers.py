"""What workers report when the store fails them: never the material's fault."""

import numpy as np
import pytest
from botocore.exceptions import EndpointConnectionError

from ionlake.lake.location import lake_root
from ionlake.lake.staging import write_block
from ionlake.pipeline.steps import attempt, describe_step
from tests.lake.objects.conftest import store


@pytest.fixture
def gone(environment):
    """The server does not answer any more."""
    from s3fs import S3FileSystem

    async def call(*_args, **_kwargs):
        raise EndpointConnectionError(endpoint_url="http://gone")

    return lambda: environment.setattr(S3FileSystem, "_call_s3", call)


def test_a_store_that_does_not_answer_is_no_fault_of_a_material(url, gone):
    gone()
    steps = (
        (describe_step, lake_root(url) / "grids" / "ab" / "ab-1.zarr", "run"),
        (write_block, lake_root(url) / "staging" / "ab" / "block", np.arange(3.0)),
    )
    for step in steps:
        failure = attempt(*step)
        assert failure.storage
        assert failure.error == "StoreError"
        assert "http://gone" in failure.message
        assert "AWS_ENDPOINT_URL" in failure.message


def test_a_grid_that_is_missing_or_damaged_is_a_fault_of_its_own(url):
    path = lake_root(url) / "grids" / "ab" / "ab-1.zarr"
    missing = attempt(describe_step, path, "run")
    store().pipe_file(f"{path}/zarr.json", b"{")
    damaged = attempt(describe_step, path, "run")
    for failure in (missing, damaged):
        assert not failure.storage
        assert "cannot be opened" in failure.message
