"""Questions to the Materials Project through mp-api, one page at a time.

mp-api retries on its own, without a word and only some errors, keeps all pages of an answer in
memory and loses them when one fails. So pages are asked for one by one over a session that does
not retry, and `with_retries` does. Documents stay the plain JSON that the server sent: mp-api's
models would refuse a whole page for one broken document.
"""

import os
import re
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import requests

from ionlake.errors import IonlakeError, SourceError
from ionlake.structures.sources.interface import SourceFollower
from ionlake.structures.sources.parsing import LONGEST_REASON
from ionlake.structures.sources.retry import (
    NoAnswerError,
    RetryPolicy,
    answering_session,
    with_retries,
)
from ionlake.structures.sources.selection import Selection

T = TypeVar("T")

KEY_VARIABLE: Final = "MP_API_KEY"
ENDPOINT_VARIABLE: Final = "MP_API_ENDPOINT"
DEFAULT_ENDPOINT: Final = "https://api.materialsproject.org/"
PAGE_SIZE: Final = 1000
FIELDS: Final = (
    "material_id",
    "structure",
    "band_gap",
    "energy_above_hull",
    "deprecated",
    "last_updated",
    "builder_meta",
    "database_IDs",
)

_KEY_LENGTH: Final = 32
_KEY: Final = re.compile(rf"[!-~]{{{_KEY_LENGTH}}}")
_IDS_AT_ONCE: Final = 100
_KEY_PAGE: Final = "https://next-gen.materialsproject.org/api"


@dataclass(frozen=True)
class Access:
    """Who asks whom.

    Attributes:
        endpoint: Address of the API.
        key: The user's key; it is shown nowhere.
    """

    endpoint: str = field(repr=False)
    key: str = field(repr=False)

    @property
    def host(self) -> str:
        """The server as messages name it, without any credentials."""
        parts = urlsplit(self.endpoint)
        return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)

    @classmethod
    def from_environment(cls) -> "Access":
        """Key and address from the environment.

        Raises:
            SourceError: There is no key, or it cannot be one.
        """
        endpoint = os.environ.get(ENDPOINT_VARIABLE, "").strip() or DEFAULT_ENDPOINT
        if urlsplit(endpoint).scheme not in {"http", "https"} or not urlsplit(endpoint).hostname:
            raise SourceError(
                f"{ENDPOINT_VARIABLE} is no address of a server, expected one such as"
                f" {DEFAULT_ENDPOINT}: correct it or unset it"
            )
        key = os.environ.get(KEY_VARIABLE, "").strip()
        if not key:
            raise SourceError(
                f"there is no key for the Materials Project: set {KEY_VARIABLE} to yours, from"
                f" {_KEY_PAGE}, or work --offline from summaries kept in the lake"
            )
        if not _KEY.fullmatch(key):
            raise SourceError(
                f"{KEY_VARIABLE} holds {len(key)} characters, expected {_KEY_LENGTH}, letters and"
                f" digits: copy the whole key from {_KEY_PAGE}"
            )
        return cls(endpoint if endpoint.endswith("/") else f"{endpoint}/", key)


@dataclass(frozen=True)
class Question:
    """One query.

    Attributes:
        query: Parameters in the API's words.
        n_total: How many summaries there are.
    """

    query: Mapping[str, Any]
    n_total: int


class SummaryClient:
    """The summaries of one server.

    Attributes:
        database_version: Release of the database.
    """

    def __init__(self, access: Access, policy: RetryPolicy, follower: SourceFollower) -> None:
        """Connect.

        Args:
            access: Who asks whom.
            policy: How often to ask again.
            follower: Who is told about it.

        Raises:
            SourceError: The server cannot be reached, or is none of the Materials Project.
        """
        self._access = access
        self._policy = policy
        self._follower = follower
        self._session = answering_session()
        self._session.hooks["response"].append(self._refuse_wrong_key)
        self.database_version = self._answer(self._heartbeat)
        self._summary = self._answer(self._rester)

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def questions(self, selection: Selection) -> list[Question]:
        """What to ask for a selection, and how many summaries the server has for it.

        Raises:
            SourceError: It does not answer, refuses the key or does not understand the question.
        """
        return [
            Question(query, self._answer(partial(self._count, query)))
            for query in queries(selection)
        ]

    def pages(self, questions: Sequence[Question]) -> Iterator[list[Any]]:
        """Raw summaries, page by page.

        Raises:
            SourceError: As for `questions`.
        """
        for question in questions:
            skip = 0
            while skip < question.n_total:
                page = self._answer(partial(self._page, question.query, skip))
                if not page:
                    break
                yield page
                skip += len(page)

    def _answer(self, action: Callable[[], T]) -> T:
        """What the server says, errors of any library turned into `SourceError`."""
        host = self._access.host
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return with_retries(action, self._policy, self._follower)
        except IonlakeError:
            raise
        except NoAnswerError as error:
            raise SourceError(
                f"the Materials Project at {host} does not answer ({error}), asked"
                f" {self._policy.attempts} times: check the network and {ENDPOINT_VARIABLE}, try"
                " again later, or work --offline"
            ) from None
        except Exception as error:  # noqa: BLE001 -- mp-api lets errors of every kind through
            raise SourceError(
                f"the Materials Project at {host} does not understand the question"
                f" ({self._reason(error)}): check {ENDPOINT_VARIABLE} and the"
                " recipe's source, or install the newest mp-api"
            ) from None

    def _reason(self, error: Exception) -> str:
        text = " ".join(str(error).replace(self._access.key, "***").split())
        return f"{type(error).__name__}, {text[:LONGEST_REASON]}"

    def _refuse_wrong_key(self, response: requests.Response, **_: Any) -> None:
        if response.status_code in {401, 403} and "x-api-key" in response.request.headers:
            raise SourceError(
                f"the Materials Project at {self._access.host} refuses the key in {KEY_VARIABLE}"
                f" (HTTP {response.status_code}): set it to a valid one from {_KEY_PAGE}"
            )

    def _heartbeat(self) -> str:
        response = self._session.get(f"{self._access.endpoint}heartbeat")
        try:
            version = response.json()["db_version"]
        except (ValueError, KeyError, TypeError):
            version = None
        if not version:
            raise SourceError(
                f"{self._access.host} does not answer as the Materials Project does (HTTP"
                f" {response.status_code} without a database version): check {ENDPOINT_VARIABLE}"
            )
        return str(version)

    def _rester(self) -> Any:
        """mp-api's client for summaries; it asks for the heartbeat by itself, without retries."""
        from mp_api.client import MPRester

        try:
            rester = MPRester(
                api_key=self._access.key,
                endpoint=self._access.endpoint,
                session=self._session,
                use_document_model=False,
                mute_progress_bars=True,
            )
        except (requests.RequestException, ValueError, KeyError) as error:
            raise NoAnswerError(f"no heartbeat ({type(error).__name__})") from None
        return rester.materials.summary

    def _count(self, query: Mapping[str, Any]) -> int:
        return int(self._summary.count({**query, "_limit": 1, "_fields": "material_id"}))

    def _page(self, query: Mapping[str, Any], skip: int) -> list[Any]:
        # Not `search`, which cannot skip; not `fields`, which are checked for 0.2 s each.
        page: list[Any] = self._summary._search(  # noqa: SLF001
            num_chunks=1,
            chunk_size=PAGE_SIZE,
            all_fields=False,
            _fields=",".join(FIELDS),
            _skip=skip,
            **query,
        )
        return page


def queries(selection: Selection) -> list[dict[str, Any]]:
    """A selection in the API's words: one query, or several where many ids are asked for."""
    query: dict[str, Any] = {
        "deprecated": False,
        "elements": ",".join(selection.required_elements),
        "exclude_elements": ",".join(selection.exclude_elements) or None,
        "chemsys": ",".join(selection.chemical_systems) or None,
        "band_gap_min": selection.band_gap_ev_min,
        "energy_above_hull_max": selection.energy_above_hull_ev_per_atom_max,
        "nsites_max": selection.n_sites_max,
    }
    common = {name: value for name, value in query.items() if value is not None}
    ids = selection.material_ids
    if not ids:
        return [common]
    batches = [ids[first : first + _IDS_AT_ONCE] for first in range(0, len(ids), _IDS_AT_ONCE)]
    return [{**common, "material_ids": ",".join(batch)} for batch in batches]
