"""Commands on a lake that a URL names."""

import json

import pytest

from tests.cli.conftest import command  # noqa: F401 - a fixture
from tests.lake.objects.conftest import names_in


@pytest.mark.parametrize(
    "arguments",
    [
        ("rank",),
        ("status",),
        ("releases",),
        ("diff", "1", "1"),
        ("query", "SELECT count(*) FROM candidates"),
        ("status", "--release", "1"),
        ("prune", "--keep", "1", "--dry-run"),
        ("migrate",),
    ],
    ids=" ".join,
)
def test_every_command_takes_the_url(published, command, arguments):  # noqa: F811
    status, output, errors = command(*arguments, "--lake", published)
    assert (status, errors) == (0, "")
    assert output


def test_the_environment_may_name_the_lake(published, environment, command):  # noqa: F811
    environment.setenv("IONLAKE_LAKE", published)
    status, output, _ = command("status", "--json")
    assert status == 0
    facts = json.loads(output)
    assert (facts["lake"], facts["release"], facts["materials"]) == (published, 1, 2)


def test_a_dry_run_makes_no_lake_and_reads_one(url, published, command, tmp_path):  # noqa: F811
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(
        "name: dry\nsource: {kind: bundled, max_sites: 2}\npotential: {name: analytic}\n"
    )
    for lake in (url, published):
        arguments = ("update", recipe, "--dry-run", "--json", "--lake", lake)
        status, output, _ = command(*arguments)
        assert status == 0
        assert json.loads(output)["changes"]["new"] == 5
    assert names_in(url) == []
    assert command("plan", recipe, "--quick", "--lake", published)[0] == 0
    status, output, _ = command("why", "mp-1", "--recipe", recipe, "--lake", published)
    assert (status, "gone" in output or "stale" in output) == (0, True)


def test_a_bucket_that_is_not_there_is_one_line(server, command):  # noqa: F811
    for name in ("rank", "status", "verify", "releases"):
        arguments = (name, "--top", "3") if name == "rank" else (name,)
        status, output, errors = command(*arguments, "--lake", "s3://nobody/lake")
        assert (status, output) == (1, "")
        assert errors.count("\n") == 1
        assert "there is no bucket nobody" in errors
