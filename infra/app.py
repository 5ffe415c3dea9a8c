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
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from aws_cdk import App, CfnOutput, RemovalPolicy, Stack, Tags
from aws_cdk import aws_sns_subscriptions as subscriptions

import found
from promptyard_cdk import Guardrail, InvalidProps, PromptyardApi, PromptyardApiProps, Throttle
from promptyard_cdk.acknowledgements import acknowledge
from promptyard_cdk.checks import check_kind
from promptyard_cdk.props import PLAIN

STACK_NAME = "[A-Za-z][A-Za-z0-9-]{0,127}"
"""https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html"""

HERE = Path(__file__).parent
REPOSITORY = HERE.parent
OUTPUT = REPOSITORY / "cdk.out"

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
    "vpc": dict[str, Any],
    "domain": dict[str, Any],
    "authorizer": dict[str, Any],
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
            acknowledge(api.topics["alarms"], "Serverless-SNSRedrivePolicy", "A mail that is lost leaves its alarm")
    for name, value in settings.get("tags", {}).items():
        Tags.of(stack).add(name, value)
    CfnOutput(stack, "Url", value=api.url or "")
    if api.domain_target is not None:
        CfnOutput(stack, "DomainTarget", value=api.domain_target)
    # What the commands of `promptyard.admin` work on, and with.
    for name, table in api.stores.tables.items():
        CfnOutput(stack, f"{name.title()}Table", value=table.table_name)
    CfnOutput(stack, "RunsBucket", value=api.stores.bucket.bucket_name)
    if "retention_days" in settings:
        CfnOutput(stack, "RetentionDays", value=str(settings["retention_days"]))
    return app


def _check(settings: Mapping[str, Any]) -> None:
    if unknown := settings.keys() - KNOWN:
        near = get_close_matches(min(unknown), KNOWN) or ["none"]
        raise InvalidProps(
            f"{', '.join(sorted(unknown))}: no such setting; near is {', '.join(near)}; deployment.example.toml has all"
        )
    for name in OWN.keys() & settings.keys():
        check_kind(name, settings[name], OWN[name])
    if "stack_name" in settings and not re.fullmatch(STACK_NAME, settings["stack_name"]):
        raise InvalidProps("stack_name: takes letters, digits and dashes, at most 128, the first of them a letter")


def _props(stack: Stack, settings: Mapping[str, Any]) -> PromptyardApiProps:
    throttle = {
        group: found.made(Throttle, f"throttle.{group}", limits)
        for group, limits in settings.get("throttle", {}).items()
    }
    policy = RemovalPolicy.RETAIN if settings.get("keep_data", True) else RemovalPolicy.DESTROY
    secrets = {
        variable: found.secret(stack, variable, name) for variable, name in settings.get("provider_secrets", {}).items()
    }
    return PromptyardApiProps(
        throttle=throttle,
        removal_policy=policy,
        provider_secrets=secrets,
        event_bus=found.event_bus(stack, settings),
        encryption_key=found.encryption_key(stack, settings),
        **_named(stack, settings),
        **{name: settings[name] for name in settings.keys() & set(PLAIN)},
    )


def _named(stack: Stack, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The properties that follow from tables of the file which name several things each."""
    props: dict[str, Any] = {}
    if "guardrail" in settings:
        props["guardrail"] = found.made(Guardrail, "guardrail", settings["guardrail"])
    if "stores" in settings:
        props["stores"] = found.made(found.NamedStores, "stores", settings["stores"]).found(stack)
    if "vpc" in settings:
        props |= found.made(found.NamedNetwork, "vpc", settings["vpc"]).found(stack)
    if "domain" in settings:
        props["domain"] = found.made(found.NamedDomain, "domain", settings["domain"]).found(stack)
    if "authorizer" in settings:
        props["user_pools"] = found.made(found.NamedAuthorizer, "authorizer", settings["authorizer"]).found(stack)
    return props


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
