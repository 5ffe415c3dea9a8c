"""Whoever asks the store again does so after pauses that grow and that no two share."""

import asyncio
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from promptyard.domain.errors import StoreBusy, StoreUnavailable
from promptyard.storage.runs import run_claims
from promptyard.storage.runs.run_claims import RunClaims
from promptyard.storage.table.keys import Key
from promptyard.storage.table.table import BATCH_ATTEMPTS, BATCH_PAUSE_SECONDS, Table

ROUNDS = 20


@pytest.fixture
def paused(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds of every pause here; none of them is waited for. Servers of other tests sleep in their threads."""
    seconds: list[float] = []
    asleep = asyncio.sleep
    here = threading.get_ident()

    async def sleep(pause: float) -> None:
        is_here = threading.get_ident() == here
        if pause and is_here:
            seconds.append(pause)
        await asleep(0 if is_here else pause)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    return seconds


def assert_spread(paused: list[float], first: float, attempts: int) -> None:
    for attempt in range(attempts):
        pauses = paused[attempt::attempts]
        assert len(pauses) == len(set(pauses)) == ROUNDS
        assert all(0.5 <= pause / (first * 2**attempt) <= 1.5 for pause in pauses)
    assert len(paused) == attempts * ROUNDS


class _Unprocessed:
    """A client of DynamoDB's that answers for no key."""

    def batch_get_item(self, RequestItems: Any) -> Any:  # noqa: N803 - boto3's name
        return {"Responses": {}, "UnprocessedKeys": RequestItems}


async def test_of_keys_that_were_left_unprocessed(paused: list[float]) -> None:
    table = Table(_Unprocessed, "runs")  # type: ignore[arg-type]
    for _ in range(ROUNDS):
        with pytest.raises(StoreUnavailable):
            await table.get_many([Key(pk="a", sk="b")])
    assert_spread(paused, BATCH_PAUSE_SECONDS, BATCH_ATTEMPTS - 1)


class _Busy:
    async def update_and_names(self, key: Any, changes: Any) -> Any:
        raise StoreBusy("busy")


async def test_of_a_run_that_is_counted_in(paused: list[float]) -> None:
    claims = RunClaims(_Busy(), _Busy())  # type: ignore[arg-type]
    run = {"pk": "t#a#runs", "sk": "r", "status": "completed"}
    for _ in range(ROUNDS):
        assert not await claims._change_one("all", run, "in@", datetime.now(UTC) + timedelta(minutes=1))
    assert_spread(paused, run_claims.PAUSE_SECONDS, run_claims.ATTEMPTS - 1)
