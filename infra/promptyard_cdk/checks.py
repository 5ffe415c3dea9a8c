"""What cannot be right is said before anything is synthesised."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, get_type_hints

from aws_cdk import Token, aws_ec2
from jsii.errors import JSIIError
from pydantic import ConfigDict, TypeAdapter, ValidationError

from promptyard_cdk.groups import Group, load_groups
from promptyard_cdk.limits.concurrency import Concurrency
from promptyard_cdk.props import PLAIN, InvalidProps, PromptyardApiProps
from promptyard_cdk.variables import check_settings

MEMORY_MB = range(128, 10_240 + 1)
"""What Lambda takes: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""
MAX_RUN_DEADLINE_SECONDS = 880
"""Lambda's 15 minutes, less what the function needs to end its stream and to settle the run."""

RESERVED = frozenset(
    {
        "_HANDLER",
        "_X_AMZN_TRACE_ID",
        "AWS_DEFAULT_REGION",
        "AWS_REGION",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_LAMBDA_RUNTIME_API",
        "LAMBDA_TASK_ROOT",
        "LAMBDA_RUNTIME_DIR",
    }
)
"""Lambda's own: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html"""

_VARIABLE = re.compile(r"[A-Za-z][A-Za-z0-9_]+")
_RUNTIME_VERSION = re.compile(r"arn:aws[a-z-]*:lambda:[a-z0-9-]+::runtime:[0-9a-f]{64}")
_WEB_ACL = re.compile("arn:aws[a-z-]*:wafv2:[a-z0-9-]+:[0-9]{12}:regional/webacl/[A-Za-z0-9_-]+/[0-9a-f-]+")
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://[^/,?#\s]+")


def chosen_groups(props: PromptyardApiProps) -> dict[str, Group]:
    """The groups to deploy, by name, in the order of `groups.toml`. Raises InvalidProps."""
    for name, given, kind in _given(props):
        check_kind(name, given, kind)
    there = load_groups()
    if props.groups is None:
        return there
    _check_known("groups", props.groups, there)
    with_routes = {name for name, group in there.items() if group.has_routes}
    if not with_routes & set(props.groups):
        raise InvalidProps(f"groups: name at least one of {_listed(with_routes)}, or leave it out for all of them")
    tables = set[str]().union(*(there[name].tables() for name in props.groups))
    return {
        name: group.within(tables)
        for name, group in there.items()
        if name in props.groups
        or (group.mode == "scheduled" and group.within(tables).tables() <= tables)
        or (group.mode == "queue" and any(there[chosen].queues for chosen in props.groups))
    }


def check(props: PromptyardApiProps, groups: Mapping[str, Group]) -> None:
    """Raises InvalidProps."""
    _check_numbers(props, groups)
    _check_gateway(props)
    Concurrency(props, groups)
    _check_access(props)
    _check_network(props)
    for group in groups.values():
        check_settings(group, props)
    if props.rest_api is not None and props.domain is not None:
        raise InvalidProps("domain: goes with an API of the construct's own; give rest_api its domain where it is made")
    if props.rest_api is not None and props.web_acl is not None:
        raise InvalidProps("web_acl: goes with an API of the construct's own; rest_api has its own stage")
    if props.rest_api is not None and props.throttle:
        raise InvalidProps("throttle: goes with an API of the construct's own; rest_api has its own stage")
    if props.stores is not None:
        needed = set[str]().union(*(group.tables() for group in groups.values()))
        if missing := needed - props.stores.tables.keys():
            raise InvalidProps(f"stores: the groups need the tables {_listed(missing)}, too")


def check_kind(name: str, given: Any, kind: Any) -> None:
    """Whether it is of that type: a file and Python alike may give anything. Raises InvalidProps."""
    try:
        TypeAdapter(kind, config=ConfigDict(strict=True)).validate_python(given)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = "".join(f".{part}" for part in first["loc"])
        raise InvalidProps(f"{name}: {first['msg']}{' at ' + where[1:] if where else ''}") from None


def _given(props: PromptyardApiProps) -> Iterator[tuple[str, Any, Any]]:
    """What is no object of the CDK's: its name, its value and its type."""
    hints = get_type_hints(PromptyardApiProps)
    for name in PLAIN:
        yield name, getattr(props, name), hints[name]
    for group, limit in props.throttle.items():
        yield f"throttle.{group}.rate", limit.rate, float
        yield f"throttle.{group}.burst", limit.burst, int
    if props.guardrail is not None:
        yield "guardrail", vars(props.guardrail), dict[str, str]


def _check_numbers(props: PromptyardApiProps, groups: Mapping[str, Group]) -> None:
    for name, given in (
        ("memory", props.memory),
        ("throttle", props.throttle),
        ("reserved_concurrency", props.reserved_concurrency),
    ):
        _check_known(name, given, groups)
    for group, megabytes in props.memory.items():
        if megabytes not in MEMORY_MB:
            low, high = MEMORY_MB[0], MEMORY_MB[-1]
            raise InvalidProps(f"memory: {group} is given {megabytes} MB; Lambda takes {low} to {high}")
    for group, limit in props.throttle.items():
        if not (0 < limit.rate < math.inf and 0 < limit.burst < math.inf):
            raise InvalidProps(f"throttle: rate and burst of {group} have to be above 0")
    if props.account_concurrency is not None and props.account_concurrency < 1:
        raise InvalidProps("account_concurrency: has to be 1 or more; leave it out where it is not known")
    if not 0 < props.run_deadline_seconds <= MAX_RUN_DEADLINE_SECONDS:
        raise InvalidProps(
            f"run_deadline_seconds: is {props.run_deadline_seconds}; a run may take 1 to {MAX_RUN_DEADLINE_SECONDS} "
            "seconds, for Lambda ends after 15 minutes"
        )
    if not (props.runtime_updates in {"auto", "function_update"} or _RUNTIME_VERSION.fullmatch(props.runtime_updates)):
        raise InvalidProps(
            f"runtime_updates: is {props.runtime_updates!r}; it takes auto, function_update, or the ARN of a runtime "
            "version: arn:aws:lambda:eu-west-1::runtime:…"
        )
    if props.retention_days is not None and props.retention_days < 1:
        raise InvalidProps("retention_days: has to be 1 or more; leave it out to keep runs for good")


def _check_gateway(props: PromptyardApiProps) -> None:
    """Who and what stands before the functions."""
    kind = None if props.gateway_auth is None else props.gateway_auth.get("kind")
    if props.gateway_auth is not None and kind not in {"authorizer", "iam"}:
        raise InvalidProps('gateway_auth: kind has to be "authorizer" or "iam"')
    if props.authorizer is not None and props.user_pools:
        raise InvalidProps("user_pools: stand in authorizer's place; give one of the two")
    has_authorizer = props.authorizer is not None or bool(props.user_pools)
    if has_authorizer and kind != "authorizer":
        raise InvalidProps(
            'authorizer: say in gateway_auth what its word means: {"kind": "authorizer", "tenant_claim": …, '
            '"role_claim": …}'
        )
    if not has_authorizer and kind == "authorizer":
        raise InvalidProps("gateway_auth: is of an authorizer, so give authorizer, too")
    if props.web_acl is not None and not Token.is_unresolved(props.web_acl) and not _WEB_ACL.fullmatch(props.web_acl):
        raise InvalidProps(
            f"web_acl: {props.web_acl!r} is no ARN of a regional web ACL; one is like "
            "arn:aws:wafv2:…:regional/webacl/…/…"
        )


def _check_access(props: PromptyardApiProps) -> None:
    for variable in props.environment:
        if variable in RESERVED or not _VARIABLE.fullmatch(variable):
            raise InvalidProps(f"environment: {variable!r} cannot be the name of a variable in Lambda")
        if variable.endswith(("_KEY", "_TOKEN", "_SECRET", "_HEADERS")):
            raise InvalidProps(f"environment: {variable} would stand in the template; put it into provider_secrets")
    _check_secrets(props)
    for model in props.bedrock_models or ():
        if not Token.is_unresolved(model) and not model.startswith("arn:"):
            raise InvalidProps(
                f"bedrock_models: {model!r} is no ARN; one is like arn:aws:bedrock:*::foundation-model/…"
            )
    guardrail = props.guardrail
    if guardrail is not None and not Token.is_unresolved(guardrail.arn) and ":guardrail/" not in guardrail.arn:
        raise InvalidProps(f"guardrail: {guardrail.arn!r} is no ARN of a guardrail; one is like arn:aws:bedrock:…")
    for origin in props.cors_origins:
        if not Token.is_unresolved(origin) and not _ORIGIN.fullmatch(origin):
            raise InvalidProps(f"cors_origins: {origin!r} is no origin; one is like https://app.example.com")


def _check_secrets(props: PromptyardApiProps) -> None:
    """What may be written for tenants may not be the deployment's own."""
    for variable, secret in props.provider_secrets.items():
        name = secret.secret_name
        if props.secret_prefix and not Token.is_unresolved(name) and name.startswith(props.secret_prefix):
            raise InvalidProps(
                f"secret_prefix: the secret of {variable} begins with {props.secret_prefix!r}, as those that tenants "
                "keep and functions may overwrite; choose another"
            )


def _check_network(props: PromptyardApiProps) -> None:
    if props.vpc is None:
        if props.vpc_subnets is not None or props.security_groups or props.vpc_endpoints:
            raise InvalidProps("vpc_subnets, security_groups, vpc_endpoints: are of a VPC, so give vpc, too")
        return
    try:
        found = props.vpc.select_subnets(**_selection(props)).subnet_ids
    except (JSIIError, RuntimeError):
        found = []
    if not found:
        raise InvalidProps(
            "vpc: has no private subnets with egress; add some (with a NAT gateway, to reach providers) "
            "or choose others with vpc_subnets"
        )


def _selection(props: PromptyardApiProps) -> dict[str, Any]:
    chosen = props.vpc_subnets or aws_ec2.SubnetSelection(subnet_type=aws_ec2.SubnetType.PRIVATE_WITH_EGRESS)
    return dict(chosen._values)


def _check_known(name: str, given: Sequence[str] | Mapping[str, Any], known: Mapping[str, Group]) -> None:
    for group in given:
        if group not in known:
            raise InvalidProps(f"{name}: there is no group {group!r} here; there are {_listed(known)}")


def _listed(names: Any) -> str:
    return ", ".join(sorted(names))
