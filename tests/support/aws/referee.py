"""Every request to the embedded DynamoDB is made of moto, too, and the answers are compared."""

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any

from botocore.exceptions import ClientError, ParamValidationError

from promptyard_local.dynamodb.client import EmbeddedDynamoDBClient
from tests.support.aws.observed_client import OPERATIONS

MAX_LOADED = 300
"""Moto walks its whole table for each query: where more items are loaded, it is dismissed."""


_NOT_COMPARED = frozenset({"ResponseMetadata", "ConsumedCapacity", "ItemCollectionMetrics"})
"""Moto tells the last two unasked."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an operation gave: an answer, or the code of its error and the item beside it."""

    raw: Any = None
    answer: Mapping[str, Any] | None = None
    code: str = ""
    item: Any = None
    error: Exception | None = None

    @classmethod
    def of(cls, operation: Callable[..., Any], params: Mapping[str, Any]) -> "Outcome":
        try:
            raw = operation(**params)
        except ClientError as error:
            return cls(code=error.response["Error"]["Code"], item=plain(error.response.get("Item")), error=error)
        except ParamValidationError as error:
            return cls(code="ValidationException", error=error)
        except Exception as error:  # noqa: BLE001 - moto's own
            return cls(code=f"crash of {type(error).__name__}", error=error)
        said = {name: plain(value) for name, value in raw.items() if name not in _NOT_COMPARED}
        return cls(raw, {name: value for name, value in said.items() if (name, value) != ("Attributes", {})})

    def __str__(self) -> str:
        return str(self.error or self.answer)


def plain(value: Any) -> Any:
    """A value with its numbers and sets written in one way."""
    if isinstance(value, Mapping):
        if len(value) == 1:
            [(kind, content)] = value.items()
            if kind == "N" and isinstance(content, str):
                return {"N": Decimal(content).normalize()}
            if kind in {"SS", "NS"} and isinstance(content, list):
                numbers = [Decimal(entry).normalize() for entry in content] if kind == "NS" else content
                return {kind: sorted(numbers)}
        return {name: plain(content) for name, content in value.items()}
    return [plain(entry) for entry in value] if isinstance(value, list | tuple) else value


def agree(operation: str, ours: Outcome, theirs: Outcome) -> bool:
    """Whether both say the same. What is left to the store, the order of a Scan and of a batch and where a page of a
    megabyte ends, may differ."""
    if ours.answer is None or theirs.answer is None:
        return (ours.code, ours.item) == (theirs.code, theirs.item)
    if operation == "batch_get_item":
        return {name: _unordered(items) for name, items in ours.answer["Responses"].items()} == {
            name: _unordered(items) for name, items in theirs.answer["Responses"].items()
        }
    if operation not in {"query", "scan"}:
        return ours.answer == theirs.answer
    mine, other = ours.answer.get("Items", []), theirs.answer.get("Items", [])
    if operation == "scan":
        mine, other = _unordered(mine), _unordered(other)
    # Moto says that there is no more where a page ends with the last item; DynamoDB cannot know.
    shorter, longer = sorted((ours.answer, theirs.answer), key=lambda answer: answer["ScannedCount"])
    if shorter["ScannedCount"] == longer["ScannedCount"]:
        last = theirs.answer.get("LastEvaluatedKey")
        return (mine, ours.answer["Count"]) == (other, theirs.answer["Count"]) and (
            last is None or last == ours.answer.get("LastEvaluatedKey")
        )
    common = min(len(mine), len(other))
    return "LastEvaluatedKey" in shorter and mine[:common] == other[:common]


def _unordered(items: Iterable[Any]) -> list[str]:
    return sorted(repr(sorted(item.items())) for item in items)


class Referee:
    """One for all clients of a store."""

    def __init__(self, moto: Any) -> None:
        self.moto = moto
        self.requests: dict[str, tuple[str, Mapping[str, Any]]] = {}
        """One request of each kind that was made, by its expressions."""
        self.differences: list[str] = []
        self.dismissed = False
        self._lock = threading.Lock()

    def around(self, client: EmbeddedDynamoDBClient) -> "RefereedClient":
        return RefereedClient(client, self)

    def load(self, table: str, items: Iterable[Mapping[str, Any]]) -> None:
        """Told of what is put into the store without a request."""
        items = list(items)
        self.dismissed = self.dismissed or len(items) > MAX_LOADED
        for item in [] if self.dismissed else items:
            self.moto.put_item(TableName=table, Item=item)

    def carry_out(self, client: EmbeddedDynamoDBClient, name: str, params: Mapping[str, Any]) -> Any:
        with self._lock:
            self.requests.setdefault(kind_of_request(name, params), (name, params))
            ours = Outcome.of(getattr(client, name), params)
            theirs = ours if self.dismissed else Outcome.of(getattr(self.moto, name), params)
        if not agree(name, ours, theirs):
            self.differences.append(f"{name} {params}\n  ours: {ours}\n  moto: {theirs}")
            raise AssertionError(self.differences[-1])
        if ours.error is not None:
            raise ours.error
        return ours.raw


def kind_of_request(operation: str, params: Mapping[str, Any]) -> str:
    texts = {name: text for name, text in params.items() if name.endswith(("Expression", "Name", "ReturnValues"))}
    return f"{operation} {texts}"


class RefereedClient:
    def __init__(self, client: EmbeddedDynamoDBClient, referee: Referee) -> None:
        self._client, self.referee = client, referee

    def __getattr__(self, name: str) -> Any:
        return partial(self._operation, name) if name in OPERATIONS else getattr(self._client, name)

    def _operation(self, name: str, **params: Any) -> Any:
        return self.referee.carry_out(self._client, name, params)
