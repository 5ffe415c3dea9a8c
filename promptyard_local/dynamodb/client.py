"""What stands where boto3's DynamoDB client is expected."""

from collections.abc import Iterator
from typing import Any, NoReturn

from promptyard_local.dynamodb import queries, reads, writes
from promptyard_local.dynamodb.database import Database
from promptyard_local.dynamodb.refusals import ErrorClasses
from promptyard_local.dynamodb.requests import check_parameters

_CREATE_OPTIONS = ("GlobalSecondaryIndexes", "BillingMode", "ProvisionedThroughput")


class EmbeddedDynamoDBClient:
    """The methods of boto3's client that store, and those that make tables. Any thread may call them. Each raises a
    botocore ClientError with DynamoDB's code, and NotImplementedError for what it does not know."""

    exceptions = ErrorClasses()

    def __init__(self, database: Database) -> None:
        self.database = database

    def get_item(self, **parameters: Any) -> dict[str, Any]:
        return _answered(reads.get_item(self.database, parameters))

    def batch_get_item(self, **parameters: Any) -> dict[str, Any]:
        return _answered(reads.batch_get_item(self.database, parameters))

    def query(self, **parameters: Any) -> dict[str, Any]:
        return _answered(queries.query(self.database, parameters))

    def scan(self, **parameters: Any) -> dict[str, Any]:
        return _answered(queries.scan(self.database, parameters))

    def put_item(self, **parameters: Any) -> dict[str, Any]:
        return _answered(writes.put_item(self.database, parameters))

    def update_item(self, **parameters: Any) -> dict[str, Any]:
        return _answered(writes.update_item(self.database, parameters))

    def delete_item(self, **parameters: Any) -> dict[str, Any]:
        return _answered(writes.delete_item(self.database, parameters))

    def batch_write_item(self, **parameters: Any) -> dict[str, Any]:
        return _answered(writes.batch_write_item(self.database, parameters))

    def create_table(self, **parameters: Any) -> dict[str, Any]:
        check_parameters("CreateTable", parameters, ("TableName", "AttributeDefinitions", "KeySchema"), _CREATE_OPTIONS)
        table = self.database.create(parameters)
        return _answered({"TableDescription": _described(table.description, 0)})

    def describe_table(self, **parameters: Any) -> dict[str, Any]:
        check_parameters("DescribeTable", parameters, ("TableName",))
        table = self.database.table(parameters["TableName"])
        return _answered({"Table": _described(table.description, len(table))})

    def list_tables(self, **parameters: Any) -> dict[str, Any]:
        check_parameters("ListTables", parameters, ())
        return _answered({"TableNames": self.database.names()})

    def update_time_to_live(self, **parameters: Any) -> dict[str, Any]:
        check_parameters("UpdateTimeToLive", parameters, ("TableName", "TimeToLiveSpecification"))
        given = parameters["TimeToLiveSpecification"]
        table = self.database.table(parameters["TableName"])
        table.expires = given["AttributeName"] if given["Enabled"] else None
        return _answered({"TimeToLiveSpecification": given})

    def describe_time_to_live(self, **parameters: Any) -> dict[str, Any]:
        check_parameters("DescribeTimeToLive", parameters, ("TableName",))
        name = self.database.table(parameters["TableName"]).expires
        described = {"TimeToLiveStatus": "DISABLED" if name is None else "ENABLED"}
        return _answered({"TimeToLiveDescription": described | ({} if name is None else {"AttributeName": name})})

    def get_waiter(self, name: str) -> "_AlreadyThere":
        if name != "table_exists":
            raise NotImplementedError(f"The embedded DynamoDB has no waiter {name}")
        return _AlreadyThere(self.database)

    def get_paginator(self, name: str) -> "_Pages":
        return _Pages(self, name)

    def close(self) -> None:
        """There is nothing to close: the data is its owner's."""

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("_"):
            raise AttributeError(name)
        operation = "".join(part.capitalize() for part in name.split("_"))
        raise NotImplementedError(f"The embedded DynamoDB knows no {operation}")


class _AlreadyThere:
    """A waiter for what is there once it was made."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def wait(self, TableName: str, **_: Any) -> None:  # noqa: N803 - boto3's name
        """Raises ResourceNotFoundException."""
        self._database.table(TableName)


class _Pages:
    """A paginator of `query` and `scan`."""

    def __init__(self, client: EmbeddedDynamoDBClient, name: str) -> None:
        if name not in {"query", "scan"}:
            raise NotImplementedError(f"The embedded DynamoDB has no paginator {name}")
        self._read = client.query if name == "query" else client.scan

    def paginate(self, **parameters: Any) -> Iterator[dict[str, Any]]:
        after: dict[str, Any] = {}
        while True:
            page = self._read(**parameters, **after)
            yield page
            if "LastEvaluatedKey" not in page:
                return
            after = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def _described(description: dict[str, Any], items: int) -> dict[str, Any]:
    indexes = [{**index, "IndexStatus": "ACTIVE"} for index in description.get("GlobalSecondaryIndexes", ())]
    more = {"GlobalSecondaryIndexes": indexes} if indexes else {}
    return {**description, "TableStatus": "ACTIVE", "ItemCount": items, **more}


def _answered(answer: dict[str, Any]) -> dict[str, Any]:
    answer["ResponseMetadata"] = {"HTTPStatusCode": 200, "RetryAttempts": 0}
    return answer
