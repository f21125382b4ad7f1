"""Who made a packaged data set, what it is and how to cite it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import yaml

from ionlake.catalog.access import Lake

METHOD: Final = "arXiv:2411.06804"
NOBODY: Final = "authors not named"
_KEYWORDS: Final = (
    *("solid electrolytes", "ionic conductors", "battery materials", "percolation energy"),
    *("machine-learned potentials", "migration pathways"),
)


@dataclass(frozen=True)
class About:
    """Title page of a package.

    Attributes:
        name: Short name without blanks.
        title: Title.
        description: What is in it.
        version: Version, from the number of the release.
        date: Day of the release, ISO 8601.
        authors: Names.
        licences: Licences of the structures, as their sources state them.
        attributions: Whom to name, as the sources ask.
        keywords: Keywords.
        ionlake_version: What made the release.
        url: Address of the data set, or of the method where none was given.
    """

    name: str
    title: str
    description: str
    version: str
    date: str
    authors: tuple[str, ...]
    licences: tuple[str, ...]
    attributions: tuple[str, ...]
    keywords: tuple[str, ...]
    ionlake_version: str
    url: str

    @property
    def cite_as(self) -> str:
        """One line for a list of references."""
        return f"{', '.join(self.authors)}: {self.title}, version {self.version} ({self.date[:4]})"


def about_release(lake: Lake, title: str | None, authors: Sequence[str]) -> About:
    """The title page of a release.

    Args:
        lake: The lake, open at the release.
        title: Title; by default it says what was scanned with what.
        authors: Names of those who are to be cited.
    """
    (release,) = lake.arrow("FROM release").to_pylist()
    (count,) = lake.arrow("SELECT count(DISTINCT material_id) AS n FROM grids").to_pylist()
    species = _different(lake, "SELECT DISTINCT mobile_species FROM scans ORDER BY ALL")
    potentials = _different(lake, "SELECT DISTINCT potential FROM scans ORDER BY ALL")
    ions = ", ".join(species) or "mobile"
    what = f"Potential energy surfaces of {ions} ions in {count['n']} crystals"
    number = release["number"]
    return About(
        name=f"ionlake-release-{number}",
        title=title or what,
        description=f"{what}, scanned in the frozen framework with {', '.join(potentials)} by"
        f" the method of {METHOD}: ranking descriptors, percolation energies, free volumes and"
        f" migration paths. Release {number} of a lake made with ionlake"
        f" {release['ionlake_version']}. Energies are in eV, lengths in Å; file data_dictionary.csv"
        " explains every column.",
        version=f"{number}.0.0",
        date=release["created_at"].date().isoformat(),
        authors=tuple(authors) or (NOBODY,),
        licences=_different(lake, "SELECT DISTINCT licence FROM materials ORDER BY ALL"),
        attributions=_different(lake, "SELECT DISTINCT attribution FROM materials ORDER BY ALL"),
        keywords=_KEYWORDS,
        ionlake_version=release["ionlake_version"],
        url="https://arxiv.org/abs/2411.06804",
    )


def citation_file(about: About) -> str:
    """The text of a CITATION.cff (Citation File Format 1.2.0)."""
    facts: dict[str, Any] = {
        "cff-version": "1.2.0",
        "message": "If you use these data, please cite them and the method, and name the sources of"
        " the structures.",
        "type": "dataset",
        "title": about.title,
        "version": about.version,
        "date-released": about.date,
        "abstract": about.description,
        "authors": [{"name": author} for author in about.authors],
        "keywords": list(about.keywords),
        "references": [
            {
                "type": "article",
                "title": "Method of the descriptors",
                "authors": [{"name": "A. Maevskiy et al."}],
                "identifiers": [{"type": "other", "value": METHOD}],
                "url": "https://arxiv.org/abs/2411.06804",
            }
        ],
    }
    text: str = yaml.safe_dump(facts, sort_keys=False, allow_unicode=True, width=100)
    return text


def _different(lake: Lake, sql: str) -> tuple[str, ...]:
    (column,) = lake.arrow(sql).columns
    return tuple(str(value) for value in column.to_pylist() if value is not None)
