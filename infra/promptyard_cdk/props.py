"""What can be chosen of a deployment, and what cannot be right said before anything is synthesised."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from aws_cdk import (
    RemovalPolicy,
    Token,
    aws_apigateway,
    aws_dynamodb,
    aws_ec2,
    aws_events,
    aws_kms,
    aws_logs,
    aws_s3,
    aws_sns,
)
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_route53 as route53
from aws_cdk import aws_secretsmanager as secretsmanager
from jsii.errors import JSIIError

from promptyard_cdk.groups import Group, load_groups

MEMORY_MB = range(128, 10_240 + 1)
"""What Lambda takes: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""
MAX_RUN_DEADLINE_SECONDS = 880
"""Lambda's 15 minutes, less what the function needs to end its stream and to settle the run."""


class InvalidProps(ValueError):
    """A property that cannot be used. The message says which, and what to change."""


@dataclass(frozen=True)
class Stores:
    """Where the data is: the tables by name (`runs`, `prompts`, …), and the bucket of what is too large for an item."""

    tables: Mapping[str, aws_dynamodb.ITable]
    bucket: aws_s3.IBucket


@dataclass(frozen=True)
class Throttle:
    """What each method of a group takes: requests a second, and at once."""

    rate: float
    burst: int


@dataclass(frozen=True)
class Domain:
    """A domain name of the API's own. With a hosted zone, the record that points at the API is made too."""

    name: str
    certificate: acm.ICertificate
    hosted_zone: route53.IHostedZone | None = None


@dataclass(frozen=True)
class Guardrail:
    """A guardrail of Amazon Bedrock that scores toxicity and jailbreaks; without one a judge does."""

    arn: str
    version: str = "DRAFT"


@dataclass(frozen=True, kw_only=True)
class PromptyardApiProps:
    """All have defaults: without any, everything is made anew and nothing is shared."""

    groups: Sequence[str] | None = None
    """Which groups of routes to deploy; all. What is scheduled comes with the groups whose data it looks after."""
    memory: Mapping[str, int] = field(default_factory=dict)
    """MB by group, where it is not to be the group's own."""
    throttle: Mapping[str, Throttle] = field(default_factory=dict)
    """By group, where it is not to be the usual one. Not with `rest_api`, whose stage is its owner's."""
    cors_origins: Sequence[str] = ()
    """The origins whose pages may call."""
    retention_days: int | None = None
    """How long runs are kept; without it they are kept."""
    run_deadline_seconds: int = 300
    """The longest that one run may take."""
    log_level: Literal["DEBUG", "INFO", "WARN", "ERROR"] = "INFO"
    log_retention: aws_logs.RetentionDays = aws_logs.RetentionDays.THREE_MONTHS
    environment: Mapping[str, str] = field(default_factory=dict)
    """More variables for the functions, such as OPENAI_BASE_URL. Never keys: they go into `provider_secrets`."""

    jwt_issuers: Sequence[Mapping[str, Any]] = ()
    """Whose tokens are taken: PROMPTYARD_JWT_ISSUERS."""
    authorizer: aws_apigateway.IAuthorizer | None = None
    """API Gateway's authorizer before every route but /health, the page and the description of the API. Needs
    `gateway_auth`."""
    gateway_auth: Mapping[str, Any] | None = None
    """What the authorizer's word means: PROMPTYARD_GATEWAY_AUTH. With `"kind": "iam"`, callers sign their requests."""
    provider_secrets: Mapping[str, secretsmanager.ISecret] = field(default_factory=dict)
    """The deployment's own provider keys: a secret for each variable that the provider's SDK reads, such as
    OPENAI_API_KEY. The secret's value is the key."""
    bedrock_models: Sequence[str] | None = None
    """ARNs of the models and inference profiles on Amazon Bedrock that may be called; all. Empty: none."""
    guardrail: Guardrail | None = None
    event_bus: aws_events.IEventBus | None = None
    """Is told of new prompt versions."""

    stores: Stores | None = None
    """Existing data; else it is made, and kept when the stack goes."""
    removal_policy: RemovalPolicy = RemovalPolicy.RETAIN
    encryption_key: aws_kms.IKey | None = None
    """Encrypts what the construct makes: tables, bucket, logs, queue, topic, and the functions' variables."""
    vpc: aws_ec2.IVpc | None = None
    vpc_subnets: aws_ec2.SubnetSelection | None = None
    """Where the functions are; the VPC's private subnets with egress."""
    security_groups: Sequence[aws_ec2.ISecurityGroup] = ()
    rest_api: aws_apigateway.IRestApi | None = None
    """An existing API to add the routes to; else one is made."""
    domain: Domain | None = None
    api_gateway_log_role: bool = True
    """Make the role with which API Gateway writes its logs, and set it for the account and region. False where the
    account has one: there can be only one."""
    secret_prefix: str | None = None
    """How the names of the tenants' secrets begin, and of none in `provider_secrets`; else made of the stack's name and
    the construct's place in it."""

    snap_start: bool = False
    """Start from a snapshot: faster, at a price for each published version, which is called once a week to keep it."""
    tracing: bool = True
    monitoring: bool = True
    """Alarms and a dashboard."""
    alarm_topic: aws_sns.ITopic | None = None
    """Where the alarms go; else a topic is made."""


def chosen_groups(props: PromptyardApiProps) -> dict[str, Group]:
    """The groups to deploy, by name, in the order of `groups.toml`. Raises InvalidProps."""
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
    _check_access(props)
    _check_network(props)
    if props.rest_api is not None and props.domain is not None:
        raise InvalidProps("domain: goes with an API of the construct's own; give rest_api its domain where it is made")
    if props.rest_api is not None and props.throttle:
        raise InvalidProps("throttle: goes with an API of the construct's own; rest_api has its own stage")
    if props.stores is not None:
        needed = set[str]().union(*(group.tables() for group in groups.values()))
        if missing := needed - props.stores.tables.keys():
            raise InvalidProps(f"stores: the groups need the tables {_listed(missing)}, too")


def _check_numbers(props: PromptyardApiProps, groups: Mapping[str, Group]) -> None:
    for name, given in (("memory", props.memory), ("throttle", props.throttle)):
        _check_known(name, given, groups)
    for group, megabytes in props.memory.items():
        if megabytes not in MEMORY_MB:
            low, high = MEMORY_MB[0], MEMORY_MB[-1]
            raise InvalidProps(f"memory: {group} is given {megabytes} MB; Lambda takes {low} to {high}")
    for group, limit in props.throttle.items():
        if limit.rate <= 0 or limit.burst <= 0:
            raise InvalidProps(f"throttle: rate and burst of {group} have to be above 0")
    if not 0 < props.run_deadline_seconds <= MAX_RUN_DEADLINE_SECONDS:
        raise InvalidProps(
            f"run_deadline_seconds: is {props.run_deadline_seconds}; a run may take 1 to {MAX_RUN_DEADLINE_SECONDS} "
            "seconds, for Lambda ends after 15 minutes"
        )
    if props.retention_days is not None and props.retention_days < 1:
        raise InvalidProps("retention_days: has to be 1 or more; leave it out to keep runs for good")


def _check_access(props: PromptyardApiProps) -> None:
    kind = None if props.gateway_auth is None else props.gateway_auth.get("kind")
    if props.gateway_auth is not None and kind not in {"authorizer", "iam"}:
        raise InvalidProps('gateway_auth: kind has to be "authorizer" or "iam"')
    if props.authorizer is not None and kind != "authorizer":
        raise InvalidProps(
            'authorizer: say in gateway_auth what its word means: {"kind": "authorizer", "tenant_claim": …, '
            '"role_claim": …}'
        )
    if props.authorizer is None and kind == "authorizer":
        raise InvalidProps("gateway_auth: is of an authorizer, so give authorizer, too")
    for variable in props.environment:
        if variable.endswith(("_KEY", "_TOKEN", "_SECRET")):
            raise InvalidProps(f"environment: {variable} would stand in the template; put it into provider_secrets")
    _check_secrets(props)
    guardrail = props.guardrail
    if guardrail is not None and not Token.is_unresolved(guardrail.arn) and ":guardrail/" not in guardrail.arn:
        raise InvalidProps(f"guardrail: {guardrail.arn!r} is no ARN of a guardrail; one is like arn:aws:bedrock:…")
    for origin in props.cors_origins:
        if origin.rstrip("/") != origin or "://" not in origin:
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
        if props.vpc_subnets is not None or props.security_groups:
            raise InvalidProps("vpc_subnets, security_groups: are of a VPC, so give vpc, too")
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
