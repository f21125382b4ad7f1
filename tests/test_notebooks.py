"""The notebooks, executed from the first cell to the last."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))


@pytest.mark.model
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs_and_says_what_it_said(path):
    notebook = nbformat.read(path, as_version=4)
    printed = texts(notebook)
    assert printed
    client = NotebookClient(notebook, timeout=600, resources={"metadata": {"path": path.parent}})
    client.execute()
    assert texts(notebook) == printed


def texts(notebook):
    """What the cells print, numbers shortened to what the float32 model repeats."""
    import re

    printed = [
        "".join(
            output.text
            for output in cell.get("outputs", [])
            if output.output_type == "stream" and output.name == "stdout"
        )
        for cell in notebook.cells
    ]
    return [re.sub(r"within \S+ eV", "within … eV", text) for text in printed if text]
