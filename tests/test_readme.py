"""The README's examples, run as they are printed."""

import io
import re
import shlex
import shutil
from pathlib import Path

import pytest

import ionlake
from ionlake.cli import main as cli
from ionlake.pipeline.recipe import Recipe, parse_recipe
from ionlake.pipeline.run import run_recipe
from tests.catalog.figures.lakes import lake_with_dynamics
from tests.labels.lakes import few_predictors
from tests.structures.web import KEY, MaterialsProject, serving, summary

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.DOTALL | re.MULTILINE)


def block_with(language, words):
    (found,) = [block for block in blocks(language) if words in block]
    return found


@pytest.fixture(scope="module")
def folder_with_lake(tmp_path_factory, scheduler):
    """A folder with a small ``ionlake-lake`` of bundled crystals."""
    folder = tmp_path_factory.mktemp("readme")
    recipe = Recipe.model_validate(
        {
            "name": "readme",
            "source": {"kind": "bundled", "max_sites": 4},
            "potential": {"name": "analytic"},
            "scan": {"spacing_ang": 0.6},
            "cluster": scheduler,
        }
    )
    run_recipe(recipe, folder / "ionlake-lake")
    return folder


@pytest.fixture
def beside_lake(folder_with_lake, monkeypatch):
    monkeypatch.delenv("IONLAKE_LAKE", raising=False)
    monkeypatch.chdir(folder_with_lake)


@pytest.mark.parametrize("sql", blocks("sql"))
def test_every_sql_example_has_an_answer(beside_lake, sql):
    with ionlake.open_lake() as lake:
        columns = list(lake.query(sql).columns)
    assert columns


def test_every_column_of_the_example_of_comments_has_one(beside_lake):
    with ionlake.open_lake() as lake:
        comments = lake.query(block_with("sql", "comment"))
    assert comments.comment.notna().all()
    assert len(comments) > 20


def test_the_xarray_example_gives_a_share_per_ion(beside_lake):
    names = {}
    exec(block_with("python", "lake.grid"), names)
    assert names["soft"].dims == ("mobile_ion",)
    assert ((names["soft"] > 0) & (names["soft"] < 1)).all()
    assert set(names["shares"]) == {"disconnected", "connected"}
    assert names["highest"]


def test_the_example_of_a_path_gives_its_profile(beside_lake, capsys):
    names = {}
    exec(block_with("python", " = lake.pathway("), names)
    energies, distances = names["profile"]
    assert len(energies) == len(distances) > 2
    assert float(capsys.readouterr().out.split()[0]) == energies.max()


def test_the_commands_about_paths_and_exports(beside_lake, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("IONLAKE_LAKE", str(Path("ionlake-lake").resolve()))
    monkeypatch.chdir(tmp_path)
    for line in block_with("bash", "ionlake explain").strip().splitlines():
        monkeypatch.setattr("sys.argv", shlex.split(line, comments=True))
        with pytest.raises(SystemExit) as ended:
            cli.main()
        assert not ended.value.code, line
        assert capsys.readouterr().out, line
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"neb", "LiF-225.cube", "my-data-set"}
    assert len(list((tmp_path / "neb").iterdir())) == 9


def test_the_intake_example_gives_a_table_and_a_grid(beside_lake):
    names = {}
    exec(block_with("python", "import intake"), names)
    assert {"Xi", "mpe"} <= set(names["candidates"].columns)
    assert names["grid"].energy.dims == ("mobile_ion", "a", "b", "c")
    assert names["levels"].level.dims == ("mobile_ion", "a", "b", "c")
    assert "md_validation" in names["dynamics"]


def test_the_connection_of_the_example_reads_grids(beside_lake):
    names = {}
    exec(block_with("python", "ionlake.connect"), names)
    assert names["lowest"].iloc[:, 1].tolist() == [0.0]
    names["connection"].close()


@pytest.mark.parametrize("line", block_with("bash", "ionlake rank").strip().splitlines())
def test_the_commands_that_ask_a_lake(beside_lake, monkeypatch, capsys, line):
    if " | " in line:
        said, line = line.split(" | ")
        monkeypatch.setattr("sys.stdin", io.StringIO(shlex.split(said)[1]))
    monkeypatch.setattr("sys.argv", shlex.split(line, comments=True))
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert not ended.value.code
    assert capsys.readouterr().out


@pytest.mark.parametrize("line", block_with("bash", "ionlake verify").strip().splitlines())
def test_the_commands_that_look_after_a_lake(beside_lake, monkeypatch, capsys, line):
    """The lake has one release, number 1."""
    monkeypatch.setattr("sys.argv", [*map(release_1, shlex.split(line, comments=True))])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert not ended.value.code
    assert capsys.readouterr().out


@pytest.fixture
def with_labels(folder_with_lake, tmp_path, monkeypatch):
    """A copy of the lake beside a small table and what a small OBELiX holds."""
    obelix = pytest.importorskip("tests.labels.test_obelix")
    shutil.copytree(folder_with_lake / "ionlake-lake", tmp_path / "ionlake-lake")
    (tmp_path / "measured.csv").write_text(
        "label_set,material_id,sigma_s_cm\nown,LiF-225,<1e-10\nown,LiI-225,1e-4\n"
    )
    obelix.write(tmp_path / "ionlake" / f"obelix-{obelix.obelix.__version__}")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("IONLAKE_LAKE", raising=False)
    monkeypatch.chdir(tmp_path)


def test_the_commands_about_labels(with_labels, monkeypatch, capsys):
    """In their order; what is compared is the first release with the second."""
    releases = {"41": "1", "42": "2"}
    for line in block_with("bash", "labels import").strip().splitlines():
        words = [releases.get(word, word) for word in shlex.split(line, comments=True)]
        monkeypatch.setattr("sys.argv", words)
        with few_predictors(), pytest.raises(SystemExit) as ended:
            cli.main()
        assert not ended.value.code, line
        assert capsys.readouterr().out, line
    assert Path("scores.png").exists()


def test_the_commands_that_draw(tmp_path, monkeypatch, capsys):
    lake_with_dynamics(tmp_path).rename(tmp_path / "ionlake-lake")
    monkeypatch.delenv("IONLAKE_LAKE", raising=False)
    monkeypatch.chdir(tmp_path)
    for line in block_with("bash", "ionlake figure pathway").strip().splitlines():
        monkeypatch.setattr("sys.argv", shlex.split(line, comments=True))
        with few_predictors(), pytest.raises(SystemExit) as ended:
            cli.main()
        assert not ended.value.code, line
        assert Path(capsys.readouterr().out.strip()).stat().st_size > 1000


def release_1(word):
    return "1" if word in {"41", "42"} else word


@pytest.mark.parametrize("line", block_with("bash", "ionlake descriptors").strip().splitlines())
def test_the_commands_that_describe_crystals(crystals, monkeypatch, tmp_path, capsys, line):
    """The files have other names, and the landscape is the quick one."""
    files = {"Li3N.cif": "lif.cif", "structures/": "lif*.cif", "NaCl.cif": "naf.cif"}
    arguments = shlex.split(line, comments=True)
    replaced = [str(crystals / files[a]) if a in files else a for a in arguments]
    assert replaced != arguments
    monkeypatch.setattr("sys.argv", [*replaced, "--potential", "analytic"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert not ended.value.code
    assert capsys.readouterr().out


def test_the_commands_that_share_the_work_out(tmp_path, monkeypatch, capsys, scheduler):
    monkeypatch.chdir(tmp_path)
    Path("my_recipe.yaml").write_text(
        "name: readme\nsource: {kind: bundled, max_sites: 2}\npotential: {name: analytic}\n"
        f"scan: {{spacing_ang: 0.6}}\ncluster: {scheduler}\n"
    )
    for line in block_with("bash", "--shard").strip().splitlines():
        words = [
            "lake" if word == "/data/lake" else word for word in shlex.split(line, comments=True)
        ]
        monkeypatch.setattr("sys.argv", words)
        with pytest.raises(SystemExit) as ended:
            cli.main()
        assert not ended.value.code, line
        assert "".join(capsys.readouterr()), line
    counts = []
    for name in ("lake", "shards/1", "shards/2"):
        with ionlake.open_lake(name) as lake:
            counts.append(len(lake.query("FROM candidates")))
    assert counts[0] == counts[1] + counts[2]
    assert min(counts) > 0


@pytest.mark.parametrize("text", blocks("yaml"))
def test_the_sources_are_those_of_recipes(text):
    assert parse_recipe(f"name: readme\n{text}", "README.md").source


@pytest.mark.model
def test_the_commands_that_ask_the_materials_project(monkeypatch, tmp_path, capsys):
    """The scans themselves are left out: the one material cannot be read."""
    export, *lines = block_with("bash", "MP_API_KEY").strip().splitlines()
    assert export.startswith("export MP_API_KEY=")
    monkeypatch.setenv("MP_API_KEY", KEY)
    with serving(MaterialsProject([summary("mp-1138", structure={})])) as address:
        monkeypatch.setenv("MP_API_ENDPOINT", address)
        for line in lines:
            words = [str(tmp_path) if word == "/data/lake" else word for word in shlex.split(line)]
            monkeypatch.setattr("sys.argv", words)
            with pytest.raises(SystemExit) as ended:
                cli.main()
            assert ended.value.code in {None, 0, 3}
            assert "mp-1138" in "".join(capsys.readouterr())


@pytest.mark.model
def test_the_example_of_one_crystal(capsys):
    names = {}
    exec(block_with("python", "ionlake.scan"), names)
    assert 0 < float(capsys.readouterr().out.splitlines()[-1]) < 1
    assert float(names["grid"].energy.min()) == 0


def test_the_test_command_is_what_ci_runs():
    lines = [line for block in blocks("bash") for line in block.splitlines() if "pytest" in line]
    assert README.index("pytest") == README.index(lines[0]) + lines[0].index("pytest")
    assert "grep --max-count=1 'pytest' README.md" in (
        Path(__file__).parents[1] / ".ci" / "run"
    ).read_text(encoding="utf-8")
