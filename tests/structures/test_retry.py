"""Asking again: how often, how long apart, and when to give up."""

import pytest

from ionlake.structures.sources import SourceFollower
from ionlake.structures.sources.retry import (
    NoAnswerError,
    RetryPolicy,
    answering_session,
    with_retries,
)
from tests.structures.web import serving


def test_delays_double_around_their_mean_up_to_a_limit():
    policy = RetryPolicy(first_delay_s=1.0, longest_delay_s=6.0)
    for n_failed, mean in ((1, 1.0), (2, 2.0), (3, 4.0), (4, 6.0), (9, 6.0)):
        delays = {policy.delay_s(n_failed, 0.0) for _ in range(50)}
        assert 0.5 * mean <= min(delays) < max(delays) <= 1.5 * mean


def test_a_server_may_ask_for_more_time_within_the_limit():
    policy = RetryPolicy(first_delay_s=0.1, longest_delay_s=6.0)
    assert policy.delay_s(1, 5.0) == 5.0
    assert policy.delay_s(1, 3600.0) == 6.0


def test_the_last_error_comes_through():
    asked = []

    def busy():
        asked.append(1)
        raise NoAnswerError(f"busy {len(asked)}")

    with pytest.raises(NoAnswerError, match="busy 3"):
        with_retries(busy, RetryPolicy(3, first_delay_s=0.0), SourceFollower())
    assert len(asked) == 3


def test_a_busy_answer_says_how_long_to_wait():
    with (
        serving(lambda *_: (429, b"", {"Retry-After": "7"})) as address,
        pytest.raises(NoAnswerError, match="HTTP 429") as caught,
    ):
        answering_session().get(address)
    assert caught.value.retry_after_s == 7.0


def test_an_answer_that_breaks_off_is_none():
    with (
        serving(lambda *_: (200, b"half", {"Transfer-Encoding": "chunked"})) as address,
        pytest.raises(NoAnswerError, match="no connection"),
    ):
        answering_session().get(address)
