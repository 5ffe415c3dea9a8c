"""Hostile base URLs reach nothing inside; good ones work. Over real sockets, with a listener that would see a call."""

import contextlib
import socket
import ssl
from collections.abc import AsyncIterator

import httpcore
import httpx
import pytest

from promptyard.domain.errors import EndpointRefused
from promptyard.providers.network.guarded_network import GuardedBackend, guarded_pool, resolve_host
from promptyard.providers.network.url_policy import EndpointPolicy, normalise_base_url
from tests.support.samples.guarded_endpoints import Listener, RecordingBackend, ScriptedNames, listening
from tests.support.samples.hostile_urls import PUBLIC_ADDRESS, PUBLIC_NAME, HostileUrls, make_hostile_urls
from tests.support.servers.certificates import tls_contexts
from tests.support.servers.httpx_over_pool import PoolTransport

CLOSED = EndpointPolicy()
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
REACHES_THE_PUBLIC_SERVER = {"redirect", "name: rebinds", "name: flickers"}
METADATA = (
    *("169.254.169.254", "169.254.170.2", "100.100.100.200", "168.63.129.16", "192.0.0.192"),
    *("fd00:ec2::254", "fd00:ec2::23", "fd20:ce::254", "fd00:c1::a9fe:a9fe", "fd00:42::42"),
)
LOOPBACK_SPELLINGS = (
    *("127.0.0.1", "127.1", "127.0.1", "2130706433", "017700000001", "0x7f000001", "0x7f.1", "0177.0.0.1"),
    *("0.0.0.0", "0", "::1", "::ffff:127.0.0.1", "localhost"),
)


def loopback_addresses() -> tuple[str, ...]:
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET6) as probe:
        probe.bind(("::1", 0))
        return ("127.0.0.1", "::1")
    return ("127.0.0.1",)


@pytest.fixture
async def listener() -> AsyncIterator[Listener]:
    async with listening(addresses=loopback_addresses()) as listener:
        yield listener


@pytest.fixture
def hostile(listener: Listener) -> HostileUrls:
    urls = make_hostile_urls(listener.port)
    listener.redirects.update(urls.redirects)
    return urls


def client_for(transport: httpx.AsyncBaseTransport, *, follow_redirects: bool = False) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=transport, timeout=5, follow_redirects=follow_redirects)


def guarded(
    backend: RecordingBackend, names: ScriptedNames, policy: EndpointPolicy = CLOSED
) -> httpx.AsyncBaseTransport:
    return PoolTransport(guarded_pool(policy, resolve=names, backend=backend, ssl_context=NO_TLS))


@pytest.mark.parametrize("follow_redirects", [False, True])
async def test_no_hostile_base_url_is_called_inside(
    hostile: HostileUrls, listener: Listener, *, follow_redirects: bool
) -> None:
    assert len(set(hostile.all())) >= 500
    backend = RecordingBackend(listener.port)
    transport = guarded(backend, ScriptedNames(hostile.names))
    async with client_for(transport, follow_redirects=follow_redirects) as client:
        for kind, urls in hostile.by_kind.items():
            for url in urls:
                refusals = 0
                for _ in range(3):  # names that change their answer do so from one call to the next
                    try:
                        await client.post(f"{normalise_base_url(url)}/chat/completions", json={})
                    except EndpointRefused:
                        refusals += 1
                if kind not in REACHES_THE_PUBLIC_SERVER:
                    assert refusals == 3, f"{kind}: {url!r} was not refused"
                elif kind != "redirect" or follow_redirects:
                    assert refusals > 0, f"{kind}: {url!r} was not refused"
    assert {host for host, _ in backend.dialled} == {PUBLIC_ADDRESS}
    assert listener.connections == len(backend.dialled)
    assert not any(request.target == "/inside" for request in listener.requests)


async def test_the_transport_alone_lets_no_hostile_url_inside(hostile: HostileUrls, listener: Listener) -> None:
    backend = RecordingBackend(listener.port)
    async with client_for(guarded(backend, ScriptedNames(hostile.names)), follow_redirects=True) as client:
        for url in hostile.all() * 2:
            with contextlib.suppress(EndpointRefused, httpx.HTTPError, httpx.InvalidURL):
                await client.get(url)
    assert {host for host, _ in backend.dialled} == {PUBLIC_ADDRESS}
    assert listener.connections == len(backend.dialled)


async def test_without_the_guard_the_listener_sees_the_hostile_urls(hostile: HostileUrls, listener: Listener) -> None:
    """The control: what the other tests find to be 0 is far from 0 for a client that does not check."""
    backend, names = RecordingBackend(listener.port), ScriptedNames(hostile.names)

    class Unguarded(RecordingBackend):
        async def connect_tcp(
            self, host: str, port: int, *args: object, **kwargs: object
        ) -> httpcore.AsyncNetworkStream:
            addresses = await names(host, port)
            return await backend.connect_tcp(addresses[0], port)

    transport = httpx.AsyncHTTPTransport(verify=NO_TLS)
    transport._pool = httpcore.AsyncConnectionPool(network_backend=Unguarded(listener.port))
    del hostile.by_kind["scheme"]  # wss waits for the plain listener to speak TLS
    async with client_for(transport, follow_redirects=True) as client:
        for url in hostile.all() * 2:
            with contextlib.suppress(httpx.HTTPError, httpx.InvalidURL, OSError, IndexError):
                await client.get(url)
    inside = [host for host, _ in backend.dialled if host != PUBLIC_ADDRESS]
    assert len(inside) > 500
    assert listener.connections >= len(inside)
    assert any(request.target == "/inside" for request in listener.requests)


@pytest.mark.parametrize("policy", [CLOSED, EndpointPolicy.from_setting("private")])
async def test_cloud_metadata_is_never_called(policy: EndpointPolicy, listener: Listener) -> None:
    backend = RecordingBackend(listener.port)
    names = ScriptedNames({f"metadata-{index}.example.com": [[address]] for index, address in enumerate(METADATA)})
    async with client_for(guarded(backend, names, policy)) as client:
        for index, address in enumerate(METADATA):
            host = f"[{address}]" if ":" in address else address
            for url in (f"http://{host}/latest", f"http://metadata-{index}.example.com/latest"):
                with pytest.raises(EndpointRefused):
                    await client.get(url)
    assert backend.dialled == []
    assert listener.connections == 0


@pytest.mark.parametrize("host", LOOPBACK_SPELLINGS)
async def test_the_system_s_own_look_up_and_dial_are_guarded(host: str, listener: Listener) -> None:
    """Without the check of the form, and with nothing injected: the connection itself is refused."""
    real = httpcore.AnyIOBackend()
    with pytest.raises(EndpointRefused):
        await GuardedBackend(CLOSED, resolve_host, real).connect_tcp(host, listener.port, timeout=5)
    if host == "::1" and len(loopback_addresses()) == 1:
        return
    stream = await real.connect_tcp(host, listener.port, timeout=5)  # the control: it does lead to the listener
    await stream.aclose()


async def test_nothing_arrives_from_loopback_urls_through_the_system_s_own_look_up(listener: Listener) -> None:
    async with client_for(PoolTransport(guarded_pool(CLOSED, ssl_context=NO_TLS))) as client:
        for host in LOOPBACK_SPELLINGS:
            with pytest.raises((EndpointRefused, httpx.InvalidURL)):
                await client.get(f"http://{f'[{host}]' if ':' in host else host}:{listener.port}/")
    assert listener.connections == 0


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_loopback_answers_where_the_setting_permits_it(host: str, listener: Listener) -> None:
    transport = PoolTransport(guarded_pool(EndpointPolicy.from_setting("loopback"), ssl_context=NO_TLS))
    async with client_for(transport) as client:
        answer = await client.get(f"http://{host}:{listener.port}/v1")
    assert answer.json() == {"ok": True}
    assert [request.host for request in listener.requests] == [f"{host}:{listener.port}"]


GOOD = {
    # URL as the caller gives it -> host that the server must see, addresses of the name
    "https://models.example.com": ("models.example.com", ["93.184.215.14"]),
    "https://models.example.com/": ("models.example.com", ["93.184.215.14"]),
    "https://models.example.com/v1": ("models.example.com", ["93.184.215.14"]),
    "https://models.example.com/v1/chat/completions": ("models.example.com", ["93.184.215.14"]),
    "https://models.example.com:443/v1": ("models.example.com", ["93.184.215.14"]),
    "https://models.example.com:8443/v1": ("models.example.com:8443", ["93.184.215.14"]),
    "HTTPS://MODELS.EXAMPLE.COM/V1": ("models.example.com", ["93.184.215.14"]),
    "https://v6.example.com/v1": ("v6.example.com", ["2606:2800:21f:cb07:6820:80da:af6b:8b2c"]),
    "https://both.example.com/v1": ("both.example.com", ["2606:2800:21f::1", "93.184.215.14"]),
    "https://many.example.com/v1": ("many.example.com", ["1.1.1.1", "8.8.8.8", "9.9.9.9"]),
    "https://nat64.example.com/v1": ("nat64.example.com", ["64:ff9b::5db8:d70e"]),
    "https://b\u00fccher.example/v1": ("xn--bcher-kva.example", ["93.184.215.14"]),
    "https://xn--bcher-kva.example/v1": ("xn--bcher-kva.example", ["93.184.215.14"]),
    "https://my-llm_2.eu-west-1.example.com/v1": ("my-llm_2.eu-west-1.example.com", ["93.184.215.14"]),
    "https://93.184.215.14/v1": ("93.184.215.14", []),
    "https://[2606:2800:21f::1]/v1": ("[2606:2800:21f::1]", []),
    "http://models.example.com/v1": ("models.example.com", ["93.184.215.14"]),
    "http://models.example.com:8000/v1": ("models.example.com:8000", ["93.184.215.14"]),
    "http://93.184.215.14:8000/v1": ("93.184.215.14:8000", []),
    "http://models.example.com/deployments/a%20b/v1/": ("models.example.com", ["93.184.215.14"]),
    "http://models.example.com/projects/@me/v1": ("models.example.com", ["93.184.215.14"]),
}


async def test_good_base_urls_work() -> None:
    assert len(GOOD) >= 20
    hosts = {url: httpx.URL(url).raw_host.decode() for url in GOOD}
    server_tls, client_tls = tls_contexts(sorted(set(hosts.values())))
    names = ScriptedNames({hosts[url]: [addresses] for url, (_, addresses) in GOOD.items() if addresses})
    async with listening() as plain, listening(tls=server_tls) as tls:
        for url, (seen_host, addresses) in GOOD.items():
            backend = RecordingBackend(plain.port, tls.port)
            transport = PoolTransport(guarded_pool(CLOSED, resolve=names, backend=backend, ssl_context=client_tls))
            async with client_for(transport) as client:
                base_url = normalise_base_url(url)
                answer = await client.post(f"{base_url}/chat/completions", json={})
            assert answer.json() == {"ok": True}, url
            is_tls = base_url.startswith("https:")
            seen = (tls if is_tls else plain).requests[-1]
            assert seen.host == seen_host, url
            assert seen.target == httpx.URL(f"{base_url}/chat/completions").raw_path.decode(), url
            assert seen.server_name == (hosts[url] if is_tls and addresses else None), url
            port = httpx.URL(url).port or (443 if is_tls else 80)
            assert backend.dialled == [((addresses or [hosts[url]])[0], port)], url


async def test_a_certificate_for_another_name_is_refused() -> None:
    server_tls, client_tls = tls_contexts(["other.example.com", PUBLIC_ADDRESS])
    names = ScriptedNames({PUBLIC_NAME: [[PUBLIC_ADDRESS]]})
    async with listening(tls=server_tls) as tls:
        backend = RecordingBackend(tls.port)
        transport = PoolTransport(guarded_pool(CLOSED, resolve=names, backend=backend, ssl_context=client_tls))
        async with client_for(transport) as client:
            with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
                await client.get(f"https://{PUBLIC_NAME}/v1")
        assert tls.requests == []


async def test_proxies_in_the_environment_are_not_used(listener: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(variable, f"http://127.0.0.1:{listener.port}")
    backend = RecordingBackend(listener.port)
    async with client_for(guarded(backend, ScriptedNames({PUBLIC_NAME: [[PUBLIC_ADDRESS]]}))) as client:
        await client.get(f"http://{PUBLIC_NAME}/v1")
    assert backend.dialled == [(PUBLIC_ADDRESS, 80)]
    assert listener.requests[0].target == "/v1"
