"""The Materials Project: summaries through mp-api, kept on disk, read as entries."""

from collections.abc import Iterator, Sequence
from contextlib import closing, nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from ionlake.errors import SourceError
from ionlake.structures.sources.documents import Provenance, entry_from_document
from ionlake.structures.sources.interface import SourceEntry, SourceFollower
from ionlake.structures.sources.kept_summaries import (
    Header,
    newest_summaries,
    read_header,
    read_summaries,
    summaries_path,
    write_summaries,
)
from ionlake.structures.sources.material_ids import settled_id
from ionlake.structures.sources.materials_project_client import Access, Question, SummaryClient
from ionlake.structures.sources.retry import RetryPolicy
from ionlake.structures.sources.selection import Selection

ATTRIBUTION: Final = (
    "Materials Project; A. Jain et al., APL Materials 1, 011002 (2013), doi:10.1063/1.4812323"
)

_LICENCES: Final = {"BY-C": "CC-BY-4.0", "BY-NC": "CC-BY-NC-4.0"}
_RECORD: Final = "https://materialsproject.org/materials/"


class MaterialsProjectSource:
    """Materials of the Materials Project that pass a selection.

    The key comes from ``MP_API_KEY``, the address from ``MP_API_ENDPOINT``. Summaries are first
    written to a file whole, and read from there; where a folder is given they stay in it, by
    database version and query, and serve later runs offline.

    Attributes:
        name: ``materials_project``.
        selection: What is wanted.
    """

    name = "materials_project"

    def __init__(
        self,
        selection: Selection,
        *,
        kept: Path | None = None,
        offline: bool = False,
        follower: SourceFollower | None = None,
        policy: RetryPolicy | None = None,
    ) -> None:
        """Remember what to read; nothing is asked yet.

        Args:
            selection: What is wanted.
            kept: Folder in which summaries are kept; None to keep none.
            offline: Ask nobody, read the newest kept summaries.
            follower: Who is told how it goes.
            policy: How often to ask again when the server does not answer.
        """
        self.selection = selection
        self._kept = kept
        self._offline = offline
        self._follower = follower or SourceFollower()
        self._policy = policy or RetryPolicy()

    def entries(self) -> Iterator[SourceEntry]:
        """Deliver the selected materials in the order of the database.

        Raises:
            SourceError: There is no key or a wrong one, the server does not answer, or offline
                there are no summaries. A server that fails later raises it during the iteration.
        """
        if self._offline:
            if self._kept is None:
                raise SourceError("there is no lake to work offline from: name one with --lake")
            return self._read(newest_summaries(self._kept, self.selection))
        client = SummaryClient(Access.from_environment(), self._policy, self._follower)
        questions = client.questions(self.selection)
        if not any(question.n_total for question in questions):
            raise SourceError(
                "no material of the Materials Project passes the selection: widen the filters of"
                " the recipe's source"
            )
        return self._fetch(client, questions)

    def _fetch(self, client: SummaryClient, questions: Sequence[Question]) -> Iterator[SourceEntry]:
        n_total = sum(question.n_total for question in questions)
        header = Header.now(client.database_version, self.selection, n_total)
        with nullcontext(self._kept) if self._kept else TemporaryDirectory() as folder:
            path = summaries_path(Path(folder), client.database_version, self.selection)
            with closing(client):
                write_summaries(path, header, self._documents(client, questions, n_total))
            yield from self._read(path)

    def _documents(
        self, client: SummaryClient, questions: Sequence[Question], n_total: int
    ) -> Iterator[Any]:
        """Every summary once.

        Raises:
            SourceError: Fewer came than the server announced.
        """
        seen: set[str] = set()
        n_unnamed = 0
        for page in client.pages(questions):
            for document in page:
                name = _material_id(document)
                if name is None:
                    n_unnamed += 1
                elif name in seen:
                    continue
                else:
                    seen.add(name)
                yield document
            self._follower.materials_fetched(len(seen) + n_unnamed, n_total)
        if len(seen) + n_unnamed < n_total:
            raise SourceError(
                f"the Materials Project sent {len(seen) + n_unnamed} of {n_total} materials:"
                " run again, the database may have changed meanwhile"
            )

    def _read(self, path: Path) -> Iterator[SourceEntry]:
        header = read_header(path)
        for number, document in enumerate(read_summaries(path), start=1):
            entry = _entry(document, number, self.selection, header.database_version)
            if entry is not None:
                yield entry


def _entry(
    document: Any, number: int, selection: Selection, database_version: str
) -> SourceEntry | None:
    material_id = _material_id(document)
    if material_id is None:
        error = SourceError(
            f"document {number} of the answer has no material_id: report it to the database"
        )
        return SourceEntry.failed(f"document-{number}", error, _RECORD)
    provenance = Provenance(
        reference=f"{_RECORD}{material_id}",
        licence=_licence(document),
        attribution=ATTRIBUTION,
        database_version=database_version,
    )
    return entry_from_document(material_id, document, selection, provenance)


def _material_id(document: Any) -> str | None:
    value = document.get("material_id") if isinstance(document, dict) else None
    return settled_id(str(value)) if value else None


def _licence(document: dict[str, Any]) -> str:
    """CC BY 4.0, but for contributions such as GNoME's that the record itself restricts."""
    built = document.get("builder_meta")
    stated = built.get("license") if isinstance(built, dict) else None
    return _LICENCES["BY-C"] if stated is None else _LICENCES.get(str(stated), str(stated))
