"""A stored key that the provider refuses is read again once, for it may have been replaced."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from pydantic import SecretStr

from promptyard.domain.errors import ProviderAuth, ProviderOverloaded, StoreUnavailable
from promptyard.domain.models.messages import user_prompt
from promptyard.domain.models.provider_events import TextDelta
from promptyard.domain.models.targets import Parameters, ProviderCall
from promptyard.domain.runs.run import Run, RunStatus
from promptyard.providers.registry import PROVIDERS
from promptyard.services.runs.execution import RunExecutor
from promptyard.services.runs.provider_attempts import MAX_ATTEMPTS
from tests.support.doubles.doubles import MemoryRunStore, ScriptedGateway, Step, says
from tests.support.doubles.metering import memory_meter

REFUSED = ProviderAuth("no such key", status=401)
OPENAI = next(row for row in PROVIDERS if row.id == "openai")
Renew = Callable[[], Awaitable[SecretStr | None]]


class Renewals:
    def __init__(self, key: str | None) -> None:
        self._key = key
        self.asked = 0

    async def __call__(self) -> SecretStr | None:
        self.asked += 1
        return None if self._key is None else SecretStr(self._key)


async def run(gateway: ScriptedGateway, renew_key: Renew | None) -> Run:
    now = datetime.now(UTC)
    messages = user_prompt("Hi")
    call = ProviderCall(
        row=OPENAI,
        model="m",
        messages=tuple(messages),
        parameters=Parameters(),
        base_url="https://x.example",
        api_key=SecretStr("sk-old"),
        renew_key=renew_key,
    )
    record = Run(
        id="run-1",
        tenant="acme",
        endpoint="playground/run",
        provider="openai",
        model="m",
        model_id="openai/m",
        created_at=now,
        deadline_at=now + timedelta(seconds=30),
        messages=messages,
    )
    handle = await RunExecutor(MemoryRunStore(), gateway, memory_meter()).start(record, call)
    return (await handle.settled()).run


def keys_used(gateway: ScriptedGateway) -> list[str]:
    return [call.api_key.get_secret_value() for call in gateway.calls if call.api_key is not None]


async def test_the_new_key_is_tried_once() -> None:
    gateway, renewals = ScriptedGateway([REFUSED], says("ok")), Renewals("sk-new")
    settled = await run(gateway, renewals)
    assert (settled.status, settled.output) == (RunStatus.SUCCEEDED, "ok")
    assert keys_used(gateway) == ["sk-old", "sk-new"]
    assert gateway.prepared == 2


async def test_a_new_key_that_is_refused_too_is_the_end() -> None:
    gateway, renewals = ScriptedGateway([REFUSED], [REFUSED]), Renewals("sk-new")
    settled = await run(gateway, renewals)
    assert settled.error is not None
    assert settled.error.code == "provider_auth"
    assert (renewals.asked, len(gateway.calls)) == (1, 2)


async def test_the_same_key_is_not_tried_again() -> None:
    for key in ("sk-old", None):
        gateway = ScriptedGateway([REFUSED])
        assert (await run(gateway, Renewals(key))).status is RunStatus.FAILED
        assert len(gateway.calls) == 1


async def test_a_key_of_the_request_is_not_replaced() -> None:
    gateway = ScriptedGateway([REFUSED])
    assert (await run(gateway, None)).status is RunStatus.FAILED


async def test_no_new_key_for_another_failure_or_after_the_answer_began() -> None:
    scripts: list[list[Step]] = [[ProviderOverloaded("busy", status=503)], [TextDelta("half"), REFUSED]]
    for script in scripts:
        renewals = Renewals("sk-new")
        assert (await run(ScriptedGateway(script), renewals)).status is RunStatus.FAILED
        assert renewals.asked == 0


async def test_when_the_new_key_cannot_be_read_the_providers_word_stands() -> None:
    async def down() -> SecretStr | None:
        raise StoreUnavailable("down")

    settled = await run(ScriptedGateway([REFUSED]), down)
    assert settled.error is not None
    assert settled.error.code == "provider_auth"


async def test_a_run_that_is_out_of_attempts_fails() -> None:
    busy = ProviderOverloaded("busy", status=503, retryable=True)
    busy.retry_after = 0.0
    gateway = ScriptedGateway(*[[busy]] * (MAX_ATTEMPTS - 1), [REFUSED])
    settled = await run(gateway, Renewals("sk-new"))
    assert settled.error is not None
    assert settled.error.code == "provider_auth"
    assert len(gateway.calls) == MAX_ATTEMPTS


def test_the_way_to_a_new_key_shows_nothing() -> None:
    call = ProviderCall(
        row=OPENAI,
        model="m",
        messages=(),
        parameters=Parameters(),
        base_url="https://x.example",
        api_key=SecretStr("sk-old"),
        renew_key=Renewals("sk-new"),
    )
    assert "sk-" not in repr(call)
    assert replace(call, renew_key=None) == call
