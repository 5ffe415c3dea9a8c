"""The parts that can be tested without a process."""

import asyncio
import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgi_stream_runtime.errors import ERROR_BODY, ERROR_TYPE, InvalidSetting, trailers
from asgi_stream_runtime.http_client import RuntimeApiError, request
from asgi_stream_runtime.invocation import deadlines
from asgi_stream_runtime.prelude import http_prelude
from asgi_stream_runtime.settings import read_settings
from tests.streaming_runtime.fake_runtime_api import TRAILER_BUFFER_BYTES

LONG_TEXT = st.text(max_size=200) | st.builds(
    lambda part, times: part * times, st.text(max_size=50), st.integers(0, 500)
)


@given(message=LONG_TEXT, error_type=LONG_TEXT, frames=st.lists(LONG_TEXT, max_size=20))
def test_trailers_always_fit_and_can_be_read(message: str, error_type: str, frames: list[str]) -> None:
    report = trailers({"errorMessage": message, "errorType": error_type, "requestId": "r-1", "stackTrace": frames})
    lines = "".join(f"{name}: {value}\r\n" for name, value in report) + "\r\n"
    assert len(lines.encode("ascii")) < TRAILER_BUFFER_BYTES
    assert lines.count("\r\n") == 3
    error = json.loads(base64.b64decode(dict(report)[ERROR_BODY]))
    assert error["requestId"] == "r-1"
    assert error["errorType"] == dict(report)[ERROR_TYPE]
    assert error["stackTrace"] == []
    other = trailers({"errorMessage": "", "errorType": error_type, "requestId": "r-1", "stackTrace": []})
    assert report == other  # whatever the exception said


VALUE = st.binary(max_size=50).map(
    lambda value: bytes(byte for byte in value if byte == 9 or (byte > 31 and byte != 127))
)


@given(
    status=st.integers(200, 599),
    headers=st.lists(st.tuples(st.from_regex(rb"[a-z-]{1,10}", fullmatch=True), VALUE), max_size=20),
)
def test_a_prelude_keeps_every_header(status: int, headers: list[tuple[bytes, bytes]]) -> None:
    data = http_prelude(status, headers, multi_value=True)
    text, delimiter, rest = data.partition(bytes(8))
    assert (delimiter, rest) == (bytes(8), b"")
    prelude = json.loads(text)
    assert prelude["statusCode"] == status
    kept = [(name, value) for name, value in prelude["headers"].items()]
    kept += [(name, value) for name, values in prelude.get("multiValueHeaders", {}).items() for value in values]
    sent = [(name.decode(), value.decode("latin-1")) for name, value in headers if name != b"transfer-encoding"]
    assert sorted(kept) == sorted(sent)


@given(name=st.binary(max_size=20), value=st.binary(max_size=20))
def test_a_prelude_takes_what_http_allows_and_nothing_else(name: bytes, value: bytes) -> None:
    allowed = name and not set(name) - set(b"!#$%&'*+-.^_`|~") - {
        byte for byte in name if chr(byte).isascii() and chr(byte).isalnum()
    }
    allowed = allowed and all(byte == 9 or (byte > 31 and byte != 127) for byte in value)
    try:
        http_prelude(200, [(name, value)], multi_value=True)
    except ValueError:
        assert not allowed
    else:
        assert allowed


@pytest.mark.parametrize(
    ("environ", "application"),
    [
        ({"_HANDLER": "functions.run.app.handler"}, "functions.run.app.handler"),
        ({"_HANDLER": "x.handler", "ASGI_STREAM_APP": "functions.run.app:app"}, "functions.run.app.app"),
        ({"_HANDLER": "app.handler", "ASGI_STREAM_APP": ""}, "app.handler"),
    ],
)
def test_the_application_comes_from_its_setting_or_else_the_handler(environ: dict[str, str], application: str) -> None:
    assert read_settings(environ).application == application


@pytest.mark.parametrize(
    "environ",
    [{}, {"_HANDLER": "app"}, {"_HANDLER": ".app"}, {"_HANDLER": "app."}]
    + [{"_HANDLER": "a.b", "ASGI_STREAM_GRACE_MS": text} for text in ("", "0", "-1", "1.5", "2s", "²")],
)
def test_a_bad_setting_says_what_to_change(environ: dict[str, str]) -> None:
    with pytest.raises(InvalidSetting, match=r"^ASGI_STREAM_\w+.* must be "):
        read_settings(environ)


def test_the_grace_is_what_was_set_or_a_quarter_of_the_time() -> None:
    assert deadlines(900_000, 2_000, now_ms=0).disconnect_ms == 898_000
    assert deadlines(900_000, 2_000, now_ms=0).cancel_ms == 899_500
    assert deadlines(900_000, 2_000, now_ms=0).close_ms == 899_750
    assert deadlines(3_000, 2_000, now_ms=0).disconnect_ms == 2_250
    assert deadlines(1_000, 2_000, now_ms=5_000).disconnect_ms == 1_000
    assert deadlines(None, 2_000, now_ms=0).final_ms is None


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1\r\n\r\n",
        b"HTTP/1.1 xxx OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nabc",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nx: " + b"x" * 100_000 + b"\r\n\r\n",
    ],
)
async def test_a_broken_answer_is_an_error(answer: bytes) -> None:
    with pytest.raises(RuntimeApiError):
        await _request_answered_with(answer)


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\nup to the end", b"up to the end"),
        (b"HTTP/1.1 200\r\nContent-Length:2\r\n\r\nok and more", b"ok"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
    ],
)
async def test_an_answer_ends_where_http_says(answer: bytes, body: bytes) -> None:
    assert await _request_answered_with(answer) == body


async def test_an_address_where_nobody_listens_is_an_error() -> None:
    server = await asyncio.start_server(lambda _, __: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    with pytest.raises(RuntimeApiError, match="cannot be reached"):
        await request(f"127.0.0.1:{port}", "GET", "/")


async def _request_answered_with(answer: bytes) -> bytes:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        return (await request(address, "GET", "/")).body
