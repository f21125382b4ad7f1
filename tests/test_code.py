"""The code itself: lint, types, import arrows, and what a wheel holds."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize(
    "check",
    [
        ["ruff", "check", "ionlake", "tests", "notebooks"],
        ["ruff", "format", "--check", "ionlake", "tests", "notebooks"],
        ["mypy", "-p", "ionlake"],
    ],
    ids=" ".join,
)
def test_code_is_clean(check):
    result = subprocess.run(
        [sys.executable, "-m", *check], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr


def test_imports_point_down_only():
    from importlinter.cli import lint_imports

    assert lint_imports(config_filename=str(ROOT / "pyproject.toml"), cache_dir=None) == 0


def test_a_wheel_holds_the_recipes_the_catalog_and_the_crystals(tmp_path):
    source = tmp_path / "source"
    leave_out = shutil.ignore_patterns(".*", "build", "*.egg-info", "tests", "notebooks")
    shutil.copytree(ROOT, source, symlinks=True, ignore=leave_out)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", tmp_path, source]
    subprocess.run(command, check=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {
        "ionlake/shipped/pipelines/quickstart.yaml",
        "ionlake/shipped/catalog/ionlake.yaml",
        "ionlake/shipped/catalog/views/candidates.sql",
        "ionlake/structures/bundled_crystals.yaml",
        "ionlake/py.typed",
    } <= names


def test_importing_ionlake_loads_nothing_heavy():
    heavy = "torch sevenn dask distributed duckdb zarr pymatgen intake pandas xarray"
    code = f"import ionlake, sys; print([m for m in {heavy.split()} if m in sys.modules])"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert result.stdout.strip() == "[]"
