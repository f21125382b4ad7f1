"""What databases answered, as a lake keeps it: which answers there are, and when they came."""

from collections.abc import Mapping
from dataclasses import dataclass

from ionlake.errors import SourceError
from ionlake.lake.layout import SUMMARIES, LakeLayout
from ionlake.lake.objects import is_trouble, read_through
from ionlake.structures.sources.kept_summaries import read_header


@dataclass(frozen=True)
class Answers:
    """Kept answers of databases.

    Attributes:
        came: When each came, by its path in the lake.
        damaged: What is wrong with those that cannot be read.
    """

    came: Mapping[str, str]
    damaged: tuple[str, ...] = ()

    @property
    def newest(self) -> dict[str, str]:
        """The path of the newest answer to each question, which is a source and a query of it."""
        ordered = sorted(self.came, key=lambda path: (self.came[path], path))
        return {_question(path): path for path in ordered}


def read_answers(layout: LakeLayout) -> Answers:
    """Look which answers a lake keeps.

    Raises:
        StoreError: The store does not answer or refuses.
    """
    came, damaged = {}, []
    with read_through(layout.root):
        for path in sorted(layout.root.glob(SUMMARIES)):
            try:
                came[layout.relative(path)] = read_header(path).fetched_at
            except SourceError as error:
                if is_trouble(error):
                    raise
                damaged.append(str(error))
    return Answers(came, tuple(damaged))


def _question(path: str) -> str:
    """All of the path of an answer but the database's version."""
    *source, _version, query = path.split("/")
    return "/".join((*source, query))
