"""A body ends at 5 MB, or at what Lambda carries, a file at 200 MB, whatever was said of its length."""

import pytest
from starlette.exceptions import HTTPException
from starlette.types import Message, Receive, Scope, Send

from promptyard.api.middleware import BodyLimitMiddleware
from promptyard.domain.lambda_payloads import MAX_CARRIED_BYTES

BODY, FILE = "/api/v1/playground/run", "/api/v1/datasets/d/uploads/u"
PIECE = 1_000_000


async def read(path: str, sizes: list[int], declared: bytes | None = None, of: bytes = b"x") -> int:
    """How many bytes the app is given of a body that comes in pieces of these sizes, of that character."""
    came = 0

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal came
        more = True
        while more:
            message = await receive()
            came += len(message["body"])
            more = message["more_body"]

    pieces = [of * size for size in sizes]

    async def receive() -> Message:
        return {"type": "http.request", "body": pieces.pop(0), "more_body": bool(pieces)}

    async def send(_: Message) -> None:
        pytest.fail("nothing is answered")

    headers = [] if declared is None else [(b"content-length", declared)]
    await BodyLimitMiddleware(app)({"type": "http", "path": path, "headers": headers}, receive, send)
    return came


@pytest.mark.parametrize(("path", "limit"), [(BODY, 5_000_000), (FILE, 200_000_000)])
@pytest.mark.parametrize("declared", [None, b"7", b"no number"])
async def test_what_comes_in_is_counted(path: str, limit: int, declared: bytes | None) -> None:
    sizes = [PIECE] * (limit // PIECE)
    assert await read(path, sizes, declared) == limit
    with pytest.raises(HTTPException) as caught:
        await read(path, [*sizes, 1, PIECE], declared)
    assert caught.value.status_code == 413


@pytest.mark.parametrize(("path", "limit"), [(BODY, 5_000_000), (FILE, 200_000_000)])
async def test_what_is_said_to_be_too_large_is_not_read(path: str, limit: int) -> None:
    assert await read(path, [3], str(limit).encode()) == 3
    with pytest.raises(HTTPException) as caught:
        await read(path, [3], str(limit + 1).encode())
    assert caught.value.status_code == 413


@pytest.mark.parametrize(("of", "takes"), [(b'"', 2), (b"\n", 2), (b"\\", 2), (b"\x01", 6)])
async def test_what_lambda_would_not_carry_is_refused(of: bytes, takes: int) -> None:
    whole, rest = divmod(MAX_CARRIED_BYTES // takes, PIECE)
    sizes = [PIECE] * whole + [rest]
    assert await read(BODY, sizes, of=of) == MAX_CARRIED_BYTES // takes
    with pytest.raises(HTTPException, match="escaped") as caught:
        await read(BODY, [*sizes, 1], of=of)
    assert caught.value.status_code == 413
    assert await read(FILE, [*sizes, 1], of=of) == MAX_CARRIED_BYTES // takes + 1


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/datasets/d/uploads/u/x",
        "/api/v1/datasets/d/e/uploads/u",
        "/x/api/v1/datasets/d/uploads/u",
        "/api/v1/tenant/import/x",
    ],
)
async def test_no_other_path_is_of_a_file(path: str) -> None:
    with pytest.raises(HTTPException):
        await read(path, [5_000_001])
