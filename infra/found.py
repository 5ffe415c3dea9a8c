"""What a deployment's file names by its name or ARN, because it is there already."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, TypeVar, get_type_hints

from aws_cdk import Stack
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_cognito as cognito
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_events as events
from aws_cdk import aws_kms as kms
from aws_cdk import aws_route53 as route53
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from jsii.errors import JSIIError

from promptyard_cdk import Domain, InvalidProps, Stores
from promptyard_cdk.acknowledgements import acknowledge
from promptyard_cdk.checks import check_kind

KEY_ARN = "arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+"
CERTIFICATE_ARN = "arn:aws[a-z-]*:acm:[a-z0-9-]+:[0-9]{12}:certificate/[A-Za-z0-9-]+"
POOL_ARN = "arn:aws[a-z-]*:cognito-idp:[a-z0-9-]+:[0-9]{12}:userpool/[A-Za-z0-9_-]+"
ID = "{}-[0-9a-f]{{8,17}}"
"""Of something in Amazon EC2, by its kind."""
DOMAIN_NAME = r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+"
BASE_PATH = r"[A-Za-z0-9$_.+!*'()-]+"

_NOT_ASKED = "not-asked"
"""The zone of a subnet, which the CDK wants to be told and which stands nowhere in the template."""

Made = TypeVar("Made")


def made(kind: type[Made], name: str, values: Any) -> Made:
    """A dataclass of what the file says under that name. Raises InvalidProps."""
    try:
        found = kind(**values)
    except TypeError:
        takes = ", ".join(field.name for field in fields(kind))  # type: ignore[arg-type]
        raise InvalidProps(f"{name}: takes {takes}") from None
    return found


def _checked(found: Any, name: str) -> None:
    """Raises InvalidProps where a field is not of its type."""
    for field, hint in get_type_hints(type(found)).items():
        check_kind(f"{name}.{field}", getattr(found, field), hint)


def _check_form(name: str, text: str, form: str, like: str) -> None:
    if not re.fullmatch(form, text):
        raise InvalidProps(f"{name}: {text!r} is none; one is like {like}")


@dataclass(frozen=True)
class NamedStores:
    """A bucket and tables, by what is in them."""

    tables: dict[str, str]
    bucket: str

    def found(self, stack: Stack) -> Stores:
        """Raises InvalidProps."""
        _checked(self, "stores")
        tables = {
            name: dynamodb.Table.from_table_name(stack, f"{name}-table", actual) for name, actual in self.tables.items()
        }
        return Stores(tables, s3.Bucket.from_bucket_name(stack, "runs-bucket", self.bucket))


@dataclass(frozen=True)
class NamedNetwork:
    """A VPC, the subnets of it that functions are in, and their route tables: one, or one a subnet."""

    id: str
    subnets: list[str]
    security_groups: list[str] | None = None
    endpoints: bool = False
    route_tables: list[str] | None = None

    def found(self, stack: Stack) -> dict[str, Any]:
        """The properties that follow. Raises InvalidProps."""
        _checked(self, "vpc")
        groups, tables = self.security_groups or [], self.route_tables or []
        named = {"id": [self.id], "subnets": self.subnets, "security_groups": groups, "route_tables": tables}
        for field, kind in {"id": "vpc", "subnets": "subnet", "security_groups": "sg", "route_tables": "rtb"}.items():
            for each in named[field]:
                _check_form(f"vpc.{field}", each, ID.format(kind), f"{kind}-0123456789abcdef0")
        if not self.subnets:
            raise InvalidProps("vpc.subnets: name at least one, better one in each of several zones")
        if self.endpoints and len(tables) not in {1, len(self.subnets)}:
            raise InvalidProps(
                "vpc.route_tables: endpoints of DynamoDB and S3 stand in the route tables of the subnets; name the one "
                "that all have, or one for each"
            )
        vpc = ec2.Vpc.from_vpc_attributes(stack, "vpc", vpc_id=self.id, availability_zones=[_NOT_ASKED])
        subnets = [
            ec2.Subnet.from_subnet_attributes(
                stack,
                subnet,
                subnet_id=subnet,
                availability_zone=_NOT_ASKED,
                route_table_id=tables[number % len(tables)] if tables else None,
            )
            for number, subnet in enumerate(self.subnets)
        ]
        for within in subnets:
            acknowledge(within, "Annotation::@aws-cdk/aws-ec2:noSubnetRouteTableId", "Nothing is put into its routes")
        return {
            "vpc": vpc,
            "vpc_subnets": ec2.SubnetSelection(subnets=subnets),
            "security_groups": [ec2.SecurityGroup.from_security_group_id(stack, each, each) for each in groups],
            "vpc_endpoints": self.endpoints,
        }


@dataclass(frozen=True)
class NamedDomain:
    """A domain's name, the ARN of its certificate, and the zone of Route 53 (`id`, `name`) that points at it."""

    name: str
    certificate: str
    hosted_zone: dict[str, str] | None = None
    base_path: str | None = None

    def found(self, stack: Stack) -> Domain:
        """Raises InvalidProps."""
        _checked(self, "domain")
        _check_form("domain.name", self.name, DOMAIN_NAME, "prompts.example.com")
        _check_form("domain.certificate", self.certificate, CERTIFICATE_ARN, "arn:aws:acm:…:certificate/…")
        if self.base_path is not None:
            _check_form("domain.base_path", self.base_path, BASE_PATH, "prompts")
        return Domain(
            self.name,
            acm.Certificate.from_certificate_arn(stack, "certificate", self.certificate),
            self._zone(stack),
            self.base_path,
        )

    def _zone(self, stack: Stack) -> route53.IHostedZone | None:
        if self.hosted_zone is None:
            return None
        if self.hosted_zone.keys() != {"id", "name"}:
            raise InvalidProps("domain.hosted_zone: takes id, name")
        if not f".{self.name}".endswith(f".{self.hosted_zone['name']}"):
            raise InvalidProps(f"domain.hosted_zone: {self.name} is not in the zone {self.hosted_zone['name']}")
        return route53.HostedZone.from_hosted_zone_attributes(
            stack, "zone", hosted_zone_id=self.hosted_zone["id"], zone_name=self.hosted_zone["name"]
        )


@dataclass(frozen=True)
class NamedAuthorizer:
    """Cognito's user pools, by their ARNs."""

    user_pools: list[str]

    def found(self, stack: Stack) -> list[cognito.IUserPool]:
        """Raises InvalidProps."""
        _checked(self, "authorizer")
        if not self.user_pools:
            raise InvalidProps("authorizer.user_pools: name at least one")
        for arn in self.user_pools:
            _check_form("authorizer.user_pools", arn, POOL_ARN, "arn:aws:cognito-idp:…:userpool/…")
        return [
            cognito.UserPool.from_user_pool_arn(stack, f"user-pool-{number}", arn)
            for number, arn in enumerate(self.user_pools)
        ]


def secret(stack: Stack, variable: str, name: str) -> secretsmanager.ISecret:
    """By its name or its whole ARN. Raises InvalidProps."""
    if not name.startswith("arn:"):
        return secretsmanager.Secret.from_secret_name_v2(stack, variable, name)
    try:
        return secretsmanager.Secret.from_secret_complete_arn(stack, variable, name)
    except (JSIIError, RuntimeError):
        raise InvalidProps(f"provider_secrets: {name!r} is no whole ARN of a secret") from None


def event_bus(stack: Stack, settings: Mapping[str, Any]) -> events.IEventBus | None:
    """By its name or its ARN. Raises InvalidProps."""
    name = settings.get("event_bus")
    if name is None:
        return None
    if name.startswith("arn:"):
        try:
            return events.EventBus.from_event_bus_arn(stack, "event-bus", name)
        except (JSIIError, RuntimeError):
            raise InvalidProps(f"event_bus: {name!r} is no ARN of an event bus") from None
    return events.EventBus.from_event_bus_name(stack, "event-bus", name)


def encryption_key(stack: Stack, settings: Mapping[str, Any]) -> kms.IKey | None:
    """By its ARN. Raises InvalidProps."""
    arn = settings.get("encryption_key")
    if arn is None:
        return None
    if not re.fullmatch(KEY_ARN, arn):
        raise InvalidProps(f"encryption_key: {arn!r} is no ARN of a key; one is like arn:aws:kms:…:key/…")
    return kms.Key.from_key_arn(stack, "encryption-key", arn)
