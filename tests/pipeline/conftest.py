"""A recipe on the analytic landscape, and scans that are cut into many small blocks."""

import pytest

from ionlake.pipeline import blocks
from ionlake.pipeline.recipe import Recipe
from ionlake.pipeline.work import Outlook


@pytest.fixture
def recipe(crystals, scheduler):
    return Recipe.model_validate(
        {
            "name": "test",
            "source": {"kind": "files", "paths": [str(crystals)]},
            "potential": {"name": "analytic"},
            "scan": {"spacing_ang": 0.5},
            "cluster": scheduler,
        }
    )


@pytest.fixture
def lake(tmp_path):
    return tmp_path / "lake"


@pytest.fixture
def all_large(monkeypatch):
    """Every scan goes the way of large ones, in blocks of 16 points."""
    monkeypatch.setattr(blocks, "GRANULE", 16)
    monkeypatch.setattr(Outlook, "large_s", 0.0)
    monkeypatch.setattr(Outlook, "block_s", 0.0)
