"""What stands in headers beside each of the protocols, streamed and whole."""

from itertools import product
from typing import Any

import httpx
import pytest

from promptyard.domain.account.access import Role
from promptyard.domain.account.quotas import TenantQuotas
from tests.support.doubles.tenancy import Tenancy
from tests.support.samples.chat_answers import chat_stream, failure
from tests.support.servers.fake_upstream import FakeUpstream
from tests.support.servers.server import RunningServer, StartServer

SAID: Any = [{"role": "user", "content": "Hello out there"}]
BODIES: dict[str, dict[str, Any]] = {
    "/v1/chat/completions": {"messages": SAID},
    "/v1/responses": {"input": "Hello out there"},
    "/v1/messages": {"messages": SAID, "max_tokens": 50},
}
EVERYWHERE = list(product(BODIES, [False, True]))
"""Each protocol, whole and streamed: in one test, for a server takes longer to start than all of them to answer."""
GROQ = "groq/llama-3.3-70b-versatile"
ORIGIN = "https://app.example"
OPENAI_JS = (
    "authorization,content-type,openai-organization,openai-project,x-stainless-arch,x-stainless-helper-method,"
    "x-stainless-lang,x-stainless-os,x-stainless-package-version,x-stainless-retry-count,x-stainless-runtime,"
    "x-stainless-runtime-version,x-stainless-timeout"
)
"""What openai-js 6.49 and @anthropic-ai/sdk 1.14 send from a browser that a browser asks leave for."""
ANTHROPIC_JS = (
    "anthropic-beta,anthropic-dangerous-direct-browser-access,anthropic-version,anthropic-workspace-id,content-type,"
    "x-api-key,x-stainless-arch,x-stainless-helper,x-stainless-helper-method,x-stainless-lang,x-stainless-os,"
    "x-stainless-package-version,x-stainless-retry-count,x-stainless-runtime,x-stainless-runtime-version,"
    "x-stainless-timeout"
)


@pytest.fixture
def server(start_server: StartServer, upstream: FakeUpstream) -> RunningServer:
    keys = {"GROQ_API_KEY": "gsk-test", "GROQ_BASE_URL": upstream.url}
    return start_server({**keys, "PROMPTYARD_CORS_ORIGINS": ORIGIN})


def asked(path: str, model: str, stream: bool, **more: Any) -> dict[str, Any]:
    return {"model": model, "stream": stream, **BODIES[path], **more}


def test_what_a_run_has_is_told(server: RunningServer, upstream: FakeUpstream, subtests: pytest.Subtests) -> None:
    upstream.answer(chat_stream("Hi there"))
    for path, stream in EVERYWHERE:
        with subtests.test(path=path, stream=stream):
            answer = server.client.post(path, json=asked(path, GROQ, stream, brand_new=1, top_k=4))
            assert answer.status_code == 200, answer.text
            headers = answer.headers
            run = server.client.get(f"/api/v1/playground/runs/{headers['x-run-id']}").json()
            assert headers["x-request-id"]
            assert run["dropped"]
            assert headers["x-promptyard-dropped"].split(", ") == run["dropped"]
            assert ("request-id" in headers) == (path == "/v1/messages")
            whole = {"x-promptyard-cost-usd", "x-promptyard-usage-source", "openai-processing-ms"}
            assert whole & set(headers) == (set() if stream else whole)
            if not stream:
                assert float(headers["x-promptyard-cost-usd"]) == run["cost_usd"] > 0
                assert headers["x-promptyard-usage-source"] == run["usage_source"] == "reported"
                assert headers["openai-processing-ms"] == str(run["latency_ms"])


def test_strictly_what_is_not_taken_is_named(server: RunningServer, subtests: pytest.Subtests) -> None:
    for path, stream in EVERYWHERE:
        with subtests.test(path=path, stream=stream):
            body = asked(path, "demo/echo", stream, brand_new=1)
            answer = server.client.post(path, json=body, headers={"x-promptyard-strict": "true"})
            assert (answer.status_code, "brand_new" in answer.json()["error"]["message"]) == (400, True)
            assert answer.headers["x-request-id"]


def test_what_was_tried_is_not_to_be_tried_again(
    server: RunningServer, upstream: FakeUpstream, subtests: pytest.Subtests
) -> None:
    for status, told in ((401, 401), (500, 502)):
        upstream.forget()
        upstream.answer(failure(status, "no", retry_after="0"))
        for path, stream in EVERYWHERE:
            with subtests.test(path=path, stream=stream, status=status):
                answer = server.client.post(path, json=asked(path, GROQ, stream))
                assert answer.status_code == told, answer.text
                assert answer.headers["x-should-retry"] == "false"
                run = server.client.get(f"/api/v1/playground/runs/{answer.headers['x-run-id']}").json()
                assert run["status"] == "failed"


def test_what_is_left_of_limits_is_told(tenancy: Tenancy, subtests: pytest.Subtests) -> None:
    tenancy.make_tenant("small", quotas=TenantQuotas(tokens_per_month=500, requests_per_minute=50))
    with httpx.Client(base_url=tenancy.server.url, trust_env=False) as client:
        client.headers["x-api-key"] = tenancy.key("small", Role.MEMBER)
        for path, stream in EVERYWHERE:
            with subtests.test(path=path, stream=stream):
                limit = "max_output_tokens" if path == "/v1/responses" else "max_tokens"
                headers = client.post(path, json=asked(path, "demo/echo", stream, **{limit: 50})).headers
                assert (headers["x-ratelimit-limit-tokens"], headers["x-ratelimit-limit-requests"]) == ("500", "50")
                assert 0 < int(headers["x-ratelimit-remaining-tokens"]) <= 500
                assert headers["x-ratelimit-reset-tokens"]
                full = client.post(path, json=asked(path, "demo/echo", stream, **{limit: 4_000}))
                assert (full.status_code, full.headers["x-should-retry"]) == (429, "false")


def test_a_page_of_a_configured_origin_may_use_the_sdks(server: RunningServer, subtests: pytest.Subtests) -> None:
    for path, names in product(BODIES, [OPENAI_JS, ANTHROPIC_JS]):
        with subtests.test(path=path, names=names):
            leave = {"origin": ORIGIN, "access-control-request-method": "POST"}
            answer = server.client.options(path, headers={**leave, "access-control-request-headers": names})
            assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, ORIGIN)
            strange = {**leave, "access-control-request-headers": f"{names},x-strange"}
            assert server.client.options(path, headers=strange).status_code == 400
            body = asked(path, "demo/echo", stream=False)
            shown = server.client.post(path, json=body, headers={"origin": ORIGIN}).headers
            exposed = {name.strip() for name in shown["access-control-expose-headers"].lower().split(",")}
            assert {"x-request-id", "request-id", "x-run-id", "x-should-retry", "x-promptyard-dropped"} <= exposed
