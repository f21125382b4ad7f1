"""One of several shares of the work, so that jobs that do not know of each other do it together."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Self

from ionlake.errors import SettingsError
from ionlake.structures.sources.interface import SourceEntry

_TEXT: Final = re.compile(r"(\d+)/(\d+)")


@dataclass(frozen=True)
class Shard:
    """Share number so many of so many; every material belongs to exactly one of them.

    A hash of the material's name decides. So the share of a material depends neither on what else
    is selected nor on any order, and it stays the same when the structure changes or cannot be
    read. Two materials of one structure may be in two shares: then the structure is scanned twice.

    Attributes:
        number: Which share, from 1.
        count: How many there are.
    """

    number: int = 1
    count: int = 1

    def __post_init__(self) -> None:
        """Refuse shares that do not exist.

        Raises:
            SettingsError: If there is no such share.
        """
        if not 1 <= self.number <= self.count:
            raise SettingsError(
                f"the shard is {self.number}/{self.count}, expected K/N with K from 1 to N"
            )

    @classmethod
    def parse(cls, text: str) -> Self:
        """The share that a text such as ``2/16`` names.

        Raises:
            SettingsError: If it names none.
        """
        match = _TEXT.fullmatch(text.strip())
        if match is None:
            raise SettingsError(f"the shard is {text!r}, expected K/N such as 2/16")
        return cls(int(match[1]), int(match[2]))

    def holds(self, material_id: str) -> bool:
        """Whether a material belongs to this share."""
        digest = sha256(material_id.encode()).digest()
        return int.from_bytes(digest[:8], "big") % self.count == self.number - 1

    def of(self, entries: Iterable[SourceEntry]) -> list[SourceEntry]:
        """The entries of a source that belong to this share, in their order."""
        return [entry for entry in entries if self.holds(entry.material_id)]


WHOLE: Final = Shard()
"""All of the work."""
