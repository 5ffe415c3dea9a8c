"""Functions in a VPC: the security group that they share, and the endpoints of what they ask of AWS."""

from collections.abc import Iterable, Iterator

from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from promptyard_cdk.groups import PROVIDER_KEYS, Group
from promptyard_cdk.props import PromptyardApiProps

_SERVICES = ec2.InterfaceVpcEndpointAwsService
HTTPS = 443


class Network(Construct):
    """`security_groups`: those of the functions."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        vpc: ec2.IVpc,
        subnets: ec2.SubnetSelection | None,
        security_groups: Iterable[ec2.ISecurityGroup],
    ) -> None:
        super().__init__(scope, construct_id)
        self._vpc = vpc
        self._subnets = subnets or ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS)
        self.security_groups = list(security_groups) or [
            ec2.SecurityGroup(self, "Functions", vpc=vpc, description="Promptyard: functions")
        ]

    def add_endpoints(self, groups: Iterable[Group], props: PromptyardApiProps) -> None:
        """Of DynamoDB and S3 in the subnets' route tables, which cost nothing; of the others in the subnets."""
        for name, service in (
            ("DynamoDb", ec2.GatewayVpcEndpointAwsService.DYNAMODB),
            ("S3", ec2.GatewayVpcEndpointAwsService.S3),
        ):
            ec2.GatewayVpcEndpoint(self, name, vpc=self._vpc, service=service, subnets=[self._subnets])
        within = ec2.SecurityGroup(
            self, "Endpoints", vpc=self._vpc, description="Promptyard: endpoints", allow_all_outbound=False
        )
        for group in self.security_groups:
            within.add_ingress_rule(group, ec2.Port.tcp(HTTPS), "Functions")
        for name, endpoint in _interfaces(list(groups), props):
            ec2.InterfaceVpcEndpoint(
                self,
                name,
                vpc=self._vpc,
                service=endpoint,
                subnets=self._subnets,
                security_groups=[within],
                open=False,
            )


def _interfaces(
    groups: list[Group], props: PromptyardApiProps
) -> Iterator[tuple[str, ec2.InterfaceVpcEndpointAwsService]]:
    # For tenants' collectors alone there is none: who has no other way out than endpoints reaches no collector.
    if props.provider_secrets or any(PROVIDER_KEYS in group.secrets() for group in groups):
        yield "SecretsManager", _SERVICES.SECRETS_MANAGER
    if any(group.queues for group in groups):
        yield "Sqs", _SERVICES.SQS
    if props.event_bus is not None and any(group.publishes for group in groups):
        yield "EventBridge", _SERVICES.EVENTBRIDGE
    if any(group.models for group in groups) and props.bedrock_models != []:
        yield "BedrockRuntime", _SERVICES.BEDROCK_RUNTIME
