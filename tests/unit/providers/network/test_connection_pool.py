"""Requests to the providers' own addresses, through the environment's proxies where it names some."""

import ssl
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

from promptyard.providers.network.connection_pool import BadUrl, ConnectionPool
from tests.support.samples.guarded_endpoints import Listener, RecordingBackend, listening

NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
ELSEWHERE = "http://models.example.com:8000/v1?a=b"


@pytest.fixture
async def listener() -> AsyncIterator[Listener]:
    async with listening() as listener:
        yield listener


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


async def asked(pool: ConnectionPool, *urls: str) -> None:
    async with aclosing(pool):
        for url in urls:
            answer = await pool.request("POST", url, {}, b"{}", {})
            assert answer.status == 200
            await answer.aclose()


@pytest.mark.parametrize(("variable", "proxy"), [("http_proxy", "http://{}"), ("all_proxy", "user:p%40ss@{}")])
async def test_the_environment_s_proxies_are_gone_through(
    listener: Listener, monkeypatch: pytest.MonkeyPatch, variable: str, proxy: str
) -> None:
    monkeypatch.setenv(variable, proxy.format(f"127.0.0.1:{listener.port}"))
    await asked(ConnectionPool(NO_TLS, by_proxies=True), ELSEWHERE)
    assert [(seen.target, seen.host) for seen in listener.requests] == [(ELSEWHERE, "models.example.com:8000")]


async def test_but_not_to_where_it_says_so(listener: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{listener.port}")
    monkeypatch.setenv("no_proxy", "example.org,127.0.0.1")
    await asked(ConnectionPool(NO_TLS, by_proxies=True), f"http://127.0.0.1:{listener.port}/v1", ELSEWHERE)
    assert [seen.target for seen in listener.requests] == ["/v1", ELSEWHERE]


async def test_they_are_looked_for_only_where_that_is_asked_for(
    listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    await asked(ConnectionPool(NO_TLS, backend=RecordingBackend(listener.port)), ELSEWHERE)
    assert [seen.target for seen in listener.requests] == ["/v1?a=b"]


@pytest.mark.parametrize("url", ["", "models.example.com/v1", "ftp://models.example.com/", "http://", "http://[::1/"])
async def test_what_is_no_url_is_not_asked(url: str) -> None:
    with pytest.raises(BadUrl):
        await ConnectionPool(NO_TLS).request("POST", url, {}, b"", {})
