"""How much of the house one plain run touches: python -m tests.performance.house

Files of ours that execute any code for one unstreamed run on the demo provider, counted with a profile hook in every
thread, on a warm server.
"""

import asyncio
import json
import sys
import threading
from collections.abc import MutableMapping
from pathlib import Path
from types import FrameType
from typing import Any

from functions.local import create_local_app
from promptyard.bootstrap.warming import warm
from promptyard.bootstrap.whole import whole
from promptyard.settings import Settings
from promptyard_local.aws import LAPTOP_DEFAULTS, open_aws

ROOT = Path(__file__).parents[2]
OURS = tuple(str(ROOT / folder) for folder in ("layers", "functions"))
BODY = json.dumps({"model": "demo/echo", "prompt_text": "hi"}).encode()


async def run_once(app: Any) -> int:
    sent: list[MutableMapping[str, Any]] = []
    received = iter([{"type": "http.request", "body": BODY}])

    async def receive() -> dict[str, Any]:
        for message in received:
            return message
        return await asyncio.Event().wait()  # type: ignore[return-value]

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "path": "/api/v1/playground/run",
        "raw_path": b"/api/v1/playground/run",
        "query_string": b"",
        "root_path": "",
        "scheme": "http",
        "headers": [(b"host", b"127.0.0.1"), (b"content-type", b"application/json")],
        "server": ("127.0.0.1", 80),
        "client": ("127.0.0.1", 1),
    }
    await app(scope, receive, send)
    status: int = sent[0]["status"]
    return status


def touched() -> list[str]:
    """The files of ours, from the repository's top."""
    aws = open_aws({"PROMPTYARD_DATA_DIR": ":memory:"})
    services = whole(Settings.from_environment(LAPTOP_DEFAULTS), aws.names, aws.clients)
    app = create_local_app(lambda: services)
    warm(app)
    files: set[str] = set()

    def note(frame: FrameType, event: str, _: Any) -> None:
        if event == "call" and frame.f_code.co_filename.startswith(OURS):
            files.add(str(Path(frame.f_code.co_filename).relative_to(ROOT)))

    async def twice() -> None:
        assert await run_once(app) == 200
        threading.setprofile(note)
        sys.setprofile(note)
        try:
            assert await run_once(app) == 200
        finally:
            sys.setprofile(None)
            threading.setprofile(None)  # type: ignore[arg-type]
        await services.close()

    try:
        asyncio.run(twice())
    finally:
        aws.close()
    return sorted(files)


if __name__ == "__main__":
    found = touched()
    print("\n".join(found))
    print(f"{len(found)} files")
