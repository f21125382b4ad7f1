"""Dumps: text files with one material as a JSON object on every line."""

import gzip
import json
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import IO, Any, cast

from ionlake.errors import SourceError
from ionlake.structures.sources.documents import Provenance, entry_from_document, optional_text
from ionlake.structures.sources.interface import SourceEntry
from ionlake.structures.sources.parsing import one_line
from ionlake.structures.sources.selection import Selection


class JsonLinesSource:
    """Materials of dumps that pass a selection, read line by line.

    Every line is an object with ``material_id`` and either ``structure``, a crystal as pymatgen's
    ``as_dict`` gives it, or ``cif``, its text. It may hold ``band_gap_ev`` (or ``band_gap``),
    ``energy_above_hull_ev_per_atom`` (or ``energy_above_hull``), ``deprecated``, ``last_updated``,
    ``reference``, ``licence``, ``attribution`` and ``database_version``; other keys are passed
    over. A line that cannot be read is an entry with an error, named by file and line.

    Attributes:
        name: ``json_lines``.
        paths: The dumps; those whose names end in ``.gz`` are unpacked.
        selection: What is wanted.
    """

    name = "json_lines"

    def __init__(self, paths: Sequence[str | Path], selection: Selection) -> None:
        """Remember what to read; nothing is opened yet.

        Args:
            paths: The dumps.
            selection: What is wanted.
        """
        self.paths = tuple(Path(path).expanduser() for path in paths)
        self.selection = selection

    def entries(self) -> Iterator[SourceEntry]:
        """Deliver the selected materials in the order of the files.

        Raises:
            SourceError: A file cannot be opened, or ends in the middle of its packed data.
        """
        for path in self.paths:
            _open(path).close()
        return self._read()

    def _read(self) -> Iterator[SourceEntry]:
        holders: dict[str, str] = {}
        for path in self.paths:
            for number, line in _lines(path):
                if not line.strip():
                    continue
                entry = self._entry(f"{path}:{number}", line, holders)
                if entry is not None:
                    yield entry

    def _entry(self, where: str, line: bytes, holders: dict[str, str]) -> SourceEntry | None:
        try:
            document, material_id = _document(line)
            holder = holders.setdefault(material_id, where)
            if holder != where:
                raise SourceError(f"{material_id} stands in {holder} already: remove one of them")  # noqa: TRY301
        except SourceError as error:
            return SourceEntry.failed(where, SourceError(f"{where}: {error}"), where)
        if self.selection.material_ids and material_id not in self.selection.material_ids:
            return None
        provenance = Provenance(
            reference=optional_text(document, "reference") or where,
            licence=optional_text(document, "licence"),
            attribution=optional_text(document, "attribution"),
            database_version=optional_text(document, "database_version"),
        )
        return entry_from_document(material_id, document, self.selection, provenance)


def _document(line: bytes) -> tuple[dict[str, Any], str]:
    try:
        document = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise SourceError(
            f"the line is no JSON ({one_line(error)}): write one object a line"
        ) from error
    material_id = document.get("material_id") if isinstance(document, dict) else None
    if not material_id:
        raise SourceError("the line has no material_id: add one to every object")
    return document, str(material_id)


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    try:
        with _open(path) as file:
            yield from zip(count(1), file, strict=False)
    except (OSError, EOFError) as error:
        raise SourceError(
            f"{path} cannot be read to its end ({one_line(error)}): check that it is complete"
        ) from error


def _open(path: Path) -> IO[bytes]:
    try:
        if path.suffix == ".gz":
            return cast("IO[bytes]", gzip.open(path))
        return path.open("rb")
    except OSError as error:
        raise SourceError(
            f"{path} cannot be opened ({error.strerror or error}), expected a file with one"
            " material a line: check the path"
        ) from error
