"""Promptyard in a stack of its own: `make synth`, `make deploy`.

What can be chosen is in a file, `deployment.toml` beside this one or the one that PROMPTYARD_DEPLOYMENT names; without
it everything has its default. `deployment.example.toml` shows what there is.
"""

import json
import os
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

from aws_cdk import App, CfnOutput, RemovalPolicy, Stack, Tags
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sns_subscriptions as subscriptions

from promptyard_cdk import Guardrail, InvalidProps, PromptyardApi, PromptyardApiProps, Stores, Throttle

HERE = Path(__file__).parent
REPOSITORY = HERE.parent
OUTPUT = REPOSITORY / "cdk.out"

Made = TypeVar("Made", Guardrail, Throttle, "_NamedStores")

PLAIN = {
    "groups",
    "memory",
    "cors_origins",
    "retention_days",
    "run_deadline_seconds",
    "log_level",
    "environment",
    "jwt_issuers",
    "gateway_auth",
    "bedrock_models",
    "api_gateway_log_role",
    "secret_prefix",
    "snap_start",
    "tracing",
    "monitoring",
}
"""What is handed on to the construct as it stands."""

KNOWN = PLAIN | {
    "stack_name",
    "termination_protection",
    "keep_data",
    "alarm_emails",
    "tags",
    "throttle",
    "provider_secrets",
    "guardrail",
    "event_bus",
    "stores",
}


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
    for name in ("account", "usage", "runs"):  # what the commands of `promptyard.admin` work on
        CfnOutput(stack, f"{name.title()}Table", value=api.stores.tables[name].table_name)
    CfnOutput(stack, "RunsBucket", value=api.stores.bucket.bucket_name)
    return app


def _check(settings: Mapping[str, Any]) -> None:
    if unknown := settings.keys() - KNOWN:
        raise InvalidProps(f"{', '.join(sorted(unknown))}: no such setting; there are {', '.join(sorted(KNOWN))}")


def _props(stack: Stack, settings: Mapping[str, Any]) -> PromptyardApiProps:
    throttle = {
        group: _made(Throttle, f"throttle.{group}", limits) for group, limits in settings.get("throttle", {}).items()
    }
    policy = RemovalPolicy.RETAIN if settings.get("keep_data", True) else RemovalPolicy.DESTROY
    plain = {name: settings[name] for name in PLAIN & settings.keys()}
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
        stores=stores,
        **plain,
    )


@dataclass(frozen=True)
class _NamedStores:
    """A bucket and tables, by what is in them, that are there already."""

    tables: Mapping[str, str]
    bucket: str

    def found(self, stack: Stack) -> Stores:
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
    find = (
        secretsmanager.Secret.from_secret_complete_arn
        if name.startswith("arn:")
        else secretsmanager.Secret.from_secret_name_v2
    )
    return find(stack, variable, name)


def _event_bus(stack: Stack, settings: Mapping[str, Any]) -> events.IEventBus | None:
    """One that is there already, by its name or its ARN."""
    name = settings.get("event_bus")
    if name is None:
        return None
    if name.startswith("arn:"):
        return events.EventBus.from_event_bus_arn(stack, "event-bus", name)
    return events.EventBus.from_event_bus_name(stack, "event-bus", name)


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
