"""Promptyard in a stack of its own: `make synth`, `make deploy`.

What can be chosen is in a file, `deployment.toml` beside this one or the one that PROMPTYARD_DEPLOYMENT names; without
it everything has its default. `deployment.example.toml` shows what there is.
"""

import json
import os
import re
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

from aws_cdk import App, CfnOutput, RemovalPolicy, Stack, Tags
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sns_subscriptions as subscriptions
from jsii.errors import JSIIError

from promptyard_cdk import Guardrail, InvalidProps, PromptyardApi, PromptyardApiProps, Stores, Throttle
from promptyard_cdk.checks import check_kind
from promptyard_cdk.props import PLAIN

STACK_NAME = "[A-Za-z][A-Za-z0-9-]{0,127}"
"""https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html"""
KEY_ARN = "arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+"

HERE = Path(__file__).parent
REPOSITORY = HERE.parent
OUTPUT = REPOSITORY / "cdk.out"

Made = TypeVar("Made", Guardrail, Throttle, "_NamedStores")

OWN: dict[str, Any] = {
    "stack_name": str,
    "termination_protection": bool,
    "keep_data": bool,
    "alarm_emails": list[str],
    "tags": dict[str, str],
    "throttle": dict[str, dict[str, Any]],
    "provider_secrets": dict[str, str],
    "guardrail": dict[str, Any],
    "event_bus": str,
    "encryption_key": str,
    "stores": dict[str, Any],
}
"""What is not handed on to the construct as it stands, and its types."""

KNOWN = OWN.keys() | set(PLAIN)


def make_app(settings: Mapping[str, Any], outdir: Path = OUTPUT) -> App:
    """Raises InvalidProps."""
    context = json.loads((REPOSITORY / "cdk.json").read_text())["context"]
    app = App(outdir=str(outdir), context=context, analytics_reporting=False)
    _check(settings)
    stack = Stack(
        app,
        settings.get("stack_name", "Promptyard"),
        description="Promptyard, a playground API for language models",
        termination_protection=settings.get("termination_protection", True),
    )
    api = PromptyardApi(stack, "Promptyard", _props(stack, settings))
    for address in settings.get("alarm_emails", []):
        if "alarms" in api.topics:
            api.topics["alarms"].add_subscription(subscriptions.EmailSubscription(address))
    for name, value in settings.get("tags", {}).items():
        Tags.of(stack).add(name, value)
    CfnOutput(stack, "Url", value=api.url or "")
    # What the commands of `promptyard.admin` work on, and with.
    for name in ("account", "usage", "runs", "benchmarks"):
        CfnOutput(stack, f"{name.title()}Table", value=api.stores.tables[name].table_name)
    CfnOutput(stack, "RunsBucket", value=api.stores.bucket.bucket_name)
    if "retention_days" in settings:
        CfnOutput(stack, "RetentionDays", value=str(settings["retention_days"]))
    return app


def _check(settings: Mapping[str, Any]) -> None:
    if unknown := settings.keys() - KNOWN:
        raise InvalidProps(f"{', '.join(sorted(unknown))}: no such setting; there are {', '.join(sorted(KNOWN))}")
    for name in OWN.keys() & settings.keys():
        check_kind(name, settings[name], OWN[name])
    if "stack_name" in settings and not re.fullmatch(STACK_NAME, settings["stack_name"]):
        raise InvalidProps("stack_name: takes letters, digits and dashes, at most 128, the first of them a letter")


def _props(stack: Stack, settings: Mapping[str, Any]) -> PromptyardApiProps:
    throttle = {
        group: _made(Throttle, f"throttle.{group}", limits) for group, limits in settings.get("throttle", {}).items()
    }
    policy = RemovalPolicy.RETAIN if settings.get("keep_data", True) else RemovalPolicy.DESTROY
    plain = {name: settings[name] for name in settings.keys() & set(PLAIN)}
    secrets = {
        variable: _secret(stack, variable, name) for variable, name in settings.get("provider_secrets", {}).items()
    }
    stores = _made(_NamedStores, "stores", settings["stores"]).found(stack) if "stores" in settings else None
    guardrail = _made(Guardrail, "guardrail", settings["guardrail"]) if "guardrail" in settings else None
    return PromptyardApiProps(
        throttle=throttle,
        removal_policy=policy,
        provider_secrets=secrets,
        guardrail=guardrail,
        event_bus=_event_bus(stack, settings),
        encryption_key=_encryption_key(stack, settings),
        stores=stores,
        **plain,
    )


@dataclass(frozen=True)
class _NamedStores:
    """A bucket and tables, by what is in them, that are there already."""

    tables: Mapping[str, str]
    bucket: str

    def found(self, stack: Stack) -> Stores:
        """Raises InvalidProps."""
        check_kind("stores.tables", self.tables, dict[str, str])
        check_kind("stores.bucket", self.bucket, str)
        tables = {
            name: dynamodb.Table.from_table_name(stack, f"{name}-table", actual) for name, actual in self.tables.items()
        }
        return Stores(tables, s3.Bucket.from_bucket_name(stack, "runs-bucket", self.bucket))


def _made(kind: type[Made], name: str, values: Mapping[str, Any]) -> Made:
    try:
        return kind(**values)
    except TypeError:
        takes = ", ".join(field.name for field in fields(kind))
        raise InvalidProps(f"{name}: takes {takes}") from None


def _secret(stack: Stack, variable: str, name: str) -> secretsmanager.ISecret:
    """One that is there already, by its name or its whole ARN."""
    if not name.startswith("arn:"):
        return secretsmanager.Secret.from_secret_name_v2(stack, variable, name)
    try:
        return secretsmanager.Secret.from_secret_complete_arn(stack, variable, name)
    except (JSIIError, RuntimeError):
        raise InvalidProps(f"provider_secrets: {name!r} is no whole ARN of a secret") from None


def _event_bus(stack: Stack, settings: Mapping[str, Any]) -> events.IEventBus | None:
    """One that is there already, by its name or its ARN."""
    name = settings.get("event_bus")
    if name is None:
        return None
    if name.startswith("arn:"):
        try:
            return events.EventBus.from_event_bus_arn(stack, "event-bus", name)
        except (JSIIError, RuntimeError):
            raise InvalidProps(f"event_bus: {name!r} is no ARN of an event bus") from None
    return events.EventBus.from_event_bus_name(stack, "event-bus", name)


def _encryption_key(stack: Stack, settings: Mapping[str, Any]) -> kms.IKey | None:
    """One that is there already, by its ARN."""
    arn = settings.get("encryption_key")
    if arn is None:
        return None
    if not re.fullmatch(KEY_ARN, arn):
        raise InvalidProps(f"encryption_key: {arn!r} is no ARN of a key; one is like arn:aws:kms:…:key/…")
    return kms.Key.from_key_arn(stack, "encryption-key", arn)


def read_settings() -> dict[str, Any]:
    """Raises InvalidProps."""
    named = os.environ.get("PROMPTYARD_DEPLOYMENT")
    file = Path(named) if named else HERE / "deployment.toml"
    if not named and not file.exists():
        return {}
    try:
        return tomllib.loads(file.read_text())
    except (OSError, ValueError) as error:
        raise InvalidProps(f"{file}: {error}") from None


if __name__ == "__main__":
    try:
        make_app(read_settings()).synth()
    except InvalidProps as error:
        sys.exit(f"promptyard: {error}")
