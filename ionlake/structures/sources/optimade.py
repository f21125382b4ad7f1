"""Any database that speaks OPTIMADE, through the ``optimade`` client."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

import numpy as np
import requests

from ionlake.errors import MissingExtraError, SourceError, StructureError
from ionlake.structures.record import StructureRecord
from ionlake.structures.sources.interface import SourceEntry, SourceFollower
from ionlake.structures.sources.parsing import one_line
from ionlake.structures.sources.retry import (
    READ_SECONDS,
    AnsweringAdapter,
    RetryPolicy,
    with_retries,
)

_FIELDS: Final = (
    "lattice_vectors",
    "cartesian_site_positions",
    "species",
    "species_at_sites",
    "dimension_types",
    "structure_features",
    "last_modified",
)
_UNTOLD_ATOMS: Final = frozenset({"assemblies", "implicit_atoms", "site_attachments"})
_NO_LIMIT: Final = 10**9
_VERSION: Final = re.compile(r"/v\d+(\.\d+)*/*$")


class OptimadeSource:
    """Structures of one or more OPTIMADE databases that pass an OPTIMADE filter.

    A material is named by its provider's prefix and its id there, such as ``odbx/odbx-1``.

    Attributes:
        name: ``optimade``.
        base_urls: Addresses of databases, such as ``https://optimade.odbx.science``.
        filter: In OPTIMADE's filter language.
    """

    name = "optimade"

    def __init__(
        self,
        base_urls: Sequence[str],
        filter: str,  # noqa: A002 -- as OPTIMADE calls it
        *,
        follower: SourceFollower | None = None,
        policy: RetryPolicy | None = None,
    ) -> None:
        """Remember what to read; nothing is asked yet.

        Args:
            base_urls: Addresses of databases.
            filter: In OPTIMADE's filter language.
            follower: Who is told how it goes.
            policy: How often to ask again when a server does not answer.
        """
        self.base_urls = tuple(_VERSION.sub("", url) for url in base_urls)
        self.filter = filter
        self._follower = follower or SourceFollower()
        self._policy = policy or RetryPolicy()

    def entries(self) -> Iterator[SourceEntry]:
        """Deliver the structures in the order of the addresses and of each database.

        Raises:
            SourceError: A database does not answer or refuses the filter.
            MissingExtraError: The ``optimade`` client is not installed.
        """
        client = _client(self.base_urls, _session_class(self._policy, self._follower))
        answers = {url: self._ask(client, url) for url in self.base_urls}
        return self._read(answers, {url: _licence(client, url) for url in self.base_urls})

    def _ask(self, client: Any, url: str) -> Any:
        found = client.get_one(
            "structures", quote(self.filter), url, response_fields=list(_FIELDS), paginate=True
        )
        (results,) = found.values()
        if results.errors:
            reason = " ".join(str(results.errors[0]).split())
            raise SourceError(
                f"the OPTIMADE database {url} does not give its structures ({reason}): check the"
                " address and the filter, or try again later"
            )
        self._follower.materials_fetched(len(results.data), len(results.data))
        return results

    def _read(
        self, answers: Mapping[str, Any], licences: Mapping[str, str | None]
    ) -> Iterator[SourceEntry]:
        seen: set[str] = set()
        for url, results in answers.items():
            provider = results.meta.get("provider") or {}
            for resource in results.data:
                entry = _entry(resource, url, provider, licences[url])
                if entry.material_id in seen:
                    continue
                seen.add(entry.material_id)
                yield entry


def _client(base_urls: Sequence[str], session: type[requests.Session]) -> Any:
    try:
        from optimade.client import OptimadeClient
    except ImportError as error:
        raise MissingExtraError(
            "the OPTIMADE client is not installed: pip install 'ionlake[optimade]'"
        ) from error
    # Without a limit the client fails where a database does not say how much it holds.
    return OptimadeClient(
        base_urls=list(base_urls),
        max_results_per_provider=_NO_LIMIT,
        http_timeout=READ_SECONDS,
        http_client=session,
        silent=True,
    )


def _session_class(policy: RetryPolicy, follower: SourceFollower) -> type[requests.Session]:
    """A session that asks again by itself; the client would, but forever and of busy ones only."""

    class RetryingSession(requests.Session):
        def __init__(self) -> None:
            super().__init__()
            self.mount("http://", AnsweringAdapter())
            self.mount("https://", AnsweringAdapter())

        def get(self, url: str | bytes, **kwargs: Any) -> requests.Response:  # type: ignore[override]
            return with_retries(
                lambda: super(RetryingSession, self).get(url, **kwargs), policy, follower
            )

    return RetryingSession


def _licence(client: Any, url: str) -> str | None:
    """What the database says of itself, as SPDX identifiers or as the address of a text."""
    (results,) = client.get_one("info", "", url, paginate=False).values()
    about = results.data.get("attributes") if isinstance(results.data, dict) else None
    if not isinstance(about, dict):
        return None
    for key in ("available_licenses_for_entries", "available_licenses"):
        if about.get(key):
            return " OR ".join(map(str, about[key]))
    link = about.get("license")
    address = link.get("href") if isinstance(link, dict) else link
    return str(address) if address else None


def _entry(
    resource: Any, url: str, provider: Mapping[str, Any], licence: str | None
) -> SourceEntry:
    identifier = str(resource.get("id", "without-id"))
    prefix = provider.get("prefix")
    material_id = f"{prefix}/{identifier}" if prefix else identifier
    reference = f"{url}/v1/structures/{quote(identifier)}"
    attributes = resource.get("attributes") or {}
    try:
        structure = _structure(attributes)
    except StructureError as error:
        named = StructureError(f"{material_id}: {error}")
        return SourceEntry.failed(material_id, named, reference, licence)
    modified = attributes.get("last_modified")
    return SourceEntry(
        material_id,
        structure,
        reference=reference,
        licence=licence,
        attribution=provider.get("name"),
        last_updated=str(modified) if modified else None,
    )


def _structure(attributes: Mapping[str, Any]) -> StructureRecord:
    untold = sorted(_UNTOLD_ATOMS.intersection(attributes.get("structure_features") or ()))
    if untold:
        raise StructureError(
            f"its atoms are not all told one by one ({', '.join(untold)}), expected every atom"
            " with its position: leave it out by the filter"
        )
    try:
        crystal = _crystal(attributes)
    except Exception as error:
        raise StructureError(
            f"its structure cannot be read ({one_line(error)}): leave it out by the filter"
        ) from error
    return StructureRecord.from_pymatgen(crystal)


def _crystal(attributes: Mapping[str, Any]) -> Any:
    """A pymatgen structure; vacancies and mixed sites show as partial occupancies."""
    from pymatgen.core import Lattice, Structure

    cell = np.array(attributes["lattice_vectors"], dtype=float)
    cartesian = np.array(attributes["cartesian_site_positions"], dtype=float)
    fractional = np.linalg.solve(cell.T, cartesian.T).T
    kinds = {kind["name"]: _occupants(kind) for kind in attributes["species"]}
    species = [kinds[name] for name in attributes["species_at_sites"]]
    periodic = [bool(flag) for flag in attributes.get("dimension_types") or (1, 1, 1)]
    return Structure(Lattice(cell, periodic), species, fractional)


def _occupants(kind: Mapping[str, Any]) -> dict[str, float]:
    shares = zip(kind["chemical_symbols"], kind["concentration"], strict=True)
    return {symbol: float(share) for symbol, share in shares if symbol != "vacancy"}
