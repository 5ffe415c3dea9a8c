"""`custom_base_url` on every route that takes one: what is inside stays unreached, what is allowed works."""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from tests.support.aws.events import post_for_events
from tests.support.samples.chat_answers import chat_stream
from tests.support.samples.hostile_urls import make_hostile_urls
from tests.support.servers.fake_upstream import FakeUpstream
from tests.support.servers.server import RunningServer, StartServer

RUN, COMPARE, COMPRESS = "/api/v1/playground/run", "/api/v1/playground/compare", "/v1/playground/compare"
KEY = "sk-caller-canary-77"


class Tripwire:
    """A listener on loopback, IPv4 and where there is one IPv6, that counts whoever connects."""

    def __init__(self) -> None:
        self.connections = 0
        self._sockets = [socket.create_server(("127.0.0.1", 0))]
        self.port: int = self._sockets[0].getsockname()[1]
        with suppress(OSError):
            self._sockets.append(socket.create_server(("::1", self.port), family=socket.AF_INET6))
        for listener in self._sockets:
            threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                self.connections += 1
                connection.close()

    def close(self) -> None:
        for listener in self._sockets:
            # Closing alone does not wake a thread that waits in accept.
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()


@pytest.fixture
def tripwire() -> Iterator[Tripwire]:
    tripwire = Tripwire()
    yield tripwire
    tripwire.close()


@pytest.fixture
def deployed(start_server: StartServer) -> RunningServer:
    """As deployed: no private endpoints."""
    return start_server({"PROMPTYARD_ALLOW_PRIVATE_ENDPOINTS": "off"})


def bodies(url: str) -> list[tuple[str, dict[str, Any]]]:
    target = {"provider": "custom", "model": "m", "custom_base_url": url, "provider_key": KEY}
    template = {"type": "text", "template_text": "Hi", "variables": {}}
    return [
        (RUN, target | {"prompt_text": "Hi"}),
        (RUN, target | {"prompt_text": "Hi", "stream": True}),
        (RUN, template | {"model_config": target | {"id": "a"}}),
        (COMPARE, {"prompt_text": "Hi", "targets": [target, {"model": "demo/echo"}], "stream": False}),
        ("/api/v1/playground/run-multi", template | {"models": [target | {"id": "a"}]}),
        (COMPRESS, target | {"prompt": "Hi"}),
    ]


def test_hostile_urls_reach_nothing_through_any_route(deployed: RunningServer, tripwire: Tripwire) -> None:
    by_kind = make_hostile_urls(tripwire.port).by_kind
    literal = {kind: urls for kind, urls in by_kind.items() if not kind.startswith(("name", "redirect"))}
    assert len(literal) >= 10
    for number, urls in enumerate(literal.values()):
        for url in urls[:: max(1, len(urls) // 4)]:
            routes = bodies(url)
            path, body = routes[number % len(routes)]
            response = deployed.client.post(path, json=body)
            refused = response.status_code in {400, 422} or "custom_base_url must" in response.text
            assert refused, (url, response.text)
            assert KEY not in response.text
    assert tripwire.connections == 0


@pytest.mark.parametrize("route", range(6))
def test_a_refusal_says_which_rule_and_nothing_of_what_is_there(
    deployed: RunningServer, tripwire: Tripwire, route: int
) -> None:
    path, body = bodies(f"http://localhost:{tripwire.port}/v1")[route]
    response = deployed.client.post(path, json=body)
    assert "custom_base_url must lead to public addresses only" in response.text
    if path in {RUN, COMPRESS}:
        assert response.status_code == 400
        assert response.json()["error"]["code"] == "endpoint_refused"
        assert ("x-run-id" if path == RUN else "x-comparison-id") in response.headers
    assert "127.0.0.1" not in response.text
    assert tripwire.connections == 0


def test_a_server_on_the_same_laptop_may_be_used(start_server: StartServer) -> None:
    server = start_server({"OPENAI_API_KEY": "sk-deployment"})
    with FakeUpstream() as upstream:
        upstream.answer(chat_stream("local"))
        for path, body in bodies(upstream.url):
            assert server.client.post(path, json=body).status_code == 200, path
        assert {request.headers["authorization"] for request in upstream.requests} == {f"Bearer {KEY}"}
        upstream.forget()
        upstream.answer(chat_stream("local"))
        # Without a key of the caller's nothing is sent of ours, also not for a provider that we have a key for.
        body = {"provider": "openai", "model": "m", "custom_base_url": upstream.url, "prompt_text": "Hi"}
        _, events = post_for_events(server.client, RUN, body | {"stream": True})
        assert events[-1].name == "done"
        assert [request.headers.get("authorization") for request in upstream.requests] == [None]
