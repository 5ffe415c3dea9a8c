"""The local server's own parts."""

import asyncio
import re
import socket
from collections.abc import Iterator

import pytest

from promptyard.bootstrap.whole import whole
from promptyard.domain.errors import StoreUnavailable
from promptyard.settings import BadSetting, Settings
from promptyard_local.aws import LAPTOP_DEFAULTS, open_aws
from promptyard_local.listening import LOOPBACK, Address, address_of, check_who_reaches, listen, url_of
from promptyard_local.server import check_store


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that is taken, and that nobody answers at."""
    with socket.socket() as holder:
        holder.bind((LOOPBACK, 0))
        yield holder.getsockname()[1]


def test_a_port_that_is_taken_is_named_once(silent_port: int) -> None:
    with pytest.raises(BadSetting) as caught:
        listen(Address(LOOPBACK, silent_port))
    told = rf"PORT: cannot listen on {LOOPBACK}:{silent_port} \([^()]+\); try another one"
    assert re.fullmatch(told, str(caught.value))


@pytest.mark.parametrize("host", ["", " ", "localhost", "LOCALHOST", "127.0.0.1", "127.1.2.3", "::1"])
def test_it_may_run_open_where_only_this_machine_reaches_it(host: str) -> None:
    address = address_of({"PROMPTYARD_HOST": host})
    assert (address.is_private, address.port) == (True, 8000)
    check_who_reaches(address, "open")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.7", "192.168.1.2", "8.8.8.8", "fe80::1"])
def test_where_others_reach_it_it_asks_for_keys(host: str) -> None:
    address = address_of({"PROMPTYARD_HOST": host, "PORT": "9000"})
    with pytest.raises(BadSetting, match="PROMPTYARD_AUTH=required"):
        check_who_reaches(address, "open")
    check_who_reaches(address, "required")


@pytest.mark.parametrize("host", ["example.com", "127.0.0.1:8000", "0", "[::1]", "*"])
def test_a_host_that_is_no_address_is_named(host: str) -> None:
    with pytest.raises(BadSetting, match=f"^PROMPTYARD_HOST: {re.escape(host)} is not an IP address"):
        address_of({"PROMPTYARD_HOST": host})


def test_it_listens_where_it_is_told_to() -> None:
    for host, url in (("0.0.0.0", "http://0.0.0.0:"), ("127.0.0.1", "http://127.0.0.1:")):
        with listen(Address(host, 0)) as listener:
            assert url_of(listener) == f"{url}{listener.getsockname()[1]}"


def test_an_endpoint_that_does_not_answer_is_named(silent_port: int) -> None:
    url = f"http://{LOOPBACK}:{silent_port}"
    with pytest.raises(StoreUnavailable, match=url):
        open_aws({"AWS_ENDPOINT_URL_DYNAMODB": url, "PROMPTYARD_DATA_DIR": ":memory:"})


@pytest.mark.parametrize("variable", ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"])
def test_an_endpoint_that_is_none_is_named(variable: str) -> None:
    with pytest.raises(BadSetting, match=f"^{variable}: "):
        open_aws({variable: "localhost:8000", "PROMPTYARD_DATA_DIR": ":memory:"})


async def test_a_store_that_refuses_us_is_found_out_before_anything_listens(dynalite_url: str) -> None:
    endpoint = {"AWS_ENDPOINT_URL_DYNAMODB": dynalite_url, "PROMPTYARD_DATA_DIR": ":memory:"}
    aws = open_aws(endpoint)
    names = {**aws.names, "PROMPTYARD_RUNS_TABLE": "no-such-table"}
    try:
        with pytest.raises(StoreUnavailable, match="ResourceNotFoundException"):
            await check_store(whole(Settings.from_environment(LAPTOP_DEFAULTS), names, aws.clients))
        await check_store(whole(Settings.from_environment(LAPTOP_DEFAULTS), aws.names, aws.clients))
    finally:
        aws.close()


async def test_events_of_a_stream_do_not_wait_for_acknowledgements() -> None:
    listener = listen(Address(LOOPBACK, 0))
    accepted: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def take(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = writer.get_extra_info("socket")
        accepted.set_result(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()

    server = await asyncio.start_server(take, sock=listener)
    async with server:
        _, writer = await asyncio.open_connection(*listener.getsockname())
        assert await asyncio.wait_for(accepted, 5) != 0
        writer.close()
        await writer.wait_closed()
