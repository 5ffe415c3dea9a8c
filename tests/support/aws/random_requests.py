"""Random requests to one table, most of which can be carried out: of few keys and attributes, so that they meet."""

from typing import Any

from tests.support.aws.random_expressions import Builder
from tests.support.aws.random_values import RandomValues

TABLE = "table"
DESCRIPTION: dict[str, Any] = {
    "TableName": TABLE,
    "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [
        {"AttributeName": name, "AttributeType": kind}
        for name, kind in (("pk", "S"), ("sk", "S"), ("group", "S"), ("rank", "N"))
    ],
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": name,
            "KeySchema": [
                {"AttributeName": hash_key, "KeyType": "HASH"},
                {"AttributeName": range_key, "KeyType": "RANGE"},
            ],
            "Projection": projection,
        }
        for name, hash_key, range_key, projection in (
            ("by_group", "group", "sk", {"ProjectionType": "KEYS_ONLY"}),
            ("by_rank", "group", "rank", {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["a", "m"]}),
            ("all_by_group", "group", "pk", {"ProjectionType": "ALL"}),
        )
    ],
}
INDEXES = {
    None: ("pk", "sk"),
    "by_group": ("group", "sk"),
    "by_rank": ("group", "rank"),
    "all_by_group": ("group", "pk"),
}


class RandomRequests(RandomValues):
    def request(self) -> tuple[str, dict[str, Any]]:
        """The method of a client and its parameters."""
        makers = (
            self._put, self._put, self._update, self._update, self._update, self._update, self._delete, self._get,
            self._batch_get, self._batch_write, self._query, self._query, self._query, self._scan,
        )  # fmt: skip
        name, params = self.random.choice(makers)()
        return name, {"TableName": TABLE, **params} if "RequestItems" not in params else params

    def _put(self) -> tuple[str, dict[str, Any]]:
        return "put_item", {"Item": self.item(), **self._conditional(), **self._returned("NONE", "ALL_OLD")}

    def _delete(self) -> tuple[str, dict[str, Any]]:
        return "delete_item", {"Key": self.key(), **self._conditional(), **self._returned("NONE", "ALL_OLD")}

    def _update(self) -> tuple[str, dict[str, Any]]:
        built = Builder(self)
        params = {"Key": self.key(), "UpdateExpression": built.update()}
        if self.random.random() < 0.5:
            params["ConditionExpression"] = built.condition()
            params |= self._failure()
        returned = self._returned("NONE", "ALL_OLD", "ALL_NEW", "UPDATED_OLD", "UPDATED_NEW")
        return "update_item", {**params, **built.placeholders(), **returned}

    def _get(self) -> tuple[str, dict[str, Any]]:
        return "get_item", {"Key": self.key(), "ConsistentRead": True, **self._projection()}

    def _batch_get(self) -> tuple[str, dict[str, Any]]:
        keys = {(key["pk"]["S"], key["sk"]["S"]): key for key in (self.key() for _ in range(self.random.randint(1, 5)))}
        return "batch_get_item", {"RequestItems": {TABLE: {"Keys": list(keys.values()), **self._projection()}}}

    def _batch_write(self) -> tuple[str, dict[str, Any]]:
        writes: dict[Any, Any] = {}
        for _ in range(self.random.randint(1, 4)):
            item = self.item()
            key = {name: item[name] for name in ("pk", "sk")}
            put = self.random.random() < 0.5
            writes[str(key)] = {"PutRequest": {"Item": item}} if put else {"DeleteRequest": {"Key": key}}
        return "batch_write_item", {"RequestItems": {TABLE: list(writes.values())}}

    def _query(self) -> tuple[str, dict[str, Any]]:
        index = self.random.choice(list(INDEXES))
        built = Builder(self)
        params: dict[str, Any] = {"KeyConditionExpression": built.key_condition(*INDEXES[index])}
        params |= {} if index is None else {"IndexName": index}
        if self.random.random() < 0.3:
            params["FilterExpression"] = built.condition()
        if self.random.random() < 0.4:
            params["Limit"] = self.random.randint(1, 4)
        if self.random.random() < 0.5:
            params["ScanIndexForward"] = self.random.random() < 0.5
        return "query", {**params, **built.placeholders()}

    def _scan(self) -> tuple[str, dict[str, Any]]:
        if self.random.random() < 0.5:
            return "scan", {}
        built = Builder(self)
        return "scan", {"FilterExpression": built.condition(), **built.placeholders()}

    def _conditional(self) -> dict[str, Any]:
        if self.random.random() < 0.4:
            return {}
        built = Builder(self)
        return {"ConditionExpression": built.condition(), **built.placeholders(), **self._failure()}

    def _failure(self) -> dict[str, Any]:
        shown = self.random.random() < 0.5
        return {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"} if shown else {}

    def _returned(self, *choices: str) -> dict[str, Any]:
        return {"ReturnValues": self.random.choice(choices)}

    def _projection(self) -> dict[str, Any]:
        if self.random.random() < 0.5:
            return {}
        built = Builder(self)
        names = self.random.sample(("pk", "a", "n", "m", "l", "s"), self.random.randint(1, 3))
        deeper = {"m": (".x", ""), "l": ("[0]", "[1]", "")}
        paths = [built.name(name) + self.random.choice(deeper.get(name, ("",))) for name in names]
        return {"ProjectionExpression": ", ".join(paths), **built.placeholders()}
