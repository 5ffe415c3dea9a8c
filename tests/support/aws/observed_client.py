"""The embedded DynamoDB with the hooks of a boto3 client, for tests that watch its requests or come between."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from functools import partial
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError
from botocore.hooks import HierarchicalEmitter, first_non_none_response

from promptyard.aws.clients import Clients, MakeClient
from promptyard_local.aws import LocalAws

OPERATIONS = frozenset(
    {
        "get_item",
        "batch_get_item",
        "query",
        "scan",
        "put_item",
        "update_item",
        "delete_item",
        "batch_write_item",
        "describe_table",
    }
)
LOST = 500

Watcher = Callable[[str, Any], None]


@dataclass(frozen=True, slots=True)
class ObservedRequest:
    """What `before-send` hands out. Who hears of it may answer with an `AWSResponse` in the store's place."""

    url: str
    carry_out: Callable[[], Any]


class ObservedClient:
    """Emits botocore's events `provide-client-params`, `before-call` and `before-send`, and sends again, up to so many
    attempts, what is answered with a status from 500 on."""

    def __init__(self, client: Any, attempts: int) -> None:
        self.store, self._attempts = client, attempts
        self.meta = SimpleNamespace(events=HierarchicalEmitter())

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.store, name)
        return partial(self._request, name, method) if name in OPERATIONS else method

    def _request(self, name: str, method: Callable[..., Any], **params: Any) -> Any:
        operation = "".join(part.capitalize() for part in name.split("_"))
        model = SimpleNamespace(name=operation, service_model=SimpleNamespace(endpoint_prefix="dynamodb"))
        emit = self.meta.events.emit
        emit(f"provide-client-params.dynamodb.{operation}", params=params, model=model)
        emit(f"before-call.dynamodb.{operation}", params=params, model=model)
        request = ObservedRequest("http://embedded/", partial(method, **params))
        response = None
        for _ in range(self._attempts):
            response = first_non_none_response(emit(f"before-send.dynamodb.{operation}", request=request))
            if response is None:
                return request.carry_out()
            if response.status_code < LOST:
                break
        assert response is not None
        said: Any = {
            "Error": {"Code": response.headers.get("x-code", str(response.status_code))},
            "ResponseMetadata": {"HTTPStatusCode": response.status_code},
        }
        raise ClientError(said, operation)


class ObservedClients(Clients):
    """Whose clients are told of to whoever wants to hear of their requests: also those that are made later."""

    def __init__(self, makers: Mapping[str, MakeClient], at_once: Collection[str]) -> None:
        super().__init__(makers, at_once)
        self._watchers: list[Watcher] = []

    def watch(self, watcher: Watcher) -> None:
        """It is called with each client and its service."""
        with self._lock:
            self._watchers.append(watcher)
            for (service, _), client in self._clients.items():
                watcher(service, client)

    def unwatch(self, watcher: Watcher) -> None:
        self._watchers.remove(watcher)

    def _make(self, service: str, attempts: int) -> Any:
        client = super()._make(service, attempts)
        for watcher in self._watchers:
            watcher(service, client)
        return client


def observed(aws: LocalAws, around: Callable[[Any], Any] = lambda client: client) -> LocalAws:
    """The same data through such clients; `around` may put something between them and the store."""
    makers = dict(aws.clients._makers)
    make = makers["dynamodb"]

    def make_observed(config: Callable[[], Any]) -> Any:
        return ObservedClient(around(make(config)), config().retries["total_max_attempts"])

    return replace(aws, clients=ObservedClients({**makers, "dynamodb": make_observed}, at_once={"sqs"}))
