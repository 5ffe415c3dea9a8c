"""What deployed functions find: tables, a tenant, its key, and a Secrets Manager without a secret."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from promptyard.bootstrap.parts import Parts
from promptyard.bootstrap.whole import whole
from promptyard.domain.account.access import Caller, Role
from promptyard.domain.account.tenants import OPERATORS, Tenant
from promptyard.settings import Settings
from promptyard_local.aws import open_aws

TENANT = "lambda-test"


@dataclass(frozen=True)
class Account:
    """`environment`: where the functions find it."""

    environment: dict[str, str]
    key: str = field(repr=False)


@contextmanager
def no_secrets() -> Iterator[str]:
    """Its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _NoSecrets) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def make_account(dynamodb_url: str, secrets_url: str) -> Account:
    aws = open_aws({"AWS_ENDPOINT_URL_DYNAMODB": dynamodb_url, "PROMPTYARD_DATA_DIR": ":memory:"})
    try:
        key = asyncio.run(_make_key(whole(Settings(), aws.names, aws.clients)))
        endpoints = {"AWS_ENDPOINT_URL_DYNAMODB": dynamodb_url, "AWS_ENDPOINT_URL_SECRETS_MANAGER": secrets_url}
        return Account({**aws.names, **endpoints}, key)
    finally:
        aws.close()


async def _make_key(services: Parts) -> str:
    operator = Caller(tenant=OPERATORS, role=Role.OPERATOR, name="test")
    tenant = Tenant(id=TENANT, name=TENANT, may_use_deployment_keys=True, created_at=datetime.now(UTC))
    await services.callers.tenant_store.add(tenant)
    made = await services.account.api_keys.make(operator, name="test", role=Role.ADMIN, tenant=TENANT)
    await services.close()
    return made.secret.get_secret_value()


class _NoSecrets(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        body = json.dumps({"__type": "ResourceNotFoundException"}).encode()
        self.send_response(400)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass
