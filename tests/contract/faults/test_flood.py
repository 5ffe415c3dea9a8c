"""A flood of streams and of connections that say nothing: nothing is lost, and others are served. How fast that is,
says `python -m tests.performance.flood`.
"""

import os

import pytest

from tests.performance.flood.__main__ import flooded, silent_connections
from tests.performance.flood.past_limits import effect_of, latency
from tests.performance.flood.streams import flood

SECONDS = float(os.environ.get("FLOOD_SECONDS", "10"))
MAX_MS = 5_000
"""Served at all."""
MAX_ADDED_MS = 50


@pytest.mark.hard
@pytest.mark.alone
async def test_of_a_hundred_streams_nothing_is_lost_and_others_are_served() -> None:
    with flooded(SECONDS) as (server, key, _):
        done = await flood(server, key, streams=100, per_second=50, seconds=SECONDS)
        assert done.wrong == []
        assert done.tokens == 100 * int(50 * SECONDS)
        with silent_connections(server, 1000):
            assert (await latency(server, key, 20)).waited < MAX_MS


@pytest.mark.hard
@pytest.mark.alone
async def test_a_tenant_far_past_its_limit_does_next_to_nothing_to_another() -> None:
    with flooded() as (server, key, limited):
        effect = await effect_of(server, key, limited, callers=16, pause=0.1, requests=200)
    assert set(effect.answers) <= {"200", "429"}
    added = [effect.beside.waited - effect.alone.waited]
    if effect.beside.worked is not None and effect.alone.worked is not None:  # else the machine's own load counts, too
        added.append(effect.beside.worked - effect.alone.worked)
    assert min(added) < MAX_ADDED_MS, str(effect)
