"""The construct: the API as it stands in a stack, its own or yours."""

import tempfile
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

from aws_cdk import Aws, Names, Tags, Validations
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from constructs import Construct

from promptyard_cdk.api import Api
from promptyard_cdk.benchmark_queue import BenchmarkQueue
from promptyard_cdk.bundling import LAMBDA, Bundler
from promptyard_cdk.checks import check, chosen_groups
from promptyard_cdk.encryption import allow_services
from promptyard_cdk.functions import GroupFunction, Layers
from promptyard_cdk.groups import Group
from promptyard_cdk.limits.concurrency import Concurrency
from promptyard_cdk.monitoring import Monitoring
from promptyard_cdk.options.canary import Canaries
from promptyard_cdk.options.network import Network
from promptyard_cdk.props import InvalidProps, PromptyardApiProps, Stores
from promptyard_cdk.routes import load_routes, open_routes
from promptyard_cdk.schedules import Schedules
from promptyard_cdk.storage import Storage
from promptyard_cdk.triggers import BenchmarkEvents


class PromptyardApi(Construct):
    """Promptyard in a stack. Raises InvalidProps for what cannot be deployed, with what to change."""

    rest_api: apigateway.IRestApi
    url: str | None
    """The API's address, by its domain where it has one; None where `rest_api` was given and imported."""
    domain_target: str | None
    """What a record of the domain has to point at; None without `domain`."""
    stores: Stores
    """The tables by name, and the bucket."""
    tables: Mapping[str, dynamodb.ITable]
    """Those of `stores`."""
    functions: dict[str, lambda_.Alias]
    """What the API calls, by group."""
    topics: dict[str, sns.ITopic]
    """`alarms`, where there is monitoring."""

    def __init__(self, scope: Construct, construct_id: str, props: PromptyardApiProps | None = None) -> None:
        super().__init__(scope, construct_id)
        props = props or PromptyardApiProps()
        groups = chosen_groups(props)
        check(props, groups)
        concurrency = Concurrency(props, groups)
        props = replace(props, runs_at_once=concurrency.runs_at_once, reserved_concurrency=concurrency.reserved)
        groups = {name: concurrency.fitted(group) for name, group in groups.items()}
        bundler = _bundler()
        if not bundler.compiles:
            Validations.of(self).add_warning(
                "promptyard:noBytecode",
                f"There is no Python {LAMBDA.python} here to compile the functions with: they take twice as long to "
                f"start. Mend it with: uv python install {LAMBDA.python}",
            )
        secret_prefix = props.secret_prefix or f"promptyard/{Aws.STACK_NAME}/{self.node.addr[-8:]}/"
        metrics_namespace = f"Promptyard/{Names.unique_id(self)}"
        if props.encryption_key is not None:
            allow_services(self, props.encryption_key, props)
        self.stores = (
            props.stores
            or Storage(
                self,
                "Storage",
                encryption_key=props.encryption_key,
                removal_policy=props.removal_policy,
                cors_origins=props.cors_origins,
            ).stores
        )
        self.tables = self.stores.tables
        layers = Layers(self, "Layers", bundler)
        schedules = Schedules(self, "Events", encryption_key=props.encryption_key)
        workers = [group for group in groups.values() if group.mode == "queue"]
        benchmarks = (
            BenchmarkQueue(self, "BenchmarkQueue", worker=workers[0], encryption_key=props.encryption_key)
            if workers
            else None
        )
        self._events = None
        if benchmarks is not None:
            # Watched prompts need a bus that is told of their versions: the account's own, where none is named.
            bus = props.event_bus or events.EventBus.from_event_bus_name(self, "Bus", "default")
            props = replace(props, event_bus=bus)
            self._events = BenchmarkEvents(
                self,
                "BenchmarkEvents",
                queue=benchmarks.queue,
                bus=bus,
                bucket=self.stores.bucket,
                failures=schedules.failures,
            )
        if props.vpc is not None:
            props = self._within_vpc(props.vpc, props, groups)
        functions = {
            name: GroupFunction(
                self,
                name.capitalize(),
                group=group,
                props=props,
                stores=self.stores,
                layers=layers,
                bundler=bundler,
                secret_prefix=secret_prefix,
                metrics_namespace=metrics_namespace,
                failures=schedules.failures,
                benchmarks=benchmarks,
            )
            for name, group in groups.items()
        }
        for function in functions.values():
            schedules.schedule(function)
        self.functions = {name: function.alias for name, function in functions.items()}
        routes = load_routes(groups)
        if props.rest_api is None:  # another's API has its own
            routes += open_routes(groups)
        throttles = {name: concurrency.throttle(group) for name, group in groups.items() if group.has_routes}
        api = Api(self, "Api", props=props, routes=routes, functions=functions, throttles=throttles)
        self.rest_api, self.url, self.domain_target = api.rest_api, api.url, api.domain_target
        if props.canary_minutes is not None:
            called = [function for function in functions.values() if function.group.has_routes]
            Canaries(self, "Canaries", functions=called, minutes=props.canary_minutes)
        self.topics = {}
        if props.monitoring:
            monitoring = Monitoring(
                self,
                "Monitoring",
                props=props,
                functions=functions,
                rest_api=api.rest_api,
                metrics_namespace=metrics_namespace,
                failures=schedules.failures,
                aside=benchmarks.aside if benchmarks is not None else None,
            )
            self.topics["alarms"] = monitoring.topic
        Tags.of(self).add("promptyard", self.node.path)

    def _within_vpc(self, vpc: ec2.IVpc, props: PromptyardApiProps, groups: Mapping[str, Group]) -> PromptyardApiProps:
        """The properties with the security groups that all functions have, and the VPC's endpoints made."""
        network = Network(self, "Network", vpc=vpc, subnets=props.vpc_subnets, security_groups=props.security_groups)
        if props.vpc_endpoints:
            network.add_endpoints(groups.values(), props)
        return replace(props, security_groups=network.security_groups)

    def schedule_benchmark(
        self, construct_id: str, benchmark_id: str, schedule: events.Schedule, *, version_id: str | None = None
    ) -> events.Rule:
        """Run a benchmark as often as that, on that version of its prompt where one is named. Raises InvalidProps where
        no benchmarks are deployed."""
        if self._events is None:
            raise InvalidProps("schedule_benchmark: the group benchmark_worker is not deployed")
        detail = {"benchmark_id": benchmark_id} | ({} if version_id is None else {"version_id": version_id})
        return self._events.schedule(construct_id, schedule, detail)

    def grant_invoke(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let it call every route. Of use where the API checks IAM: `gateway_auth={"kind": "iam", …}`."""
        return iam.Grant.add_to_principal(
            grantee=grantee,
            actions=["execute-api:Invoke"],
            resource_arns=[self.rest_api.arn_for_execute_api()],
        )


@cache
def _bundler() -> Bundler:
    """One for all constructs of the process: its packages are copied into the assembly as soon as they are used."""
    folder = tempfile.TemporaryDirectory(prefix="promptyard-")
    _folders.append(folder)
    return Bundler(Path(folder.name))


_folders: list[tempfile.TemporaryDirectory[str]] = []
"""Removed when the process ends."""
