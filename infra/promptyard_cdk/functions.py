"""One function a group, with a role of its own that holds the group's grants and nothing else."""

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from promptyard_cdk.acknowledgements import UNTRACED, acknowledge, acknowledge_wildcard
from promptyard_cdk.benchmark_queue import BenchmarkQueue
from promptyard_cdk.bundling import LAMBDA, Bundler, Package
from promptyard_cdk.grants import grant_all
from promptyard_cdk.groups import Group
from promptyard_cdk.limits.sizes import check_policy, check_variables
from promptyard_cdk.props import PromptyardApiProps, Stores
from promptyard_cdk.variables import environment

RUNTIME = lambda_.Runtime.PYTHON_3_14
ARCHITECTURE = lambda_.Architecture.ARM_64
VPC_ACCESS = "service-role/AWSLambdaVPCAccessExecutionRole"
assert RUNTIME.name == f"python{LAMBDA.python}"


class Layers(Construct):
    """The layers that the functions share."""

    def __init__(self, scope: Construct, construct_id: str, bundler: Bundler) -> None:
        super().__init__(scope, construct_id)
        packages = bundler.dependencies(), bundler.promptyard(), bundler.streaming_runtime()
        self.hash = " ".join(package.hash for package in packages)
        self._dependencies = self._layer("Dependencies", packages[0], "Third-party packages")
        self._promptyard = self._layer("Promptyard", packages[1], "The package promptyard")
        self._streaming = self._layer("StreamingRuntime", packages[2], "Streams an ASGI application")

    def of(self, group: Group) -> list[lambda_.ILayerVersion]:
        layers: list[lambda_.ILayerVersion] = [self._dependencies, self._promptyard]
        return [*layers, self._streaming] if group.streams else layers

    def _layer(self, name: str, package: Package, description: str) -> lambda_.LayerVersion:
        return lambda_.LayerVersion(
            self,
            name,
            code=code_of(package),
            description=description,
            compatible_runtimes=[RUNTIME],
            compatible_architectures=[ARCHITECTURE],
        )


def code_of(package: Package) -> lambda_.AssetCode:
    return lambda_.Code.from_asset(str(package.path), asset_hash=package.hash)


def _runtime_management(updates: str) -> lambda_.RuntimeManagementMode | None:
    """None is what Lambda does by itself."""
    if updates == "auto":
        return None
    if updates == "function_update":
        return lambda_.RuntimeManagementMode.FUNCTION_UPDATE
    return lambda_.RuntimeManagementMode.manual(updates)


class GroupFunction(Construct):
    """`function`, and `alias`, the published version of it that the API calls. `snap_start`: whether that starts from a
    snapshot."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        group: Group,
        props: PromptyardApiProps,
        stores: Stores,
        layers: Layers,
        bundler: Bundler,
        secret_prefix: str,
        metrics_namespace: str,
        failures: sqs.IQueue,
        benchmarks: BenchmarkQueue | None,
    ) -> None:
        super().__init__(scope, construct_id)
        self.group = group
        self.log_group = logs.LogGroup(
            self,
            "Logs",
            retention=props.log_retention,
            encryption_key=props.encryption_key,
            removal_policy=RemovalPolicy.DESTROY,
        )
        role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        self.log_group.grant_write(role)
        if props.vpc is not None:
            role.add_managed_policy(iam.ManagedPolicy.from_aws_managed_policy_name(VPC_ACCESS))
        grant_all(role, group, props, stores, secret_prefix)
        variables = environment(group, props, stores, secret_prefix)
        if benchmarks is not None and group.queues:
            benchmarks.grant(role, group)
            variables = benchmarks.settings() | variables
        if props.monitoring and group.settles_runs:
            variables["PROMPTYARD_METRICS_NAMESPACE"] = metrics_namespace
        check_variables(self, group, variables, props)
        scheduled = group.mode == "scheduled"
        self.snap_start = props.snap_start and group.has_routes  # nobody waits for the others
        package = bundler.function(group.name)
        self.function = lambda_.Function(
            self,
            "Function",
            description=f"Promptyard: {group.name}",
            code=code_of(package),
            handler=group.handler,
            runtime=RUNTIME,
            architecture=ARCHITECTURE,
            layers=layers.of(group),
            reserved_concurrent_executions=props.reserved_concurrency.get(group.name),
            memory_size=props.memory.get(group.name, group.memory),
            timeout=Duration.seconds(group.timeout),
            environment=variables,
            environment_encryption=props.encryption_key,
            role=role,
            log_group=self.log_group,
            logging_format=lambda_.LoggingFormat.JSON,
            application_log_level_v2=lambda_.ApplicationLogLevel[props.log_level],
            tracing=lambda_.Tracing.ACTIVE if props.tracing else lambda_.Tracing.DISABLED,
            runtime_management_mode=_runtime_management(props.runtime_updates),
            snap_start=lambda_.SnapStartConf.ON_PUBLISHED_VERSIONS if self.snap_start else None,
            dead_letter_queue=failures if scheduled or self.snap_start else None,
            vpc=props.vpc,
            vpc_subnets=props.vpc_subnets,
            security_groups=list(props.security_groups) or None,
        )
        # Without this a change of a layer alone would publish no version, unless the app has set a feature flag.
        self.function.invalidate_version_based_on(layers.hash)
        self.alias = self.function.add_alias("live")
        if benchmarks is not None and group.mode == "queue":
            self.alias.add_event_source(benchmarks.source(group))
            acknowledge(
                self.alias, "Serverless-LambdaEventSourceMappingDestination", "A queue has none: it puts aside itself"
            )
        check_policy(role, group, props)
        self._acknowledge(role, props)

    def _acknowledge(self, role: iam.Role, props: PromptyardApiProps) -> None:
        acknowledge(
            self.function, "Serverless-LambdaDLQ", "API Gateway waits for the answer: no event is ever left in a queue"
        )
        if self.snap_start:
            acknowledge(
                self.function, "Annotation::@aws-cdk/aws-lambda:snapStartRequirePublish", "The alias is a version's"
            )
        if props.tracing:
            acknowledge_wildcard(role, "*", "X-Ray has no resources: https://docs.aws.amazon.com/xray/latest/devguide")
        else:
            acknowledge(self.function, "Serverless-LambdaTracing", UNTRACED)
        if props.vpc is not None:
            acknowledge(
                role,
                f"AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/{VPC_ACCESS}]",
                "Network interfaces have no names beforehand; AWS keeps the policy right for Lambda",
            )
