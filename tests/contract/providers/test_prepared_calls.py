"""A request is built and encoded once, before anything is sent, and every attempt sends these bytes."""

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr

from promptyard.domain.models.targets import ProviderCall
from promptyard.domain.runs.run import Run, RunStatus
from promptyard.providers.gateway import Gateway
from promptyard.providers.network import transport
from promptyard.providers.protocol import ProviderRequest
from promptyard.providers.registry import WIRES
from promptyard.services.runs import provider_attempts
from promptyard.services.runs.execution import RunExecutor
from tests.support.doubles.doubles import MemoryRunStore
from tests.support.doubles.metering import memory_meter
from tests.support.samples import abacus
from tests.support.samples.chat_answers import EVENT_STREAM, failure
from tests.support.samples.provider_calls import KEY, call
from tests.support.servers.fake_upstream import Answer, FakeUpstream

BUSY = failure(503, "busy")
WHOLE = Answer([abacus.bead_stream("one", " two")], headers=EVENT_STREAM)


@pytest.fixture
def counts(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """What the invented wire's requests take."""
    counted: Counter[str] = Counter()
    encode = transport._encoded

    def build_request(call: ProviderCall, *, stream: bool) -> ProviderRequest:
        counted["built"] += 1
        return abacus.build_request(call, stream=stream)

    def encoded(body: dict[str, object]) -> bytes:
        counted["encoded"] += 1
        return encode(body)

    monkeypatch.setitem(WIRES, "abacus", replace(abacus.ADAPTER, build_request=build_request))  # type: ignore[arg-type]
    monkeypatch.setattr(transport, "_encoded", encoded)
    monkeypatch.setattr(provider_attempts, "_backoff", lambda attempt: 0.0)
    return counted


async def run(
    gateway: Gateway, upstream: FakeUpstream, renew_key: Callable[[], Awaitable[SecretStr | None]] | None = None
) -> Run:
    asked = call("abacus", "wooden", row=abacus.ROW, base_url=upstream.url)
    now = datetime.now(UTC)
    record = Run(
        id="run-1",
        tenant="acme",
        endpoint="playground/run",
        provider="abacus",
        model="wooden",
        model_id="abacus/wooden",
        created_at=now,
        deadline_at=now + timedelta(seconds=30),
        messages=list(asked.messages),
    )
    executor = RunExecutor(MemoryRunStore(), gateway, memory_meter())
    handle = await executor.start(record, replace(asked, renew_key=renew_key))
    return (await handle.settled()).run


async def test_a_run_of_one_attempt(gateway: Gateway, upstream: FakeUpstream, counts: Counter[str]) -> None:
    upstream.answer(WHOLE)
    settled = await run(gateway, upstream)

    assert (settled.status, settled.output) == (RunStatus.SUCCEEDED, "one two")
    assert counts == {"built": 1, "encoded": 1}


async def test_every_attempt_sends_the_same_bytes(
    gateway: Gateway, upstream: FakeUpstream, counts: Counter[str]
) -> None:
    upstream.answer(BUSY, times=2)
    upstream.answer(WHOLE)
    settled = await run(gateway, upstream)

    assert settled.status is RunStatus.SUCCEEDED
    assert len(upstream.requests) == 3
    assert len({request.body for request in upstream.requests}) == 1
    assert counts == {"built": 1, "encoded": 1}


async def test_a_renewed_key_makes_a_request_of_its_own(
    gateway: Gateway, upstream: FakeUpstream, counts: Counter[str]
) -> None:
    async def renew() -> SecretStr:
        return SecretStr("test-key-renewed")

    upstream.answer(failure(401, "no such key"), times=1)
    upstream.answer(WHOLE)
    settled = await run(gateway, upstream, renew)

    assert settled.status is RunStatus.SUCCEEDED
    assert [request.headers["x-abacus-key"] for request in upstream.requests] == [KEY, "test-key-renewed"]
    assert counts == {"built": 2, "encoded": 2}
