"""Asking a server again when it is busy or does not answer."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import requests
from requests.adapters import HTTPAdapter

from ionlake.structures.sources.interface import SourceFollower

T = TypeVar("T")

CONNECT_SECONDS: Final = 10.0
READ_SECONDS: Final = 120.0

_BUSY: Final = frozenset({429, 500, 502, 503, 504})


class NoAnswerError(Exception):
    """A server was busy or could not be reached; asking again may help.

    Attributes:
        retry_after_s: How long the server asks to wait, s.
    """

    def __init__(self, reason: str, retry_after_s: float = 0.0) -> None:
        super().__init__(reason)
        self.retry_after_s = retry_after_s


@dataclass(frozen=True)
class RetryPolicy:
    """How often and when to ask again.

    Attributes:
        attempts: How often to ask in all.
        first_delay_s: Mean time before the second attempt, s; it doubles from attempt to attempt.
        longest_delay_s: Longest mean time between attempts, s; a server that asks for more waits
            no longer either.
    """

    attempts: int = 6
    first_delay_s: float = 1.0
    longest_delay_s: float = 60.0

    def delay_s(self, n_failed: int, retry_after_s: float) -> float:
        """Time to wait after so many failed attempts, spread so that clients do not meet, s."""
        mean = min(self.longest_delay_s, self.first_delay_s * 2.0 ** (n_failed - 1))
        spread = mean * random.uniform(0.5, 1.5)  # noqa: S311 -- no secret
        return max(spread, min(retry_after_s, self.longest_delay_s))


def with_retries(action: Callable[[], T], policy: RetryPolicy, follower: SourceFollower) -> T:
    """The result of an action that is repeated while the server does not answer.

    Raises:
        NoAnswerError: From the last attempt.
    """
    for n_failed in range(1, policy.attempts):
        try:
            return action()
        except NoAnswerError as error:
            seconds = policy.delay_s(n_failed, error.retry_after_s)
            follower.source_waits(str(error), seconds)
            time.sleep(seconds)
    return action()


class AnsweringAdapter(HTTPAdapter):
    """Turns time-outs, broken connections and busy servers into `NoAnswerError`.

    Such an error is no ``RequestException``, so that it passes through clients which turn those
    into errors of their own. Every request has a time limit, whatever the client asks for.
    """

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:  # type: ignore[override]
        """Send a request and read the whole answer."""
        kwargs["timeout"] = (CONNECT_SECONDS, READ_SECONDS)
        try:
            response = super().send(request, **kwargs)
            _ = response.content
        except requests.Timeout as error:
            raise NoAnswerError("no answer in time") from error
        except requests.RequestException as error:
            raise NoAnswerError(f"no connection ({type(error).__name__})") from error
        if response.status_code in _BUSY:
            raise NoAnswerError(f"HTTP {response.status_code}", _retry_after_s(response))
        return response


def answering_session() -> requests.Session:
    """A session whose requests answer or raise `NoAnswerError`; it does not retry by itself."""
    session = requests.Session()
    session.mount("http://", AnsweringAdapter())
    session.mount("https://", AnsweringAdapter())
    return session


def _retry_after_s(response: requests.Response) -> float:
    """What the server asks for; times of day, which few servers send, are passed over."""
    asked = response.headers.get("Retry-After", "")
    return float(asked) if asked.isdigit() else 0.0
