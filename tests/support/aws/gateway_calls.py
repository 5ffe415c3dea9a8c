"""Calls through the gateway, as the services make them, with limits that tests can wait for."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from promptyard.domain.errors import ProviderError
from promptyard.domain.models.provider_events import ProviderEvent
from promptyard.domain.models.targets import ProviderCall
from promptyard.providers.gateway import Gateway
from promptyard.providers.network.limits import TransportLimits
from tests.support.doubles.event_batches import one_by_one
from tests.support.samples.provider_calls import call
from tests.support.servers.fake_upstream import FakeUpstream
from tests.support.servers.wire_replay import text_of

LIMITS = TransportLimits(stall_seconds=1.0, linger_seconds=0.2, answer_bytes=200_000, line_bytes=50_000)


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    """Dials callers' addresses on this machine, too."""
    made = Gateway(allow_private_endpoints="loopback", limits=LIMITS)
    yield made
    await made.aclose()


def chat(upstream: FakeUpstream, **given: Any) -> ProviderCall:
    return call("openai", "gpt-x", base_url=f"{upstream.url}/v1", **given)


async def events_of(gateway: Gateway, asked: ProviderCall) -> list[ProviderEvent]:
    return [event async for event in one_by_one(gateway.prepare(asked).stream())]


async def failure_of(gateway: Gateway, asked: ProviderCall) -> tuple[str, ProviderError]:
    """The text that came, and the error."""
    events = []
    try:
        async for event in one_by_one(gateway.prepare(asked).stream()):
            events.append(event)
    except ProviderError as error:
        return text_of(events), error
    raise AssertionError("the call did not fail")
