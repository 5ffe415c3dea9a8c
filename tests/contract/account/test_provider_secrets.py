"""Keys and addresses in calls of a provider: what must not leak, and what must not be dialled."""

import traceback
from typing import Any

import pytest

from promptyard.domain.errors import (
    EndpointRefused,
    InvalidRequest,
    MissingKey,
    ProviderAuth,
)
from promptyard.providers.gateway import Gateway
from tests.support.aws.gateway_calls import LIMITS, chat, events_of, failure_of
from tests.support.samples.chat_answers import (
    chat_stream,
    failure,
)
from tests.support.samples.provider_calls import KEY, call
from tests.support.servers.fake_upstream import Answer, FakeUpstream
from tests.support.servers.wire_replay import text_of

# --- Keys -------------------------------------------------------------------------------------------------------------

HOSTILE_KEYS = ["sk-1\n", "sk-1\r\nx-injected: 1", "sk-1é", "sk-1 sk-2", "sk-1\0", "sk-1\ud800", "sk-1\x7f"]


@pytest.mark.parametrize("key", HOSTILE_KEYS)
async def test_a_key_that_no_header_holds(gateway: Gateway, upstream: FakeUpstream, key: str) -> None:
    with pytest.raises(InvalidRequest) as of_caller:
        await events_of(gateway, chat(upstream, api_key=key, key_from_caller=True))
    with pytest.raises(ProviderAuth) as of_deployment:
        await events_of(gateway, chat(upstream, api_key=key))

    assert of_caller.value.loc == ("body", "provider_key")
    for caught in (of_caller, of_deployment):
        assert "sk-1" not in "".join(traceback.format_exception(caught.value))
    assert upstream.connections == 0


async def test_a_key_that_the_provider_quotes_is_hidden(gateway: Gateway, upstream: FakeUpstream) -> None:
    upstream.answer(failure(401, f"Incorrect API key provided: {KEY}.", code="invalid_api_key"))
    _, error = await failure_of(gateway, chat(upstream))

    assert str(error) == error.message == "Incorrect API key provided: [key]."


async def test_no_key_where_one_is_needed(gateway: Gateway, upstream: FakeUpstream) -> None:
    with pytest.raises(MissingKey):
        gateway.prepare(chat(upstream, api_key=None))


async def test_a_redirect_takes_no_key_elsewhere(gateway: Gateway, upstream: FakeUpstream) -> None:
    with FakeUpstream() as elsewhere:
        upstream.answer(Answer([], 307, {"location": f"{elsewhere.url}/v1/chat/completions"}))
        await failure_of(gateway, chat(upstream))

        assert elsewhere.connections == 0


# --- Requests that cannot be sent -------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "\ud800", {1, 2}])
def test_a_value_that_json_cannot_carry(gateway: Gateway, upstream: FakeUpstream, value: Any) -> None:
    with pytest.raises(InvalidRequest) as caught:
        gateway.prepare(chat(upstream, extra={"metadata": value}))
    assert caught.value.loc == ("body", "parameters")


# --- Addresses that callers bring -------------------------------------------------------------------------------------


async def test_a_callers_address_is_dialled_where_the_policy_allows_it(
    gateway: Gateway, upstream: FakeUpstream
) -> None:
    upstream.answer(chat_stream("Hi"))
    asked = chat(upstream, from_caller=True)
    gateway.prepare(asked)

    assert text_of(await events_of(gateway, asked)) == "Hi"


async def test_a_callers_address_is_refused_where_it_does_not(upstream: FakeUpstream) -> None:
    gateway = Gateway(limits=LIMITS)
    try:
        with pytest.raises(EndpointRefused):
            await events_of(gateway, chat(upstream, from_caller=True))
    finally:
        await gateway.aclose()
    assert upstream.connections == 0


@pytest.mark.parametrize(
    "base_url", ["file:///etc/passwd", "http://user:pass@host.example/v1", "http://h.example/?a=b"]
)
def test_a_callers_address_of_a_wrong_form_is_refused_before_anything_begins(gateway: Gateway, base_url: str) -> None:
    with pytest.raises(EndpointRefused):
        gateway.prepare(call("openai", "gpt-x", base_url=base_url, from_caller=True))


async def test_a_proxy_of_the_environment_is_for_our_addresses_alone(
    gateway: Gateway, upstream: FakeUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FakeUpstream() as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        for server in (upstream, proxy):
            server.answer(chat_stream("Hi"))
        await events_of(gateway, chat(upstream, from_caller=True))
        assert (len(upstream.requests), len(proxy.requests)) == (1, 0)

        await events_of(gateway, chat(upstream))
        assert (len(upstream.requests), len(proxy.requests)) == (1, 1)
