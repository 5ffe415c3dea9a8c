"""A fake provider that says when it said each token: `<seconds>#<number> `, and at last the digest of all of them.

    python -m tests.performance.flood.provider

says its address, and ends when its standard input does.
"""

import asyncio
import json
import re
import sys
import time
from hashlib import sha256

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
ORDER = re.compile(rb"(\d+) tokens, (\d+) a second")


def order(tokens: int, per_second: int) -> str:
    """The prompt that asks for so much."""
    return f"{tokens} tokens, {per_second} a second"


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
            body = await reader.readexactly(int(length[1]) if length else 0)
            wanted = ORDER.search(body)
            await _stream(writer, *(map(int, wanted.groups()) if wanted else (1, 1)))
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def _stream(writer: asyncio.StreamWriter, tokens: int, per_second: int) -> None:
    loop, digest = asyncio.get_running_loop(), sha256()
    began = loop.time()
    writer.write(HEAD)
    for number in range(tokens):
        await asyncio.sleep(began + number / per_second - loop.time())
        text = f"{time.perf_counter():.6f}#{number} "
        digest.update(text.encode())
        writer.write(_frame({"content": text}))
        await writer.drain()
    writer.write(_frame({"content": digest.hexdigest()}) + _frame({}, "stop"))
    usage = {"prompt_tokens": 20, "completion_tokens": tokens, "total_tokens": 20 + tokens}
    writer.write(_chunk(json.dumps({"choices": [], "usage": usage})) + _chunk("[DONE]") + b"0\r\n\r\n")
    await writer.drain()


def _frame(delta: dict[str, str], finish: str | None = None) -> bytes:
    return _chunk(json.dumps({"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}))


def _chunk(data: str) -> bytes:
    event = f"data: {data}\n\n".encode()
    return b"%x\r\n%s\r\n" % (len(event), event)


async def main() -> None:
    server = await asyncio.start_server(_serve, "127.0.0.1", 0, backlog=2048)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(main())
