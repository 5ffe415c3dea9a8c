"""The clients of AWS's services, which are botocore's: one per process and service, made when it is first asked for.

boto3 would make the same ones, after importing as much again for what is not used here (resources, file transfers).
"""

import os
import threading
from collections.abc import Callable, Collection, Mapping
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from botocore.config import Config
    from botocore.session import Session
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient

MakeClient = Callable[[Callable[[], "Config"]], Any]
"""Makes a service's client with that configuration, which is made when it is asked for."""

CONNECT_TIMEOUT_SECONDS = 2
READ_TIMEOUT_SECONDS = {"dynamodb": 4, "s3": 20, "events": 2}
"""How long a service may be silent; 10 for the others. DynamoDB answers in milliseconds: what does not come within
seconds is asked again."""
_SIGNATURE: Mapping[str, Mapping[str, str]] = {"s3": {"signature_version": "s3v4"}}
"""Presigned URLs would be signed in a way else that encrypted buckets refuse."""
MAX_ATTEMPTS = 3
MAX_CONNECTIONS = 50


class Clients:
    """`makers` replaces, by service, how a client is made; the others come from botocore's usual chain of settings.
    Those that answer `at_once` need no thread: their data is in the process."""

    def __init__(self, makers: Mapping[str, MakeClient] | None = None, at_once: Collection[str] = ()) -> None:
        self._makers = dict(makers or {})
        self._at_once = frozenset(at_once)
        self._clients: dict[tuple[str, int], Any] = {}
        self._lock = threading.Lock()

    def dynamodb(self) -> "DynamoDBClient":
        client: DynamoDBClient = self.get("dynamodb")
        return client

    def dynamodb_once(self) -> "DynamoDBClient":
        """A client that sends each request once: what it does not get an answer to is not repeated."""
        client: DynamoDBClient = self.get("dynamodb", attempts=1)
        return client

    def s3(self) -> "S3Client":
        client: S3Client = self.get("s3")
        return client

    def secretsmanager(self) -> "SecretsManagerClient":
        client: SecretsManagerClient = self.get("secretsmanager")
        return client

    def get(self, service: str, attempts: int = MAX_ATTEMPTS) -> Any:
        client = self._clients.get((service, attempts))
        if client is None:
            with self._lock:  # making clients is not thread-safe in botocore
                client = self._clients.get((service, attempts))
                if client is None:
                    client = self._clients[service, attempts] = self._make(service, attempts)
        return client

    def answers_at_once(self, service: str) -> bool:
        return service in self._at_once

    def warm(self, service: str) -> None:
        """Load all that a client of the service is made of. Not the client itself: looking for credentials may open a
        socket."""
        if service in self._makers:
            return  # a stand-in, made at its first use
        nobody = "none"
        with self._lock:
            self._session.create_client(
                service, region_name="us-east-1", aws_access_key_id=nobody, aws_secret_access_key=nobody
            ).close()

    def close(self) -> None:
        """Close the connections of every client."""
        with self._lock:
            for client in self._clients.values():
                client.close()
            self._clients.clear()

    def _make(self, service: str, attempts: int) -> Any:
        read_seconds = READ_TIMEOUT_SECONDS.get(service, 10)
        config = partial(client_config, CONNECT_TIMEOUT_SECONDS, read_seconds, attempts, **_SIGNATURE.get(service, {}))
        if service in self._makers:
            return self._makers[service](config)
        return self._session.create_client(service, region_name=named_region(), config=config())

    @cached_property
    def _session(self) -> "Session":
        from botocore.session import get_session

        return get_session()


def client_config(connect_seconds: float, read_seconds: float, attempts: int, **more: Any) -> "Config":
    """What every client of ours has in common. `more` is what else `botocore.config.Config` takes."""
    from botocore.config import Config

    return Config(
        connect_timeout=connect_seconds,
        read_timeout=read_seconds,
        retries={"mode": "standard", "total_max_attempts": attempts},
        max_pool_connections=MAX_CONNECTIONS,
        tcp_keepalive=True,
        **more,
    )


def named_region() -> str | None:
    """The region of every client; None leaves it to botocore. That reads AWS_DEFAULT_REGION and profiles, and not what
    every other SDK of AWS reads first."""
    return os.environ.get("AWS_REGION") or None
