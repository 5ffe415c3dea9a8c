"""A function on AWS's emulator, over tables that are not moto's."""

import contextlib
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.support.aws.gateway_events import gateway_event
from tests.support.servers.emulator import LambdaEmulator, StreamedAnswer, lambda_emulator
from tests.support.servers.packages import GROUPS, WITH_ROUTES, Packages


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    text: str

    def json(self) -> Any:
        return json.loads(self.text)

    def events(self) -> list[tuple[str, Any]]:
        """The names and data of a stream's events. Raises ValueError for one that ends within an event."""
        *blocks, rest = self.text.split("\n\n")
        if rest:
            raise ValueError(f"the stream ends within an event: {rest!r}")
        fields = [dict(line.split(": ", 1) for line in block.split("\n")) for block in blocks if block[0] != ":"]
        return [(field.get("event", "message"), json.loads(field["data"])) for field in fields]


class DeployedFunction:
    def __init__(self, emulator: LambdaEmulator, *, streams: bool, key: str) -> None:
        self.emulator = emulator
        self._streams = streams
        self._key = key

    async def __call__(self, method: str, url: str, body: Any = None, *, key: str | None = "") -> Answer:
        """What API Gateway would answer. `key`: None for none; else that of the tenant."""
        headers = {} if key is None else {"Authorization": [f"Bearer {key or self._key}"]}
        given = None
        if body is not None:
            headers["Content-Type"] = ["application/json"]
            given = json.dumps(body).encode()
        event = gateway_event(method, url, headers=headers, body=given)
        if self._streams:
            return _from_stream(await self.emulator.stream(event))
        return _from_proxy(json.loads(await self.emulator.invoke(event)))


def _from_stream(answer: StreamedAnswer) -> Answer:
    return Answer(answer.status, answer.headers, answer.body.decode())


def _from_proxy(answer: Mapping[str, Any]) -> Answer:
    assert "statusCode" in answer, answer
    assert not answer["isBase64Encoded"]
    headers = {name.lower(): values[-1] for name, values in answer["multiValueHeaders"].items()}
    headers |= {name.lower(): value for name, value in answer["headers"].items()}
    return Answer(answer["statusCode"], headers, answer["body"])


@contextlib.asynccontextmanager
async def deployed(
    packages: Packages, group: str, environment: Mapping[str, str], key: str
) -> AsyncIterator[DeployedFunction]:
    """The group's function as its package, not started before its first request."""
    variables = {
        "AWS_LAMBDA_FUNCTION_NAME": group,
        "AWS_LAMBDA_LOG_FORMAT": "JSON",
        "AWS_LAMBDA_LOG_LEVEL": "INFO",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "emulated",
        "AWS_SECRET_ACCESS_KEY": "emulated",
        **_own(group, environment),
        **packages.environment(group),
    }
    async with lambda_emulator(
        packages.command(group),
        handler=f"functions.{group}.{'app' if group in WITH_ROUTES else 'handler'}.handler",
        directory=packages.task_root(group),
        environment=variables,
        timeout_seconds=GROUPS[group]["timeout"],
    ) as emulator:
        yield DeployedFunction(emulator, streams=packages.streams(group), key=key)


def _own(group: str, environment: Mapping[str, str]) -> dict[str, str]:
    """Without the names of tables that the group's function is not told."""
    told = {f"PROMPTYARD_{resource.split('/')[0].upper()}_TABLE" for resource in GROUPS[group]["grants"]}
    return {name: value for name, value in environment.items() if not name.endswith("_TABLE") or name in told}
