"""A function that was warmed before its snapshot imports nothing for its first request."""

import asyncio
import json
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from promptyard.admin import COMMAND_LINE
from promptyard.bootstrap.whole import whole
from promptyard.domain.account.access import Role
from promptyard.domain.account.tenants import Tenant
from promptyard.domain.identifiers import random_id
from promptyard.settings import Settings
from promptyard_local.aws import LocalAws

PROGRAM = """
import asyncio, importlib, json, socket, sys
from promptyard.bootstrap.warming import warm

app = importlib.import_module(f"functions.{sys.argv[1]}.app").app
connect = socket.socket.connect
def refuse(*_): raise AssertionError("a socket was opened")
socket.socket.connect = refuse
warm(app)
socket.socket.connect = connect
before = set(sys.modules)

async def call(method, path, body):
    sent = []
    messages = iter([{"type": "http.request", "body": body}])
    async def receive():
        try: return next(messages)
        except StopIteration: return await asyncio.Event().wait()
    async def send(message): sent.append(message)
    headers = [(b"host", b"h"), (b"content-type", b"application/json")]
    headers.append((b"authorization", b"Bearer " + sys.argv[3].encode()))
    path, _, query = path.partition("?")
    scope = {"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "path": path,
             "raw_path": path.encode(), "query_string": query.encode(), "root_path": "", "scheme": "http",
             "headers": headers, "server": ("h", 80), "client": ("127.0.0.1", 1)}
    await app(scope, receive, send)
    return sent[0]["status"], b"".join(m.get("body", b"") for m in sent).decode()

method, path, body = json.loads(sys.argv[2])
status, answer = asyncio.run(call(method, path, json.dumps(body).encode()))
print(json.dumps({"status": status, "answer": answer, "imported": sorted(set(sys.modules) - before)}))
"""

RUN = {"model": "demo/echo", "prompt_text": "hi"}
REQUESTS = {
    "run": ("POST", "/api/v1/playground/run", RUN),
    "openai": ("POST", "/v1/chat/completions", {"model": "demo/echo", "messages": [{"role": "user", "content": "hi"}]}),
    "mcp": ("POST", "/mcp", {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}),
    "compare": ("POST", "/api/v1/playground/compare", {"prompt_text": "hi", "targets": [{"model": "demo/echo"}] * 2}),
    "history": ("GET", "/api/v1/playground/history", None),
    "prompts": ("GET", "/api/v1/prompts", None),
    "catalog": ("GET", "/api/v1/models?search=gpt-4o", None),
    "playgrounds": ("GET", "/api/v2/genai/playgrounds/", None),
    "benchmarks": ("GET", "/api/v1/datasets", None),
    "account": ("GET", "/api/v1/usage", None),
    "web": ("GET", "/", None),
}


async def admin_key(aws: LocalAws) -> str:
    services, tenant = whole(Settings(), aws.names, aws.clients), random_id()
    await services.callers.tenant_store.add(Tenant(id=tenant, name="A", created_at=datetime.now(UTC)))
    made = await services.account.api_keys.make(COMMAND_LINE, name="a", role=Role.ADMIN, tenant=tenant)
    return made.secret.get_secret_value()


@pytest.mark.parametrize("group", REQUESTS)
def test_a_warmed_function_imports_nothing_for_its_first_request(
    group: str, dynalite_aws: LocalAws, dynalite_url: str
) -> None:
    key = asyncio.run(admin_key(dynalite_aws))
    command = [sys.executable, "-c", PROGRAM, group, json.dumps(REQUESTS[group]), key]
    environment = {
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL_DYNAMODB": dynalite_url,
        "PATH": "/usr/bin",
        **dynalite_aws.names,
    }
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout.splitlines()[-1])
    assert result["status"] == 200, result["answer"]
    assert result["imported"] == [], "\n".join(result["imported"])
