"""Who asks again and again, in a process of its own: what it takes of a processor is not the server's, nor that of who
is measured.

    python -m tests.performance.flood.pusher ADDRESS KEY CALLERS PAUSE

goes on until its standard input ends, and prints how many answers had which status, as JSON.
"""

import asyncio
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from tests.performance.bench.connection import connect, http_request
from tests.performance.bench.processes import ROOT, STOP_SECONDS
from tests.performance.flood.streams import RUN

PATIENCE_SECONDS = 30
DEMO = {"model": "demo/echo", "prompt_text": "Hi", "parameters": {"extra": {"delay_ms": 0}}}


@contextmanager
def pushing(address: str, key: str, callers: int, pause: float) -> Iterator[dict[str, int]]:
    """The answers by status are there at the end. `pause`: of each caller between an answer and its next request."""
    command = [sys.executable, "-m", "tests.performance.flood.pusher", address, key, str(callers), str(pause)]
    told: dict[str, int] = {}
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            yield told
        finally:
            output, _ = process.communicate(timeout=PATIENCE_SECONDS + STOP_SECONDS)
    told |= json.loads(output)


async def _push(address: str, key: str, callers: int, pause: float) -> Counter[str]:
    request = http_request(address, RUN, json.dumps(DEMO).encode(), {"authorization": f"Bearer {key}"})
    told: Counter[str] = Counter()
    ended = asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)

    async def ask() -> None:
        connection = await connect(address)
        while not ended.done():
            call = await connection.call(request, PATIENCE_SECONDS)
            told[call.failure or call.pieces[0][1].split(b" ", 2)[1].decode()] += 1
            await asyncio.sleep(pause)
        connection.close()

    await asyncio.gather(*(ask() for _ in range(callers)))
    return told


if __name__ == "__main__":
    _, given_address, given_key, given_callers, given_pause = sys.argv
    print(json.dumps(asyncio.run(_push(given_address, given_key, int(given_callers), float(given_pause)))))
