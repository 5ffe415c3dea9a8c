"""Keys of every kind go through every way to fail, each one unlike all others: none of them shows anywhere.

Looked at are the answers, everything that is logged at the levels that a deployment may set, standard output and error,
and what is kept on disk but for the secrets themselves.
"""

import logging
import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from promptyard import logs
from promptyard.domain.account.access import Role
from promptyard.domain.errors import StoreUnavailable
from promptyard.services.metering import meter
from promptyard.services.runs import provider_attempts
from promptyard_local.aws import open_aws
from promptyard_local.journal import FILE_NAME
from tests.support.aws.observed_client import observed
from tests.support.doubles.tenancy import Tenancy
from tests.support.samples.chat_answers import broken_stream, chat_stream, failure
from tests.support.servers.fake_upstream import Answer, End, FakeUpstream, Received
from tests.support.servers.server import running_server

CANARY = re.compile(r"canary-[0-9a-f]{32}")
PLAYGROUND = "/api/v1/playground"


def new_canary() -> str:
    return f"sk-canary-{uuid4().hex}"


def _shown(request: Received) -> str:
    """The key that the provider was sent."""
    return request.headers["authorization"].removeprefix("Bearer ")


def _quoting(status: int, **headers: str) -> Callable[[Received], Answer]:
    return lambda request: failure(status, f"Incorrect API key provided: {_shown(request)}.", code="x", **headers)


def _quoting_in_the_stream(request: Received) -> Answer:
    frame = b'data: {"error": {"message": "bad key %s", "code": "x"}}\n\n' % _shown(request).encode()
    return broken_stream("half an", frame)


UPSTREAM: Mapping[str, Answer | Callable[[Received], Answer]] = {
    "bad request": _quoting(400),
    "unauthorized": _quoting(401),
    "forbidden": _quoting(403),
    "not found": _quoting(404),
    "rate limited": _quoting(429, retry_after="3600"),
    "broken": _quoting(500, retry_after="0"),
    "overloaded": _quoting(503, retry_after="0"),
    "plain text": lambda request: Answer([f"no such key: {_shown(request)}".encode()], 401),
    "headers": lambda request: Answer([], 401, {"x-key": _shown(request), "www-authenticate": _shown(request)}),
    "redirect": lambda request: Answer([], 302, {"location": f"http://127.0.0.1:1/?key={_shown(request)}"}),
    "not JSON": lambda request: Answer([f"<html>{_shown(request)}".encode()], 200),
    "garbage in the stream": lambda request: broken_stream("half an", f"data: {_shown(request)}\n\n".encode()),
    "an error in the stream": _quoting_in_the_stream,
    "cut": lambda _: Answer([End.CUT]),
    "cut mid-stream": lambda _: broken_stream("half an", End.CUT),
    "reset": lambda _: broken_stream("half an", End.RESET),
}
"""What the provider does, by the model that is asked for; it quotes the key wherever it can."""


def _run(model: str, key: str) -> tuple[str, Any]:
    return f"{PLAYGROUND}/run", {"provider": "openai", "model": model, "prompt_text": "Hi", "provider_key": key}


def _streamed_run(model: str, key: str) -> tuple[str, Any]:
    path, body = _run(model, key)
    return path, body | {"stream": True}


def _compare(model: str, key: str) -> tuple[str, Any]:
    target = {"provider": "openai", "model": model, "provider_key": key}
    return f"{PLAYGROUND}/compare", {"targets": [target, target], "prompt_text": "Hi"}


def _compressed(model: str, key: str) -> tuple[str, Any]:
    return "/v1/playground/compare", {"provider": "openai", "model": model, "prompt": "Hi", "provider_key": key}


SENDERS = (_run, _streamed_run, _compare, _compressed)


class Failures:
    """Every way to fail, as functions of a key."""

    def __init__(self, tenancy: Tenancy, upstream: FakeUpstream, monkeypatch: pytest.MonkeyPatch) -> None:
        self._tenancy = tenancy
        self._upstream = upstream
        self._monkeypatch = monkeypatch
        self._admin = tenancy.key("acme", Role.ADMIN)

    def all(self) -> dict[str, Callable[[str], httpx.Response]]:
        return {
            **self._upstreams(),
            **self._refused(),
            **self._stored(),
            **self._with_idempotency_keys(),
            **self._as_credential(),
            **self._stores_down(),
        }

    def _post(self, path: str, body: Any) -> httpx.Response:
        return self._tenancy.request("POST", path, self._admin, json=body)

    def _put(self, body: Any, provider: str = "openai") -> httpx.Response:
        return self._tenancy.request("PUT", f"/api/v1/provider-keys/{provider}", self._admin, json=body)

    def _upstreams(self) -> dict[str, Callable[[str], httpx.Response]]:
        return {
            f"{send.__name__} {model}": lambda key, send=send, model=model: self._post(*send(model, key))  # type: ignore[misc]
            for send in SENDERS
            for model in UPSTREAM
        }

    def _refused(self) -> dict[str, Callable[[str], httpx.Response]]:
        """Requests that are not sent on."""

        def run(key: Any, **changes: Any) -> httpx.Response:
            path, body = _run("m", key)
            return self._post(path, body | changes)

        return {
            "a line end in the key": lambda key: run(key + "\n"),
            "an injected header": lambda key: run(f"{key}\r\nx-injected: {key}"),
            "a letter that no header holds": lambda key: run(key + "é"),
            "a blank in the key": lambda key: run(f"{key} {key}"),
            "a key too long": lambda key: run(key * 200),
            "a key that is a list": lambda key: run([key]),
            "a key that is a map": lambda key: run({key: key}),
            "an unknown field": lambda key: run(key, api_key=key),
            "a parameter out of range": lambda key: run(key, parameters={"temperature": 9}),
            "an unknown provider": lambda key: run(key, provider="nobody"),
            "a missing variable": lambda key: run(key, prompt_text=None, prompt_id="no/prompt", variables={}),
            "a refused address": lambda key: run(key, custom_base_url="http://169.254.169.254/v1"),
            "an address with the key in it": lambda key: run(key, custom_base_url=f"https://{key}@x.example/v1"),
            "a broken body": lambda key: self._raw(f'{{"provider_key": "{key}", '),
            "a body that is no map": lambda key: self._raw(f'["{key}"]'),
            "a body too large": lambda key: self._raw(key * 150_000),
            "no such run": lambda key: self._post(f"{PLAYGROUND}/runs/none/rerun", {"provider_key": key}),
            "unreadable messages": lambda key: run(key, prompt_text=None, messages=[{"role": key, "content": key}]),
        }

    def _raw(self, content: str) -> httpx.Response:
        headers = {"authorization": f"Bearer {self._admin}", "content-type": "application/json"}
        return self._tenancy.client.post(f"{PLAYGROUND}/run", content=content, headers=headers)

    def _stored(self) -> dict[str, Callable[[str], httpx.Response]]:
        """Keys that are stored, or should have been."""

        def stored(key: str, path: str, body: Any) -> httpx.Response:
            assert self._put({"key": key}).status_code == 200
            return self._post(path, body)

        def without_key(path: str, body: Any) -> tuple[str, Any]:
            return path, {name: value for name, value in body.items() if name != "provider_key"}

        def list_of(path: str) -> Callable[[str], httpx.Response]:
            def get(key: str) -> httpx.Response:
                self._put({"key": key})
                return self._tenancy.request("GET", path, self._admin)

            return get

        runs = {
            f"stored, {model}": lambda key, model=model: stored(key, *without_key(*_run(model, key)))
            for model in UPSTREAM
        }
        return {
            **runs,
            "stored and listed": list_of("/api/v1/provider-keys"),
            "stored and in the audit log": list_of("/api/v1/audit"),
            "stored with a line end": lambda key: self._put({"key": key + "\n"}),
            "stored for no provider": lambda key: self._put({"key": key}, "nobody"),
            "stored under its own name": lambda key: self._put({"key": key}, "demo"),
            "stored too long": lambda key: self._put({"key": key * 200}),
            "stored in a list": lambda key: self._put({"key": [key]}),
            "stored with the key as origin": lambda key: self._put({"key": key, "origin": f"https://{key}@x.example"}),
            "stored in an unknown field": lambda key: self._put({"key": key, "secret": key}),
        }

    def _with_idempotency_keys(self) -> dict[str, Callable[[str], httpx.Response]]:
        """Requests that are kept for being sent again."""

        def twice(key: str, path: str, body: Any, idempotency_key: str) -> httpx.Response:
            headers = {"authorization": f"Bearer {self._admin}", "idempotency-key": idempotency_key}
            first, second = (self._tenancy.client.post(path, json=body, headers=headers) for _ in range(2))
            assert not CANARY.search(first.text)
            assert second.headers.get("idempotent-replayed") == "true" or first.status_code in {400, 422}
            return second

        return {
            **{
                f"sent again: {send.__name__}": lambda key, send=send: twice(  # type: ignore[misc]
                    key, *send("unauthorized", key), uuid4().hex
                )
                for send in SENDERS
            },
            "sent again: refused": lambda key: twice(key, *_run("m", key + "\n"), uuid4().hex),
            "as an idempotency key": lambda key: twice(key, *_run("m", key), key),
            "as an idempotency key too long": lambda key: twice(key, *_run("m", key), key * 9),
        }

    def _as_credential(self) -> dict[str, Callable[[str], httpx.Response]]:
        """Keys shown to us as who calls."""

        def get(authorization: str, path: str = f"{PLAYGROUND}/history") -> httpx.Response:
            return self._tenancy.client.get(path, headers={"authorization": authorization})

        return {
            "as a bearer": lambda key: get(f"Bearer {key}"),
            "as one of ours": lambda key: get(f"Bearer py_live_{key}"),
            "as a token": lambda key: get(f"Bearer {key}.{key}.{key}"),
            "as a password": lambda key: get(f"Basic {key}"),
            "without a scheme": get,
            "in another header": lambda key: self._tenancy.client.get(
                f"{PLAYGROUND}/history", headers={"x-api-key": key}
            ),
            "to a path that is not there": lambda key: get(f"Bearer {key}", "/api/v1/nothing"),
        }

    def _stores_down(self) -> dict[str, Callable[[str], httpx.Response]]:
        async def down(*_: Any, **__: Any) -> Any:
            raise StoreUnavailable("down")

        async def crash(*_: Any, **__: Any) -> Any:
            raise RuntimeError(*_, **__)

        def while_replaced(owner: Any, name: str, by: Any, ask: Callable[[str], httpx.Response]) -> Any:
            def request(key: str) -> httpx.Response:
                with self._monkeypatch.context() as patched:
                    patched.setattr(owner, name, by)
                    return ask(key)

            return request

        services = self._tenancy.server.services
        months, ledger = services.metering.months, services.metering.ledger
        secrets, runs, audit = (
            services.models.stored_keys._store,
            services.runs.store,
            services.callers.audit,
        )

        def put(key: str) -> httpx.Response:
            return self._put({"key": key})

        def run(key: str) -> httpx.Response:
            return self._post(*_run("m", key))

        return {
            "secrets down": while_replaced(secrets, "change", down, put),
            "secrets broken": while_replaced(secrets, "change", crash, put),
            "audit down": while_replaced(audit, "record", down, put),
            "audit broken": while_replaced(services.account.provider_keys, "put", crash, put),
            "metering down": while_replaced(months, "reserve", down, run),
            "metering broken": while_replaced(months, "reserve", crash, run),
            "ledger down": while_replaced(ledger, "append", down, run),
            "ledger broken": while_replaced(ledger, "append", crash, run),
            "runs down": while_replaced(runs, "start", down, run),
            "runs broken": while_replaced(services.running.runs, "start", crash, run),
            "resolver broken": while_replaced(services.models.resolver, "call", crash, run),
        }


@pytest.fixture
def logged() -> Iterator[list[str]]:
    """Everything that is logged: of ours at DEBUG, the most that can be set, of others at INFO, as Python has it."""
    lines: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(f"{record.getMessage()} {vars(record)}" + (logging.Formatter().format(record)))

    handler, root, ours = Keep(), logging.getLogger(), logging.getLogger("promptyard")
    levels = (root.level, ours.level)
    for logger, level in ((root, logging.INFO), (ours, logging.DEBUG)):
        logger.addHandler(handler)
        logger.setLevel(level)
    yield lines
    for logger, level in zip((root, ours), levels, strict=True):
        logger.removeHandler(handler)
        logger.setLevel(level)


@pytest.fixture
def upstream() -> Iterator[FakeUpstream]:
    with FakeUpstream() as upstream:
        upstream.answer(Answer([b"{}"], headers={"content-type": "application/json"}), path="/v1/traces")
        for model, script in UPSTREAM.items():
            upstream.answer(script, model=model)
        upstream.answer(chat_stream("Hello"))
        yield upstream


def fail_in_every_way(rounds: int, directory: Path, upstream: FakeUpstream, monkeypatch: pytest.MonkeyPatch) -> int:
    """Returns how many requests that were. Fails when a key shows in an answer or on disk."""
    monkeypatch.setattr(provider_attempts, "_backoff", lambda _: 0.0)
    monkeypatch.setattr(meter, "SETTLE_PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(meter, "RESERVE_PAUSE_SECONDS", 0.0)
    variables = {"PROMPTYARD_AUTH": "required", "PROMPTYARD_LOG_LEVEL": "DEBUG", "OPENAI_BASE_URL": upstream.url}
    variables |= {"PROMPTYARD_METRICS_NAMESPACE": "Promptyard/canaries", "PROMPTYARD_SPAN_CONTENT": "true"}
    variables["OTEL_EXPORTER_OTLP_ENDPOINT"] = upstream.url
    aws = open_aws({"PROMPTYARD_DATA_DIR": str(directory)})
    asked = 0
    try:
        with running_server(observed(aws), variables) as server:
            tenancy = Tenancy(server)
            tenancy.make_tenant("acme")
            failures = Failures(tenancy, upstream, monkeypatch).all()
            assert len(failures) >= 40
            for _ in range(rounds):
                for name, fail in failures.items():
                    response = fail(new_canary())
                    asked += 1
                    assert not CANARY.search(response.text), f"in the answer of: {name}"
                    assert not CANARY.search(repr(response.headers)), f"in the headers of: {name}"
            assert not CANARY.search(repr(vars(server.services)))
    finally:
        aws.close()
    spans = [request.body.decode() for request in upstream.requests if request.path == "/v1/traces"]
    assert len(spans) >= 40, "the spans were not looked at"
    assert not any(CANARY.search(span) for span in spans)
    assert len(upstream.requests) > len(spans), "no key was ever sent"
    with closing(sqlite3.connect(directory / FILE_NAME)) as kept:
        for table in ("items", "objects"):
            rows = [str(row) for row in kept.execute(f"SELECT * FROM {table}")]
            assert not any(CANARY.search(row) for row in rows), f"on disk in {table}"
            assert table == "objects" or rows
        assert CANARY.search(str(kept.execute("SELECT * FROM secrets").fetchall()))
    kept.close()
    return asked


def test_no_key_shows_anywhere(
    tmp_path: Path,
    upstream: FakeUpstream,
    logged: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    logs.configure("DEBUG")
    fail_in_every_way(1, tmp_path, upstream, monkeypatch)
    shown = capfd.readouterr()
    assert '"message":"request"' in shown.out, "the logs were not looked at"
    assert '"CallerFailures":1' in shown.out, "the metrics were not looked at"
    assert not any(CANARY.search(line) for line in logged)
    assert not CANARY.search(shown.out + shown.err)


@pytest.mark.hard
def test_no_key_of_2000_shows_anywhere(
    tmp_path: Path,
    upstream: FakeUpstream,
    logged: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    logs.configure("DEBUG")
    assert fail_in_every_way(18, tmp_path, upstream, monkeypatch) >= 2_000
    shown = capfd.readouterr()
    assert not any(CANARY.search(line) for line in logged)
    assert not CANARY.search(shown.out + shown.err)
