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
from ionlake.structures.sources.selection import Selection

GOOD = """
name: mine
source: {kind: files, paths: [a.cif]}
"""


@pytest.mark.parametrize(
    "name", ["quickstart", "bundled", "ensemble", "files", "materials_project"]
)
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


def test_the_shipped_selection_is_the_papers_and_the_default():
    source = load_recipe("materials_project").source
    assert source == parse_recipe("name: x\nsource: {kind: materials_project}", "x").source
    assert source.selection("Li") == Selection("Li", 0.5, 0.05)


def test_filters_become_a_selection():
    text = """
name: x
source:
  kind: json_lines
  paths: [dump.jsonl]
  band_gap_ev_min: 1
  elements: [P, S]
  exclude_elements: [Co]
  chemical_systems: [S-P-Li]
  n_sites_max: 50
  material_ids: [mp-1, mp-aaaaaabc]
"""
    assert parse_recipe(text, "x").source.selection("Na") == Selection(
        "Na", 1.0, None, ("P", "S"), ("Co",), ("Li-P-S",), 50, ("mp-1", "mp-aaaaaabc")
    )
    plain = parse_recipe("name: x\nsource: {kind: json_lines, paths: [a]}", "x")
    assert plain.source.selection("Li") == Selection("Li")


@pytest.mark.parametrize("kind", ["files", "json_lines"])
def test_paths_start_at_the_recipes_folder(tmp_path, kind):
    (tmp_path / "mine.yaml").write_text(GOOD.replace("files", kind))
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
        (
            "name: x\nsource: {kind: materials_project, band_gap_min: 1}",
            r"unknown key source.band_gap_min; did you mean band_gap_ev_min\?",
        ),
        (
            "name: x\nsource: {kind: materials_project, elements: [O, Xx]}",
            "source.elements.1: 'Xx' is no element; expected a symbol such as O",
        ),
        (
            "name: x\nsource: {kind: materials_project, chemical_systems: [LiO]}",
            "source.chemical_systems.0: 'LiO' is no element",
        ),
        ("name: x\nsource: {kind: materials_project, n_sites_max: 0}", "n_sites_max: .*got 0"),
        ("name: x\nsource: {kind: json_lines}", "the key source.paths is missing"),
        ("name: x\nsource: {kind: optimade}", "the key source.base_urls is missing"),
        ("name: x\nsource: {kind: optimade, base_urls: [a.b]}", "source.base_urls.0: .*got 'a.b'"),
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
    with pytest.raises(
        SettingsError,
        match="bundled, ensemble, files, materials_project, md_validation, quickstart",
    ):
        load_recipe("no-such-recipe")


def test_a_cluster_is_a_word_or_an_address():
    assert cluster_from_word("local") == ClusterSettings(kind="local")
    assert cluster_from_word("tcp://h:1") == ClusterSettings(kind="address", address="tcp://h:1")
