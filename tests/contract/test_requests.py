"""What is wrong with a request, and what every answer has, whatever the route."""

import json
import re
from typing import Any

import httpx
import pytest

from scripts import make_openapi
from tests.support.servers.server import RunningServer, StartServer

RUN = "/api/v1/playground/run"
TEMPLATE_RUN = {
    "type": "chat",
    "template_messages": [
        {"role": "system", "content": "You are a helpful assistant for {{company_name}}."},
        {"role": "user", "content": "{{question}}"},
    ],
    "variables": {"company_name": "Acme Inc", "question": "What are your business hours?"},
    "model_config": {"id": "run-1", "model": "gpt-4o", "temperature": 0.7, "max_tokens": 500},
}


def error_of(response: httpx.Response) -> Any:
    return response.json()["error"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "prompt_text"),
        ({"prompt_text": "Hi"}, "model"),
        ({"prompt_text": 7, "model": "demo/echo"}, "prompt_text"),
        ({"prompt_text": "Hi", "model": "demo/echo", "parameters": {"temperature": 3}}, "temperature"),
        ({"prompt_text": "Hi", "model": "demo/echo", "stream": "often"}, "stream"),
        ({"prompt_text": "", "model": "demo/echo"}, "prompt_text"),
        ({"prompt_text": " \n", "model": "demo/echo"}, "prompt_text"),
        ({"messages": [], "model": "demo/echo"}, "messages"),
        ({"messages": [{"role": "user", "content": [{"type": "text", "text": ""}]}], "model": "demo/echo"}, "messages"),
        ({"prompt_text": "{{a}}", "variables": {"a": None}, "model": "demo/echo"}, "a string, a number or a boolean"),
        ({"prompt_text": "Hi", "model": "no-such-model"}, "model"),
        ({"prompt_text": "Hi", "provider": "nobody", "model": "x"}, "provider"),
        (TEMPLATE_RUN | {"prompt_text": "Hi"}, "prompt_text"),
        (TEMPLATE_RUN | {"provider": "openai"}, "provider"),
        ({**TEMPLATE_RUN, "type": "text"}, "template_text"),
        ({**TEMPLATE_RUN, "variables": {}}, "company_name, question"),
        ({"prompt_text": "Hi {{a}} {{b}}", "variables": {"c": 1}, "model": "demo/echo"}, "a, b"),
        ({"prompt_text": "Hi", "provider": "openai", "model": "gpt-4o", "provider_key": "sk-x\ny"}, "provider_key"),
        ({"prompt_text": "Hi", "provider": "anthropic"}, "provider_key"),
    ],
)
def test_a_bad_request_names_its_field_and_leaves_nothing(server: RunningServer, body: Any, field: str) -> None:
    response = server.client.post(RUN, json=body)
    assert response.status_code == 422
    assert {"loc", "msg", "type"} <= response.json()["detail"][0].keys()
    assert field in json.dumps(response.json()["detail"])
    assert "sk-x" not in response.text
    assert server.client.get("/api/v1/playground/history").json()["total"] == 0


@pytest.mark.parametrize(
    ("extra", "kind"),
    [
        (b"NaN", "finite_number"),
        (b"1e999", "finite_number"),
        (rb'"\ud800"', "string_unicode"),
        (b'{"a":' * 900 + b"1" + b"}" * 900, "nesting"),
    ],
)
def test_json_that_could_not_be_kept(server: RunningServer, extra: bytes, kind: str) -> None:
    body = b'{"model": "demo/echo", "prompt_text": "Hi", "parameters": {"extra": {"x": ' + extra + b"}}}"
    response = server.client.post(RUN, content=body, headers={"content-type": "application/json"})
    assert response.status_code == 422
    assert response.json()["detail"][0]["type"] == kind
    assert server.client.get("/api/v1/playground/history").json()["total"] == 0


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "text/plain", ""])
@pytest.mark.parametrize(("path", "status"), [(RUN, 422), ("/v1/playground/compare", 400)])
def test_a_body_that_is_not_said_to_be_json(server: RunningServer, content_type: str, path: str, status: int) -> None:
    response = server.client.post(path, content=b'{"prompt": "Hi"}', headers={"content-type": content_type})
    assert response.status_code == status
    assert "Content-Type: application/json" in error_of(response)["message"]


def test_a_body_that_is_broken_json_says_where(server: RunningServer) -> None:
    response = server.client.post(RUN, content=b'{"model": oops', headers={"content-type": "application/json"})
    assert response.status_code == 422
    [mistake] = response.json()["detail"]
    assert (mistake["loc"], mistake["type"]) == (["body", 10], "json_invalid")
    assert "Expecting value" in mistake["msg"]


def test_a_rule_over_several_fields_is_said_plainly(server: RunningServer) -> None:
    response = server.client.post(RUN, json={"model": "demo/echo"})
    sentence = "give exactly one of prompt_text, messages and prompt_id; found none"
    assert response.json()["detail"] == [{"loc": ["body"], "msg": sentence, "type": "value_error"}]


def test_an_unknown_model_has_its_own_code(server: RunningServer) -> None:
    response = server.client.post(RUN, json={"prompt_text": "Hi", "model": "no-such-model"})
    assert error_of(response)["code"] == "unknown_model"


def test_no_body_at_all(server: RunningServer) -> None:
    for content in (b"", b"{", b"[]", b'"x"'):
        response = server.client.post(RUN, content=content, headers={"content-type": "application/json"})
        assert response.status_code == 422
        assert error_of(response)["code"] == "validation"


def test_texts_and_bodies_that_are_too_large(server: RunningServer) -> None:
    body = {"model": "demo/echo", "prompt_text": "x" * 1_000_001}
    response = server.client.post(RUN, json=body)
    assert (response.status_code, error_of(response)["code"]) == (413, "too_large")
    body["prompt_text"] = "x" * 5_000_000
    response = server.client.post(RUN, json=body)
    assert (response.status_code, error_of(response)["code"]) == (413, "too_large")
    assert server.client.get("/api/v1/playground/history").json()["total"] == 0


# --- what every answer has


def test_the_document_tells_the_errors_as_they_are(server: RunningServer) -> None:
    document = server.client.get("/openapi.json").json()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert "422" not in operation["responses"], (method, path)
            content = operation["responses"]["default"]["content"]["application/json"]
            forms = {"openai": ("OpenAIError", "AnthropicError"), "mcp": ("RpcError",)}.get(
                operation["tags"][0], ("ErrorAnswer",)
            )
            assert content["schema"]["$ref"].endswith(tuple(f"/{form}" for form in forms)), (method, path)
    error = document["components"]["schemas"]["RequestError"]
    for body in ({}, {"prompt_text": "Hi"}):  # FastAPI's refusal, and ours
        answer = server.client.post(RUN, json=body)
        assert error_of(answer).keys() == set(error["required"])


def test_health_documents_and_request_ids(server: RunningServer) -> None:
    assert server.client.get("/health").json() == {"status": "ok"}
    # What all answers in these tests are held to.
    assert server.client.get("/openapi.json").json() == json.loads(make_openapi.text())
    response = server.client.get("/nowhere")
    assert (response.status_code, error_of(response)["code"]) == (404, "not_found")
    assert response.headers["x-request-id"] == error_of(response)["request_id"]


def test_the_page_of_the_api_needs_no_other_host(server: RunningServer) -> None:
    page = server.client.get("/docs")
    addresses = re.findall(r"""(?:src|href|url)(?:=|: )["']([^"']*)["']""", page.text)
    assert set(addresses) == {"openapi.json", "docs/swagger-ui-bundle.js", "docs/swagger-ui.css", "data:,"}
    assert "https:" not in page.text
    for address in set(addresses) - {"data:,"}:
        assert server.client.get(f"/{address}").status_code == 200
    assert server.client.get("/openapi.json").json()["servers"] == [{"url": "./"}]


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.example"},
        {"host": "127.0.0.1.evil.example"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:1"},
        {"host": ""},
        {"host": "evil.example@127.0.0.1"},
        {"host": "127.0.0.1/evil.example"},
        {"host": "127.0.0.1 evil.example"},
        {"host": "127.0.0.1:80:80"},
        {"host": "127.0.0.1:"},
        {"host": "127.0.0.1:99999999"},
        {"host": "localhost."},
        {"host": "127.0.0.1, evil.example"},
        {"host": "[::1%25lo]"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "something-new"},
        {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"},
    ],
)
def test_web_pages_of_others_are_refused(server: RunningServer, headers: dict[str, str]) -> None:
    body = {"model": "demo/echo", "prompt_text": "Hi"}
    response = server.client.post(RUN, json=body, headers=headers)
    assert (response.status_code, error_of(response)["code"]) == (403, "forbidden")
    assert response.headers["x-request-id"] == error_of(response)["request_id"]
    assert server.client.post(RUN, json=body, headers={"origin": server.url}).status_code == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image"}, 403),
        ({"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "script"}, 403),
        ({"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe"}, 403),
        ({"sec-fetch-site": "same-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "object"}, 403),
        ({"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}, 200),
        ({"sec-fetch-site": "same-origin", "sec-fetch-mode": "cors", "sec-fetch-dest": "empty"}, 200),
        ({"sec-fetch-site": "none", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}, 200),
        ({"host": "LOCALHOST:8000"}, 200),
        ({"host": "[::1]:8000"}, 200),
        ({}, 200),
    ],
)
def test_reads_of_other_pages_are_refused_too(server: RunningServer, headers: dict[str, str], status: int) -> None:
    for path in ("/health", "/api/v1/playground/history"):
        assert server.client.get(path, headers=headers).status_code == status


@pytest.mark.parametrize("count", [1, 100, 101, 350, 4_999])
def test_of_many_mistakes_the_first_hundred_are_named_and_the_others_counted(server: RunningServer, count: int) -> None:
    body = {"model": "demo/echo", "messages": [{"role": "user", "content": "Hi", "more": 1}] * count}
    response = server.client.post(RUN, json=body)
    assert response.status_code == 422
    named, more = response.json()["detail"], error_of(response).get("more_mistakes", 0)
    assert len(named) == min(count, 100)
    assert len(named) + more == count
    assert [mistake["loc"] for mistake in named[:2]] == [["body", "messages", place, "more"] for place in range(count)][
        :2
    ]
    assert len(response.content) < 50_000


def test_a_body_of_too_many_values_is_refused_as_a_whole(server: RunningServer) -> None:
    answer = server.client.post(RUN, json={"model": "demo/echo", "messages": [{}] * 20_000})
    assert answer.status_code == 422
    assert [(one["loc"], one["type"]) for one in answer.json()["detail"]] == [(["body"], "too_many_values")]
    assert error_of(answer)["code"] == "validation"


def test_pages_are_shown_in_no_other_page_and_nothing_is_taken_for_another_type(server: RunningServer) -> None:
    pages = 0
    for path in ("/docs", "/health", "/openapi.json", "/docs/swagger-ui.css", "/nowhere"):
        answer = server.client.get(path)
        assert answer.headers["x-content-type-options"] == "nosniff"
        if answer.headers["content-type"].startswith("text/html"):
            pages += 1
            assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert pages == 1


def test_pages_of_configured_origins_may_call(start_server: StartServer) -> None:
    server = start_server({"PROMPTYARD_AUTH": "required", "PROMPTYARD_CORS_ORIGINS": "https://app.example"})
    ask = {"access-control-request-method": "POST", "access-control-request-headers": "authorization"}
    allowed = server.client.options(RUN, headers=ask | {"origin": "https://app.example"})
    assert allowed.headers["access-control-allow-origin"] == "https://app.example"
    assert "access-control-allow-credentials" not in allowed.headers
    refused = server.client.options(RUN, headers=ask | {"origin": "https://evil.example"})
    assert "access-control-allow-origin" not in refused.headers
    answer = server.client.post(RUN, json={}, headers={"origin": "https://app.example"})
    assert answer.status_code == 401
    assert "x-run-id" in answer.headers["access-control-expose-headers"]


def test_pages_of_configured_origins_may_call_an_open_server(start_server: StartServer) -> None:
    server = start_server({"PROMPTYARD_CORS_ORIGINS": "http://localhost:3000"})
    body = {"model": "demo/echo", "prompt_text": "Hi"}
    answer = server.client.post(RUN, json=body, headers={"origin": "http://localhost:3000"})
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "http://localhost:3000"
    assert server.client.post(RUN, json=body, headers={"origin": "http://localhost:3001"}).status_code == 403


def test_no_wildcard_opens_an_open_server_to_every_page(start_server: StartServer) -> None:
    server = start_server({"PROMPTYARD_CORS_ORIGINS": "*"})
    body = {"model": "demo/echo", "prompt_text": "Hi"}
    assert server.client.post(RUN, json=body, headers={"origin": "https://evil.example"}).status_code == 403
