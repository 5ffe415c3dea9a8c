"""The functions' variables, judged at the synthesis by the model that the functions read them with."""

import json
import re
from typing import Any

from promptyard.settings import faults_of_a_function, variable_of
from promptyard_cdk.groups import PROVIDER_KEYS, Group
from promptyard_cdk.props import InvalidProps, PromptyardApiProps, Stores
from promptyard_cdk.storage import BUCKET_SETTING, table_setting

EXEC_WRAPPER = "/opt/asgi-stream-runtime"

_TOKEN = re.compile(r"\$\{Token\[([A-Za-z.]*)[^\]]*\]\}")
"""How the CDK writes into a text what is known only when it is deployed, and what that is."""
_KNOWN = {"AWS.AccountId": "123456789012", "AWS.Partition": "aws", "AWS.Region": "us-east-1"}
"""What an account's own values look like."""
_UNKNOWN = "knownwhendeployed"
_ELSEWHERE = {"guardrail_id": "guardrail", "guardrail_version": "guardrail", "secrets_key": "encryption_key"}
"""Settings that are made of properties of another name."""


def environment(group: Group, props: PromptyardApiProps, stores: Stores, secret_prefix: str) -> dict[str, str]:
    """The function's variables: no table's name that it has no use for. Raises InvalidProps."""
    variables = {table_setting(table): stores.tables[table].table_name for table in sorted(group.tables())}
    if group.objects():
        variables[BUCKET_SETTING] = stores.bucket.bucket_name
    if group.streams:
        variables |= {"AWS_LAMBDA_EXEC_WRAPPER": EXEC_WRAPPER, "ASGI_STREAM_MODE": "stream"}
    return variables | settings(group, props, secret_prefix)


def settings(group: Group, props: PromptyardApiProps, secret_prefix: str | None) -> dict[str, str]:
    """Those of the function's variables that follow from the properties alone. Raises InvalidProps."""
    variables = {"PROMPTYARD_RUN_DEADLINE_SECONDS": str(props.run_deadline_seconds)}
    if props.runs_at_once is not None and "usage" in group.tables():
        variables["PROMPTYARD_RUNS_AT_ONCE"] = str(props.runs_at_once)
    if group.secrets() and secret_prefix is not None:
        variables["PROMPTYARD_SECRET_PREFIX"] = secret_prefix
    if props.encryption_key is not None and any("CreateSecret" in does for does in group.secrets().values()):
        variables["PROMPTYARD_SECRETS_KEY"] = props.encryption_key.key_arn
    if props.cors_origins:
        variables["PROMPTYARD_CORS_ORIGINS"] = ",".join(props.cors_origins)
    if props.retention_days is not None:
        variables["PROMPTYARD_RETENTION_DAYS"] = str(props.retention_days)
    if props.jwt_issuers:
        variables["PROMPTYARD_JWT_ISSUERS"] = _json("jwt_issuers", [dict(issuer) for issuer in props.jwt_issuers])
    if props.gateway_auth is not None:
        variables["PROMPTYARD_GATEWAY_AUTH"] = _json("gateway_auth", dict(props.gateway_auth))
    arns = {
        variable: secret.secret_arn
        for variable, secret in props.provider_secrets.items()
        if PROVIDER_KEYS in group.secrets() or group.reads_secret(variable)
    }
    if arns:
        variables["PROMPTYARD_PROVIDER_SECRETS"] = _json("provider_secrets", arns)
    if props.guardrail is not None and "playgrounds" in group.tables():  # whose metrics and guards ask it
        variables["PROMPTYARD_GUARDRAIL_ID"] = props.guardrail.arn
        variables["PROMPTYARD_GUARDRAIL_VERSION"] = props.guardrail.version
    if props.event_bus is not None and group.publishes:
        variables["PROMPTYARD_EVENT_BUS"] = props.event_bus.event_bus_arn
    return variables | dict(props.environment)


def check_settings(group: Group, props: PromptyardApiProps) -> None:
    """Raises InvalidProps for what the group's function would not start with."""
    variables = {name: _as_deployed(text) for name, text in settings(group, props, props.secret_prefix).items()}
    for name, fault in faults_of_a_function(variables, _UNKNOWN):
        raise InvalidProps(f"{property_of(variable_of(name), props)}: {fault}")


def property_of(variable: str, props: PromptyardApiProps) -> str:
    """The property that a variable is made of."""
    if variable in props.environment:
        return f"environment.{variable}"
    if variable.endswith(("_TABLE", "_BUCKET")):
        return "stores"
    name = variable.removeprefix("PROMPTYARD_").lower()
    return _ELSEWHERE.get(name, name)


def _as_deployed(text: str) -> str:
    return _TOKEN.sub(lambda token: _KNOWN.get(token[1].rstrip("."), _UNKNOWN), text)


def _json(name: str, value: Any) -> str:
    """As short as can be: see `limits/sizes.py`."""
    try:
        return json.dumps(value, separators=(",", ":"))
    except (TypeError, ValueError) as error:
        raise InvalidProps(f"{name}: has to be JSON ({error})") from None
