"""Quotas in tokens and in money, and rates, of tenants and of keys, over real HTTP."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from promptyard.domain.account.access import Role
from promptyard.domain.account.quotas import Quotas, TenantQuotas
from promptyard.domain.metering.ledger import minute_of
from tests.support.doubles.tenancy import OPERATOR, Tenancy
from tests.support.samples.chat_answers import chat_stream, failure, usage
from tests.support.servers.fake_upstream import FakeUpstream
from tests.support.servers.server import StartServer

RUN = "/api/v1/playground/run"
USAGE = "/api/v1/usage"
LEDGER = "/api/v1/usage/ledger"
GENAI = "/api/v2/genai/playgrounds/"
DEMO = {"provider": "demo", "model": "echo", "prompt_text": "Hi"}
GPT = {"provider": "openai", "model": "gpt-4o", "prompt_text": "Hi", "provider_key": "sk-test"}
ESTIMATE = 1024 + 16 + 2
"""What is reserved for the input `Hi`."""


@pytest.fixture
def tenancy(start_server: StartServer, upstream: FakeUpstream) -> Tenancy:
    return Tenancy(start_server({"PROMPTYARD_AUTH": "required", "OPENAI_BASE_URL": upstream.url}))


def member_of(tenancy: Tenancy, key_quotas: dict[str, Any] | None = None, **settings: Any) -> "Member":
    """A member of a new tenant with these settings."""
    quotas = TenantQuotas(**settings.pop("quotas", {}))
    tenancy.make_tenant("acme", quotas=quotas, **settings)
    made = tenancy.run(
        lambda services: services.account.api_keys.make(
            OPERATOR, name="m", role=Role.MEMBER, tenant="acme", quotas=Quotas(**(key_quotas or {}))
        )
    )
    return Member(tenancy, made.secret.get_secret_value())


class Member:
    def __init__(self, tenancy: Tenancy, key: str) -> None:
        self._tenancy = tenancy
        self._key = key

    def run(self, body: dict[str, Any] | None = None, **changes: Any) -> httpx.Response:
        return self._tenancy.request("POST", RUN, self._key, json=(body or DEMO) | changes)

    def get(self, path: str) -> httpx.Response:
        return self._tenancy.request("GET", path, self._key)

    def post(self, path: str, body: Any) -> httpx.Response:
        return self._tenancy.request("POST", path, self._key, json=body)


def test_a_run_that_may_exceed_the_quota_is_refused_with_its_numbers(tenancy: Tenancy) -> None:
    member = member_of(tenancy, quotas={"tokens_per_month": 3000})
    first = member.run(parameters={"max_tokens": 1000})
    assert first.status_code == 200
    used = first.json()["tokens"]["total"]
    refused = member.run(parameters={"max_tokens": 2000})
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "quota_exceeded")
    limit = refused.json()["error"]["limit"]
    assert {name: limit[name] for name in ("scope", "unit", "limit", "used", "reserved", "requested")} == {
        "scope": "tenant",
        "unit": "tokens",
        "limit": 3000,
        "used": used,
        "reserved": 0,
        "requested": ESTIMATE + 2000,
    }
    assert int(refused.headers["retry-after"]) > 0
    assert limit["resets_at"].endswith("-01T00:00:00Z")
    assert member.get("/api/v1/playground/history").json()["total"] == 1
    assert member.get(USAGE).json()["total"]["runs"] == 1
    assert member.get(USAGE).json()["quotas"][0]["remaining"] == 3000 - used


def test_a_missing_max_tokens_becomes_the_tenants(tenancy: Tenancy, upstream: FakeUpstream) -> None:
    upstream.answer(chat_stream("Hello"), model="gpt-4o")
    member = member_of(tenancy, quotas={"tokens_per_month": 10**6}, max_output_tokens=321)
    run = member.run(GPT).json()
    assert upstream.requests[0].json["max_completion_tokens"] == 321
    assert member.get(f"/api/v1/playground/runs/{run['id']}").json()["parameters"] == {"max_tokens": 321}


def test_without_a_quota_none_is_sent(tenancy: Tenancy, upstream: FakeUpstream) -> None:
    upstream.answer(chat_stream("Hello"), model="gpt-4o")
    member_of(tenancy, max_output_tokens=321).run(GPT)
    assert "max_completion_tokens" not in upstream.requests[0].json


def test_a_quota_in_money_holds_and_needs_a_price(tenancy: Tenancy, upstream: FakeUpstream) -> None:
    upstream.answer(chat_stream("Hello", counts=usage(1000, 100)), model="gpt-4o")
    member = member_of(tenancy, quotas={"usd_per_month": "0.01"})
    first = member.run(GPT, parameters={"max_tokens": 100})
    assert first.status_code == 200
    refused = member.run(GPT, parameters={"max_tokens": 500})
    assert refused.status_code == 429
    limit = refused.json()["error"]["limit"]
    assert (limit["unit"], limit["limit"], limit["used"]) == ("usd", 0.01, first.json()["cost_usd"])
    unpriced = member.run(GPT, model="gpt-new")
    assert (unpriced.status_code, unpriced.json()["detail"][0]["type"]) == (422, "no_price")
    assert member.run(parameters={"max_tokens": 5}).status_code == 200  # the demo's price is known: none


@pytest.mark.parametrize("extra", [{"n": 5}, {"max_completion_tokens": 9}, {"generationConfig": {"candidateCount": 2}}])
def test_what_may_cost_more_than_is_reserved_is_refused_under_a_quota(tenancy: Tenancy, extra: Any) -> None:
    member = member_of(tenancy, quotas={"tokens_per_month": 10**6})
    refused = member.run(parameters={"extra": extra})
    assert refused.status_code == 422
    assert refused.json()["detail"][0]["loc"][:3] == ["body", "parameters", "extra"]
    assert member.run(parameters={"extra": {"delay_ms": 0}}).status_code == 200


def test_a_key_has_quotas_of_its_own(tenancy: Tenancy) -> None:
    member = member_of(tenancy, key_quotas={"tokens_per_month": 1500}, quotas={"tokens_per_month": 10**6})
    other = Member(tenancy, tenancy.key("acme", Role.MEMBER))
    assert other.run(parameters={"max_tokens": 1000}).status_code == 200
    assert member.run(parameters={"max_tokens": 100}).status_code == 200
    refused = member.run(parameters={"max_tokens": 1000})
    assert (refused.status_code, refused.json()["error"]["limit"]["scope"]) == (429, "key")
    assert other.run(parameters={"max_tokens": 1000}).status_code == 200
    assert [quota["scope"] for quota in member.get(USAGE).json()["quotas"]] == ["tenant", "key"]


def test_what_was_reserved_is_given_back(tenancy: Tenancy) -> None:
    member = member_of(tenancy, quotas={"tokens_per_month": 2000})
    for _ in range(10):
        assert member.run(parameters={"max_tokens": 500}).status_code == 200


def judged_playground(member: Member) -> str:
    body = {"name": "n", "description": "", "useCaseId": "u"}
    playground = str(member.post(GENAI, body).json()["id"])
    metric = {"ootbMetricName": "toxicity_violation", "llmId": "demo/echo"}
    assert member.post(f"{GENAI}{playground}/ootbMetricConfigurations/", metric).status_code == 201
    return playground


def test_a_judge_is_metered_as_any_other_run(tenancy: Tenancy) -> None:
    member = member_of(tenancy, quotas={"tokens_per_month": 10**6, "requests_per_minute": 1000})
    run = member.run(playground_id=judged_playground(member)).json()
    judge = run["metrics"][0]["judgeRunId"]
    entries = {entry["run_id"]: entry for entry in member.get(LEDGER).json()["items"]}
    assert entries.keys() == {run["id"], judge}
    assert entries[judge]["endpoint"] == "playground/judge"
    assert entries[judge]["input_tokens"] > 0
    assert entries[judge]["key"] == entries[run["id"]]["key"]
    assert member.get(USAGE).json()["total"]["runs"] == 2


def test_a_judge_is_held_to_the_quotas(tenancy: Tenancy) -> None:
    member = member_of(tenancy, quotas={"tokens_per_month": 2000})
    playground = judged_playground(member)
    run = member.run(playground_id=playground, parameters={"max_tokens": 900})
    assert run.status_code == 200
    [metric] = run.json()["metrics"]
    assert (metric["executionStatus"], metric["judgeRunId"]) == ("ERROR", None)
    assert metric["errorMessage"].startswith("The judge could not be asked: This tenant's quota is 2,000 tokens")
    assert [entry["run_id"] for entry in member.get(LEDGER).json()["items"]] == [run.json()["id"]]


# --- rate limits


def test_runs_a_minute_are_limited_as_the_headers_say(tenancy: Tenancy) -> None:
    member = member_of(tenancy, quotas={"requests_per_minute": 3, "tokens_per_month": 10**6})
    minute = minute_of(datetime.now(UTC))
    answers = [member.run() for _ in range(4)]
    limited = [answer for answer in answers if answer.status_code == 429]
    if minute == minute_of(datetime.now(UTC)):  # else a new one has begun, and there was room for all
        assert len(limited) == 1
        assert limited[0].json()["error"]["code"] == "rate_limited"
        assert limited[0].json()["error"]["limit"]["limit"] == 3
        assert 1 <= int(limited[0].headers["retry-after"]) <= 60
        assert limited[0].headers["x-ratelimit-remaining-requests"] == "0"
        assert answers[0].headers["x-ratelimit-remaining-requests"] == "2"
    assert answers[0].headers["x-ratelimit-limit-requests"] == "3"
    assert answers[0].headers["x-ratelimit-reset-requests"].endswith("s")
    assert answers[0].headers["x-ratelimit-limit-tokens"] == "1000000"
    assert int(answers[0].headers["x-ratelimit-remaining-tokens"]) < 10**6
    assert answers[0].headers["x-ratelimit-reset-tokens"].endswith("s")


def test_streams_and_failures_carry_the_headers_too(tenancy: Tenancy, upstream: FakeUpstream) -> None:
    upstream.answer(failure(401, "Bad key"), model="gpt-4o")
    member = member_of(tenancy, quotas={"requests_per_minute": 100})
    for answer in (member.run(stream=True), member.run(GPT)):
        assert "x-ratelimit-remaining-requests" in answer.headers
        assert "x-ratelimit-limit-tokens" not in answer.headers


def test_a_comparison_says_what_all_its_runs_leave(tenancy: Tenancy) -> None:
    member = member_of(tenancy, quotas={"tokens_per_month": 10**6})
    body = {"targets": [{"provider": "demo", "model": "echo"}] * 3, "prompt_text": "Hi", "stream": False}
    answer = member.post("/api/v1/playground/compare", body)
    left = int(answer.headers["x-ratelimit-remaining-tokens"])
    assert left <= 10**6 - ESTIMATE


def test_targets_are_refused_one_by_one(tenancy: Tenancy) -> None:
    member = member_of(tenancy, quotas={"tokens_per_month": 3 * ESTIMATE})
    targets = [{"provider": "demo", "model": "echo", "parameters": {"max_tokens": 800}}] * 3
    body = {"targets": targets, "prompt_text": "Hi", "stream": False}
    results = member.post("/api/v1/playground/compare", body).json()["results"]
    assert sorted(result["status"] for result in results).count("failed") >= 1
    failed = [result["error"]["code"] for result in results if result["status"] == "failed"]
    assert set(failed) == {"quota_exceeded"}


def test_a_compressed_comparison_without_room_is_a_429(tenancy: Tenancy) -> None:
    member = member_of(tenancy, quotas={"tokens_per_month": 10})
    body = {"prompt": "Hi", "provider": "demo", "intensity": "lite"}
    refused = member.post("/v1/playground/compare", body)
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "quota_exceeded")
