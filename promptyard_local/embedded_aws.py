"""S3 and Secrets Manager inside this process: moto behind one lock, kept on disk.

Only the clients made by `client` come here; every other boto3 client of the process reaches what its own settings say,
with the user's own credentials. Moto's own way in (`mock_aws`) is not used: it would take over every client and put its
own credentials into the environment.
"""

import logging
import sqlite3
import threading
from collections.abc import Iterable
from functools import cache, partial
from typing import Any, Protocol

import botocore.session
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config
from moto.core.botocore_stubber import MockRawResponse
from moto.core.common_types import TYPE_RESPONSE
from moto.core.model_instances import reset_model_data

from promptyard_local.embedded_s3 import EmbeddedS3
from promptyard_local.embedded_secrets import EmbeddedSecrets
from promptyard_local.journal import Journal

logger = logging.getLogger("promptyard.local")


class EmbeddedService(Protocol):
    """One AWS service. Every method is called with the lock held."""

    region: str
    reads: frozenset[str]
    """Operations after which there is nothing to keep."""
    changes: frozenset[str]
    """Operations after which `record` is called. Any other one is refused: it would not be kept."""

    def handle(self, request: AWSPreparedRequest) -> TYPE_RESPONSE:
        """Let moto answer."""

    def record(self, operation: str, request: AWSPreparedRequest, journal: Journal | None) -> None:
        """Write what a successful request has changed to the journal. Raises sqlite3.Error."""

    def load(self, journal: Journal) -> None:
        """Put back what was kept. Raises DataUnusable."""

    def reset(self) -> None:
        """Forget everything."""


class EmbeddedAws:
    """One at a time in a process: moto's state is the process's."""

    _running = threading.Lock()

    def __init__(self, buckets: Iterable[str], journal: Journal | None) -> None:
        """Start, with these buckets and what the journal holds. Raises DataUnusable."""
        if not self._running.acquire(blocking=False):
            raise RuntimeError("AWS is embedded in this process already")
        self._lock = threading.Lock()
        self._journal = journal
        self._services: dict[str, EmbeddedService] = {}
        try:
            self._services |= {"s3": EmbeddedS3(buckets), "secretsmanager": EmbeddedSecrets()}
            if journal is not None:
                for service in self._services.values():
                    service.load(journal)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Forget everything but what is on disk. Clients made before are of no use afterwards."""
        with self._lock:
            for service in self._services.values():
                service.reset()
        self._running.release()

    def client(self, name: str, config: Config) -> Any:
        """A client that nothing in the user's AWS settings changes."""
        region = self._services[name].region
        fixed = Config(
            s3={"addressing_style": "path"},
            use_fips_endpoint=False,
            use_dualstack_endpoint=False,
        )
        client = _session().create_client(
            name,
            region_name=region,
            endpoint_url=f"https://{name}.{region}.amazonaws.com",
            aws_access_key_id="embedded",
            aws_secret_access_key="embedded",  # noqa: S106 - signs requests that nobody checks
            config=config.merge(fixed),
        )
        answer: Any = partial(self._answer, name)
        client.meta.events.register(f"before-send.{name}", answer)
        return client

    def _answer(self, name: str, event_name: str, request: AWSPreparedRequest, **_more: Any) -> AWSResponse:
        """Botocore's event before a request goes out: the answer given here keeps it from going.

        Moto is not thread-safe, and an answer must not be given before what it says is on disk: so one lock holds
        around both.
        """
        operation = event_name.rpartition(".")[2]
        service = self._services[name]
        if operation not in service.reads | service.changes:
            raise NotImplementedError(f"The embedded AWS does not keep what {name} {operation} changes")
        with self._lock:
            status, headers, body = service.handle(request)
            reset_model_data()  # moto's list of all that it ever made, for its dashboard: every copy of every answer
            if operation in service.changes and status < 300:
                try:
                    service.record(operation, request, self._journal)
                except sqlite3.Error as error:  # a full disk, say: what is not kept is not acknowledged
                    logger.error("not kept", extra={"operation": operation, "error": str(error)})
                    return AWSResponse(request.url, 500, HTTPHeaders(), MockRawResponse(b""))
        return AWSResponse(request.url, status, HTTPHeaders.from_dict(headers), MockRawResponse(body))


@cache
def _session() -> botocore.session.Session:
    """For all clients: it reads botocore's descriptions of the services, and makes its handlers, once."""
    return botocore.session.Session(session_vars=_NO_USER_SETTINGS)


_NO_USER_SETTINGS: Any = {
    # logical name: (name in the configuration file, environment variable, default, conversion)
    "profile": (None, None, None, None),
    "config_file": (None, None, None, None),
    "credentials_file": (None, None, None, None),
    "ca_bundle": (None, None, None, None),
}
