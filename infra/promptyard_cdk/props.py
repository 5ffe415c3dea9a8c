"""What can be chosen of a deployment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from aws_cdk import (
    RemovalPolicy,
    aws_apigateway,
    aws_cognito,
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

PLAIN = (
    "groups",
    "memory",
    "cors_origins",
    "retention_days",
    "run_deadline_seconds",
    "runs_at_once",
    "reserved_concurrency",
    "account_concurrency",
    "log_level",
    "environment",
    "jwt_issuers",
    "gateway_auth",
    "bedrock_models",
    "api_gateway_log_role",
    "secret_prefix",
    "snap_start",
    "runtime_updates",
    "tracing",
    "monitoring",
    "web_acl",
    "canary_minutes",
)
"""The properties that hold nothing of the CDK's, and can be written in a file."""


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
    """A domain name of the API's own, whose certificate is of the same region. With a hosted zone, the record that
    points at the API is made too. `base_path`: the part of the path that the API is under; all of it."""

    name: str
    certificate: acm.ICertificate
    hosted_zone: route53.IHostedZone | None = None
    base_path: str | None = None


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
    reserved_concurrency: Mapping[str, int] = field(default_factory=dict)
    """By group, also those without routes: how many of its calls Lambda carries out at once, which nothing else may
    take and which it does not go beyond."""
    account_concurrency: int | None = None
    """How many calls Lambda carries out at once in the account and region: *Concurrent executions* in Service Quotas.
    Reservations and throttles have to fit into it. Where it is given, the sweeper has calls of its own; else 1,000 are
    counted on, and nothing is reserved that is not in `reserved_concurrency`."""
    runs_at_once: int | None = None
    """How many runs of one tenant may go on at once, where the tenant has no number of its own; a fifth of
    the calls that may go on of the functions that carry runs."""
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
    `gateway_auth`. It belongs to one API, so that one stands in the stack itself, and not in a nested one."""
    user_pools: Sequence[aws_cognito.IUserPool] = ()
    """Cognito's user pools whose ID tokens are asked for in such an authorizer's place. Needs `gateway_auth`."""
    gateway_auth: Mapping[str, Any] | None = None
    """What the authorizer's word means: PROMPTYARD_GATEWAY_AUTH. With `"kind": "iam"`, callers sign their requests."""
    provider_secrets: Mapping[str, secretsmanager.ISecret] = field(default_factory=dict)
    """The deployment's own provider keys: a secret for each variable that the provider's SDK reads, such as
    OPENAI_API_KEY. The secret's value is the key. Also the headers of a collector of traces:
    OTEL_EXPORTER_OTLP_HEADERS."""
    bedrock_models: Sequence[str] | None = None
    """ARNs of the models and inference profiles on Amazon Bedrock that may be called; all. Empty: none."""
    guardrail: Guardrail | None = None
    event_bus: aws_events.IEventBus | None = None
    """Is told of new prompt versions."""

    stores: Stores | None = None
    """Existing data; else it is made, and kept when the stack goes."""
    removal_policy: RemovalPolicy = RemovalPolicy.RETAIN
    encryption_key: aws_kms.IKey | None = None
    """Encrypts what the construct makes: tables, bucket, logs, queues, topic, the functions' variables, and the secrets
    of tenants that are made from now on. Of `stores`: give the key that they were made with, so that functions may use
    it. What an imported key's own policy has to allow is told at the synthesis."""
    vpc: aws_ec2.IVpc | None = None
    vpc_subnets: aws_ec2.SubnetSelection | None = None
    """Where the functions are; the VPC's private subnets with egress."""
    security_groups: Sequence[aws_ec2.ISecurityGroup] = ()
    """Those of the functions; else one is made that lets everything out and nothing in."""
    vpc_endpoints: bool = False
    """Make the VPC's endpoints of what the functions ask of AWS, for subnets that have no way out, or a dear one."""
    rest_api: aws_apigateway.IRestApi | None = None
    """An existing API to add the routes to; else one is made."""
    domain: Domain | None = None
    web_acl: str | None = None
    """The ARN of a regional web ACL of AWS WAF that stands before the API's stage."""
    api_gateway_log_role: bool = True
    """Make the role with which API Gateway writes its logs, and set it for the account and region. False where the
    account has one: there can be only one."""
    secret_prefix: str | None = None
    """How the names of the tenants' secrets begin, and of none in `provider_secrets`; else made of the stack's name and
    the construct's place in it."""

    snap_start: bool = False
    """Start from a snapshot: faster, at a price for each published version, which is called once a week to keep it."""
    runtime_updates: str = "auto"
    """When Lambda may give the functions another patch version of Python and of boto3: `auto`, when AWS has one;
    `function_update`, when they are deployed; or the ARN of the runtime version that they keep until another is
    named."""
    canary_minutes: Literal[5, 10, 15, 30] | None = None
    """With each deployment, a new version answers a tenth of the calls for so long; where it fails, all versions go
    back to the ones before."""
    tracing: bool = False
    """X-Ray, whose traces are paid for by the run. OpenTelemetry needs none of it."""
    monitoring: bool = True
    """Alarms, a dashboard, and a line of metrics for each run."""
    alarm_topic: aws_sns.ITopic | None = None
    """Where the alarms go; else a topic is made."""
