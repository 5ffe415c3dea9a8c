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
from promptyard_local.server import HOST, _listen, check_store


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that is taken, and that nobody answers at."""
    with socket.socket() as holder:
        holder.bind((HOST, 0))
        yield holder.getsockname()[1]


def test_a_port_that_is_taken_is_named_once(silent_port: int) -> None:
    with pytest.raises(BadSetting) as caught:
        _listen(silent_port)
    assert re.fullmatch(rf"PORT: cannot listen on {HOST}:{silent_port} \([^()]+\); try another one", str(caught.value))


def test_an_endpoint_that_does_not_answer_is_named(silent_port: int) -> None:
    url = f"http://{HOST}:{silent_port}"
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
    listener = _listen(0)
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
