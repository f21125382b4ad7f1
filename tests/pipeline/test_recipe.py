"""Recipes: what is accepted, and what a wrong one is told."""

import pytest

from ionlake.errors import SettingsError
from ionlake.pipeline.recipe import (
    ClusterSettings,
    cluster_from_word,
    load_recipe,
    parse_recipe,
    shipped_recipes,
)

GOOD = """
name: mine
source: {kind: files, paths: [a.cif]}
"""


@pytest.mark.parametrize("name", ["quickstart", "bundled", "files", "materials_project"])
def test_the_shipped_recipes_load_by_name(name):
    assert load_recipe(name).name == name
    assert name in shipped_recipes()


def test_defaults_are_the_papers_scan_with_sevennet_0():
    recipe = parse_recipe(GOOD, "mine.yaml")
    assert recipe.potential.name == "sevennet-0"
    assert recipe.scan.mobile_species == "Li"
    assert recipe.scan.grid_protocol == "commensurate"
    assert (recipe.scan.spacing_ang, recipe.scan.exclusion_radius_ang) == (0.25, 1.2)
    assert recipe.cluster.kind == "auto"


def test_paths_start_at_the_recipes_folder(tmp_path):
    (tmp_path / "mine.yaml").write_text(GOOD)
    assert load_recipe(tmp_path / "mine.yaml").source.paths == (str(tmp_path / "a.cif"),)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name: x\nsource: {kind: bundled}\nscann: {}", r"unknown key scann; did you mean scan\?"),
        (
            "name: x\nsource: {kind: bundled, max_site: 3}",
            r"unknown key source.max_site; did you mean max_sites\?",
        ),
        (
            "name: x\nsource: {kind: bundled}\nscan: {gird: paper}",
            r"unknown key scan.gird; did you mean grid\?",
        ),
        (
            "name: x\nsource: {kind: bundled}\npotential: {nome: a}",
            r"unknown key potential.nome; did you mean name\?",
        ),
        ("name: x\nsource: {kind: bundled}\ncluster: {}\nqqq: 1", "unknown key qqq; expected one"),
        ("name: x", "the key source is missing"),
        ("name: x\nsource: {kind: files}", "the key source.paths is missing"),
        ("name: x\nsource: {kind: elsewhere}", "source: .*'bundled', 'files'"),
        ("name: x\nsource: {kind: bundled, max_sites: -1}", "source.max_sites: .*got -1"),
        (
            "name: x\nsource: {kind: bundled}\nscan: {grid: fine}",
            "scan: grid is 'fine'; expected one of commensurate, paper",
        ),
        ("name: x\nsource: {kind: bundled}\npotential: {device: tpu}", "potential.device: .*tpu"),
        ("name: x\nsource: {kind: bundled}\ncluster: nowhere", "cluster is 'nowhere'; expected"),
        ("name: [unclosed", "not valid YAML at line 1"),
        ("just words", "holds no settings"),
    ],
)
def test_a_wrong_recipe_is_told_what_is_wrong_in_one_line(text, message):
    with pytest.raises(SettingsError, match=message) as caught:
        parse_recipe(text, "mine.yaml")
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith("mine.yaml")


def test_a_checkpoint_beside_the_recipe_is_found_from_everywhere(tmp_path):
    (tmp_path / "my.pth").write_bytes(b"weights")
    (tmp_path / "mine.yaml").write_text(GOOD + "potential: {name: my.pth@PBE}\n")
    assert load_recipe(tmp_path / "mine.yaml").potential.name == f"{tmp_path / 'my.pth'}@PBE"


def test_a_binary_file_is_no_recipe(tmp_path):
    (tmp_path / "mine.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsError, match="cannot be read as text"):
        load_recipe(tmp_path / "mine.yaml")


def test_a_recipe_that_is_not_there_names_the_shipped_ones():
    with pytest.raises(SettingsError, match="bundled, files, materials_project, quickstart"):
        load_recipe("no-such-recipe")


def test_a_cluster_is_a_word_or_an_address():
    assert cluster_from_word("local") == ClusterSettings(kind="local")
    assert cluster_from_word("tcp://h:1") == ClusterSettings(kind="address", address="tcp://h:1")
