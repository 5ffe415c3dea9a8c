"""Creates the tables and buckets of `resources.json`, a CloudFormation template, on any endpoint that speaks the
services' APIs. A resource's metadata names the setting that holds its physical name."""

import json
from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from promptyard.domain.errors import StoreUnavailable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client

_SETTING = "promptyard:setting"
_TABLE_PROPERTIES = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")


def local_names() -> dict[str, str]:
    """A fixed physical name for every resource, by the setting that holds it."""
    return {setting: setting.lower().replace("_", "-") for setting, _ in _resources()}


def create_tables(client: "DynamoDBClient", names: Mapping[str, str]) -> None:
    """Create every table that is not there, under its name in `names` (by setting).

    Raises StoreUnavailable for one that is there without an index which it needs.
    """
    for setting, resource in _resources():
        if resource["Type"] == "AWS::DynamoDB::Table":
            _create_table(client, names[setting], resource["Properties"])


def create_buckets(client: "S3Client", names: Mapping[str, str]) -> None:
    """The same for buckets."""
    for setting, resource in _resources():
        if resource["Type"] == "AWS::S3::Bucket":
            _create_bucket(client, names[setting])


def indexed_tables(names: Mapping[str, str]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The physical names of the tables that have indexes, of those that `names` has, by setting; and what
    CloudFormation knows of each."""
    for setting, resource in _resources():
        if names.get(setting) and "GlobalSecondaryIndexes" in resource["Properties"]:
            yield names[setting], resource["Properties"]


def missing_indexes(description: Mapping[str, Any], properties: Mapping[str, Any]) -> list[Any]:
    """The indexes that a table, as DynamoDB describes it, lacks, as CloudFormation describes them."""
    there = {index["IndexName"] for index in description.get("GlobalSecondaryIndexes", [])}
    return [index for index in properties.get("GlobalSecondaryIndexes", []) if index["IndexName"] not in there]


def bucket_names(names: Mapping[str, str]) -> list[str]:
    return [names[setting] for setting, resource in _resources() if resource["Type"] == "AWS::S3::Bucket"]


def _resources() -> Iterator[tuple[str, dict[str, Any]]]:
    template = json.loads(files(__package__).joinpath("resources.json").read_text())
    for resource in template["Resources"].values():
        if _SETTING in resource.get("Metadata", {}):
            yield resource["Metadata"][_SETTING], resource


def _create_table(client: "DynamoDBClient", name: str, properties: Mapping[str, Any]) -> None:
    from botocore.exceptions import ClientError

    given: Any = {key: properties[key] for key in _TABLE_PROPERTIES if key in properties}
    try:
        client.create_table(TableName=name, **given)
    except client.exceptions.ResourceInUseException:
        _check_indexes(client, name, properties)
        return
    client.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    if "TimeToLiveSpecification" in properties:
        try:
            client.update_time_to_live(TableName=name, TimeToLiveSpecification=properties["TimeToLiveSpecification"])
        except ClientError as error:  # a stand-in may have no TTL: readers leave out what has expired all the same
            if error.response["Error"]["Code"] != "UnknownOperationException":
                raise


def _check_indexes(client: "DynamoDBClient", name: str, properties: Mapping[str, Any]) -> None:
    missing = missing_indexes(client.describe_table(TableName=name)["Table"], properties)
    if missing:
        named = ", ".join(sorted(index["IndexName"] for index in missing))
        raise StoreUnavailable(f"The table {name} is of another version: it has no index {named}")


def _create_bucket(client: "S3Client", name: str) -> None:
    region = client.meta.region_name
    elsewhere: Any = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    try:
        client.create_bucket(Bucket=name, **elsewhere)
    except client.exceptions.BucketAlreadyOwnedByYou:
        return
