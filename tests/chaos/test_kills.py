"""A few kills of the campaign; ``python -m tests.chaos --kills 100`` does the rest."""

import random

from tests.chaos.campaign import Campaign


def test_a_killed_run_loses_nothing_and_repeats_nothing_that_was_acknowledged(tmp_path):
    campaign = Campaign(tmp_path, random.Random(4), max_sites=2)
    campaign.fight(2)
    assert campaign.problems == []
    assert campaign.n_kills >= 2
    assert campaign.finished >= 1
