"""What knowing the caller adds to a request: python -m tests.performance.authentication

The same route on the same app in this process, asked in turn by a caller whom nobody asks for a key, with an API key
and with a token. Warm: the caches are filled, as they are for all but one request a minute.
"""

import asyncio
import statistics
import time

import httpx

from functions.local import create_local_app
from promptyard.bootstrap.parts import Parts
from promptyard.bootstrap.whole import whole
from promptyard.domain.account.access import LOCAL_CALLER, Caller, Role
from promptyard.domain.account.claims import JwtIssuer
from promptyard.domain.account.tenants import Tenant
from promptyard.settings import Settings
from promptyard_local.aws import LocalAws, open_aws
from tests.support.doubles.tenancy import OPERATOR
from tests.support.servers.token_issuer import key_set, public_jwk, setting, token

WARM_UP = 200
REQUESTS = 3_000
PATH = "/api/v1/models?limit=1"
ALGORITHMS = ("ES256", "RS256", "EdDSA")
TARGET_MS = 1.0


def main() -> None:
    aws = open_aws({"PROMPTYARD_DATA_DIR": ":memory:"})
    try:
        asyncio.run(_measure(aws))
    finally:
        aws.close()


async def _measure(aws: LocalAws) -> None:
    services = whole(_settings(), aws.names, aws.clients)
    acme = Tenant.model_validate({"id": "acme", "name": "Acme", "created_at": "2026-11-21T10:30:00Z"})
    await services.callers.tenant_store.add(acme)
    made = await services.account.api_keys.make(OPERATOR, name="bench", role=Role.MEMBER, tenant="acme")
    nobody = whole(_settings(), aws.names, aws.clients)
    vars(nobody)["authenticate"] = _ask_nobody
    clients = {"nobody is asked": _client(nobody, None), "API key": _client(services, made.secret.get_secret_value())}
    for algorithm in ALGORITHMS:
        clients[f"token, {algorithm}"] = _client(_with_issuer(aws, algorithm), token(algorithm))
    times: dict[str, list[float]] = {name: [] for name in clients}
    for number in range(WARM_UP + REQUESTS):
        for name, client in clients.items():  # in turn, so that whatever else the machine does falls on all alike
            began = time.perf_counter()
            response = await client.get(PATH)
            took = 1000 * (time.perf_counter() - began)
            assert response.status_code == 200, response.text
            if number >= WARM_UP:
                times[name].append(took)
    base = statistics.median(times["nobody is asked"])
    for name, measured in times.items():
        p50, p95 = statistics.median(measured), statistics.quantiles(measured, n=20)[-1]
        print(f"{name:<16} p50 {p50:.3f} ms, p95 {p95:.3f} ms, adds {p50 - base:+.3f} ms at p50")
    added = statistics.median(times["API key"]) - base
    verdict = "held" if added <= TARGET_MS else "MISSED"
    print(f"an API key adds {added:.3f} ms p50, at most {TARGET_MS} ms wanted: {verdict}")
    for client in clients.values():
        await client.aclose()
    await services.close()


async def _ask_nobody(_: object) -> Caller:
    return LOCAL_CALLER


def _settings() -> Settings:
    return Settings(auth="required")


def _with_issuer(aws: LocalAws, algorithm: str) -> Parts:
    issuer = JwtIssuer.model_validate(setting(algorithms=[algorithm], jwks=key_set(public_jwk(algorithm))))
    return whole(_settings().model_copy(update={"jwt_issuers": (issuer,)}), aws.names, aws.clients)


def _client(services: Parts, credential: str | None) -> httpx.AsyncClient:
    headers = {} if credential is None else {"authorization": f"Bearer {credential}"}
    transport = httpx.ASGITransport(create_local_app(lambda: services))
    return httpx.AsyncClient(transport=transport, base_url="http://promptyard.test", headers=headers)


if __name__ == "__main__":
    main()
