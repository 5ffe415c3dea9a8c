"""Which code calls which provider."""

import subprocess
import sys
from typing import Any

import pytest

from promptyard.domain.errors import EndpointRefused, InvalidRequest, MissingKey, UnknownModel
from promptyard.domain.models.catalogue import ModelInfo, ProviderInfo
from promptyard.domain.models.provider_events import Finished, FinishReason
from promptyard.providers.gateway import Gateway, adapter_of
from promptyard.providers.registry import PROVIDERS
from promptyard.providers.wires import openai_compatible, openai_responses
from tests.support.doubles.event_batches import one_by_one
from tests.support.samples.provider_calls import call, known
from tests.support.servers.wire_replay import text_of

ROWS = {row.id: row for row in PROVIDERS}
TOOL = {"type": "function", "function": {"name": "now"}}


ONLY = known("openai", "m", responses_only=True)
FOR_TOOLS = known("openai", "m", tools_need_responses=True)


@pytest.mark.parametrize(
    ("info", "given", "adapter"),
    [
        (None, {"tools": [TOOL]}, openai_compatible),
        (ONLY, {}, openai_responses),
        (FOR_TOOLS, {}, openai_compatible),
        (FOR_TOOLS, {"tools": []}, openai_compatible),
        (FOR_TOOLS, {"tools": [TOOL]}, openai_responses),
        (FOR_TOOLS, {"tools": [TOOL], "reasoning_effort": "low"}, openai_responses),
        (FOR_TOOLS, {"tools": [TOOL], "reasoning_effort": "none"}, openai_compatible),
    ],
)
def test_responses_serves_what_chat_completions_does_not(
    info: ModelInfo | None, given: dict[str, Any], adapter: Any
) -> None:
    assert adapter_of(call("openai", "m", info=info, **given)).wire is adapter.ADAPTER.wire


async def test_the_demo_is_called_without_a_key() -> None:
    asked = call("demo", "echo", row=ROWS["demo"], api_key=None, extra={"delay_ms": 0})
    gateway = Gateway()
    events = [event async for event in one_by_one(gateway.prepare(asked).stream())]

    assert text_of(events) == "Hello"
    assert events[-1] == Finished(FinishReason.STOP)
    await gateway.aclose()


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        (call("demo", "gpt", row=ROWS["demo"]), UnknownModel),
        (call("demo", "echo", row=ROWS["demo"], extra={"delay_ms": -1}), InvalidRequest),
        (call("openai", "m", row=ROWS["openai"], api_key=None), MissingKey),
        (call("openai", "m", row=ROWS["openai"], extra={"model": "other"}), InvalidRequest),
    ],
)
def test_what_cannot_be_called_is_refused_before_anything_is_sent(asked: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        Gateway().prepare(asked)


def test_a_local_server_needs_no_key() -> None:
    Gateway().prepare(call("openai", "m", row=ROWS["ollama"], api_key=None))


BUILT_IN = [row for row in PROVIDERS if row.base_url is not None]


@pytest.mark.parametrize("row", BUILT_IN, ids=lambda row: row.id)
def test_a_usual_address_on_the_machine_itself_is_called_where_callers_may_name_such(row: ProviderInfo) -> None:
    asked = call(row.id, "m", row=row, base_url=row.base_url or "")
    Gateway(allow_private_endpoints="loopback").prepare(asked)
    if "127.0.0.1" not in asked.base_url:
        Gateway(allow_private_endpoints="off").prepare(asked)
        return
    with pytest.raises(EndpointRefused, match=f"{row.name} is not set up"):
        Gateway(allow_private_endpoints="off").prepare(asked)
    chosen = call(row.id, "m", row=row, base_url="http://127.0.0.1:9999/v1")
    Gateway(allow_private_endpoints="off").prepare(chosen)


@pytest.mark.parametrize("setting", ["loopback", "private"])
def test_the_setting_for_callers_addresses_is_read(setting: str) -> None:
    asked = call("openai", "m", base_url="http://127.0.0.1:8080/v1", from_caller=True)

    Gateway(allow_private_endpoints=setting).prepare(asked)
    with pytest.raises(ValueError, match="off, loopback or private"):
        Gateway(allow_private_endpoints="yes").prepare(asked)


def test_the_demo_loads_no_http_client() -> None:
    program = """
import asyncio, sys
from promptyard.domain.models.messages import user_prompt
from promptyard.domain.models.targets import Parameters, ProviderCall
from promptyard.providers.gateway import Gateway
from promptyard.providers.registry import PROVIDERS
from tests.support.doubles.event_batches import one_by_one

async def main():
    row = next(row for row in PROVIDERS if row.id == "demo")
    asked = ProviderCall(row, "echo", tuple(user_prompt("Hi")), Parameters(), "")
    return [event async for event in one_by_one(Gateway().prepare(asked).stream())]

assert asyncio.run(main())
assert "httpx" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], check=True)
