"""What `make deploy` would make."""

import json
from pathlib import Path
from typing import Any

import pytest
from templates import Template, flat, references

from promptyard.aws.metric_lines import WATCHED
from promptyard.storage.table.keys import IMPORTS
from promptyard_cdk.groups import load_groups
from promptyard_cdk.routes import load_routes

GROUPS = load_groups()
HTTP = {name for name, group in GROUPS.items() if group.has_routes}
OPEN = {
    ("/health", "GET"): "prompts",
    ("/openapi.json", "GET"): "catalog",
    ("/docs", "GET"): "catalog",
    ("/docs/swagger-ui-bundle.js", "GET"): "catalog",
    ("/docs/swagger-ui.css", "GET"): "catalog",
    ("/", "GET"): "web",
    ("/static/{version}/{file}", "GET"): "web",
    ("/static/{version}/{file}/{file_rest}", "GET"): "web",
}
"""What everybody may call, and whose function answers."""
NAMES = (
    "AlarmName", "ApiName", "BucketName", "DashboardName", "FunctionName", "LayerName", "LogGroupName", "PolicyName",
    "QueueName", "RoleName", "TableName", "TopicName",
)  # fmt: skip
"""Properties that give a resource a physical name."""


# --- routes


def test_every_route_has_its_method_and_there_are_no_others(template: Template) -> None:
    routes = {(route.path, route.method) for route in load_routes(GROUPS)}
    assert template.methods().keys() == routes | OPEN.keys()


def test_every_method_calls_its_own_group_and_waits_for_it_as_it_answers(template: Template) -> None:
    groups = {(route.path, route.method): route.group for route in load_routes(GROUPS)} | OPEN
    for place, method in template.methods().items():
        integration = method["Integration"]
        [alias] = [name for name in references(integration["Uri"]) if not name.startswith("AWS::")]
        group = template.group_of_alias(alias)
        assert group == groups[place]
        expected = ("STREAM", 900_000) if GROUPS[group].streams else ("BUFFERED", 29_000)
        assert (integration["ResponseTransferMode"], integration["TimeoutInMillis"]) == expected
        ending = "/response-streaming-invocations" if GROUPS[group].streams else "/invocations"
        assert flat(integration["Uri"]).endswith(ending)
        assert method["AuthorizationType"] == "NONE"


def test_parameters_beside_each_other_have_one_name(template: Template) -> None:
    """API Gateway refuses a second name at the same place, but only when it is deployed."""
    seen: dict[str, str] = {}
    for path in template.paths().values():
        parent, _, last = path.rpartition("/")
        if last.startswith("{"):
            assert seen.setdefault(parent, last) == last


def test_every_method_has_its_limit(template: Template) -> None:
    stage = template.one("AWS::ApiGateway::Stage")["Properties"]
    limits = {
        (setting["ResourcePath"].replace("~1", "/").removeprefix("/") or "/", setting["HttpMethod"]): setting
        for setting in stage["MethodSettings"]
    }
    routes = {(route.path, route.method): route.group for route in load_routes(GROUPS)} | OPEN
    for place, group in routes.items():
        limit = limits[place]
        usual = (50, 100) if GROUPS[group].streams else (100, 200)
        expected = (200, 400) if group == "web" else usual
        assert (limit["ThrottlingRateLimit"], limit["ThrottlingBurstLimit"]) == expected
        assert limit["LoggingLevel"] == "ERROR"
        assert not limit["DataTraceEnabled"]


def test_api_gateways_own_errors_have_the_form_of_the_others(template: Template) -> None:
    answers = {
        answer["Properties"]["ResponseType"]: answer["Properties"]
        for answer in template.of_type("AWS::ApiGateway::GatewayResponse").values()
    }
    for answer in answers.values():
        text = answer["ResponseTemplates"]["application/json"]
        body = json.loads(text.replace("$context.error.messageString", '"said"').replace("$context.requestId", "id"))
        assert set(body) == {"detail", "error"}
        assert body["error"]["message"] == body["detail"]
        assert body["error"]["request_id"] == "id"
        assert answer["ResponseParameters"]["gatewayresponse.header.x-request-id"] == "context.requestId"
    assert answers["MISSING_AUTHENTICATION_TOKEN"]["StatusCode"] == "404"
    assert answers["THROTTLED"]["ResponseParameters"]["gatewayresponse.header.Retry-After"] == "'1'"
    assert answers["UNAUTHORIZED"]["ResponseParameters"]["gatewayresponse.header.WWW-Authenticate"] == "'Bearer'"


# --- functions


def test_functions_are_as_their_groups_say(template: Template) -> None:
    functions = template.functions()
    assert functions.keys() == GROUPS.keys()
    for name, function in functions.items():
        group = GROUPS[name]
        assert function["Handler"] == f"functions.{name}.{'app' if name in HTTP else 'handler'}.handler"
        assert function["Runtime"] == "python3.14"
        assert function["Architectures"] == ["arm64"]
        assert (function["MemorySize"], function["Timeout"]) == (group.memory, group.timeout)
        assert "SnapStart" not in function
        assert function["LoggingConfig"]["LogFormat"] == "JSON"
        variables = function["Environment"]["Variables"]
        assert variables.get("AWS_LAMBDA_EXEC_WRAPPER") == ("/opt/asgi-stream-runtime" if group.streams else None)
        assert variables.get("ASGI_STREAM_MODE") == ("stream" if group.streams else None)
        assert len(function["Layers"]) == (3 if group.streams else 2)


def test_a_function_knows_the_names_of_its_own_tables_alone(template: Template) -> None:
    for name, function in template.functions().items():
        tables = {variable for variable in function["Environment"]["Variables"] if variable.endswith("_TABLE")}
        assert tables == {f"PROMPTYARD_{table.upper()}_TABLE" for table in GROUPS[name].tables()}


def test_the_api_calls_published_versions_alone(template: Template) -> None:
    aliases = template.of_type("AWS::Lambda::Alias")
    assert len(aliases) == len(GROUPS)
    for alias in aliases.values():
        assert next(references(alias["Properties"]["FunctionVersion"])) in template.of_type("AWS::Lambda::Version")
    permissions = [permission["Properties"] for permission in template.of_type("AWS::Lambda::Permission").values()]
    allowed = {next(references(permission["FunctionName"])) for permission in permissions}
    fed = template.one("AWS::Lambda::EventSourceMapping")["Properties"]["FunctionName"]
    assert allowed == {name for name in aliases if name not in references(fed)}
    assert len(allowed) == len(aliases) - 1
    for permission in permissions:
        assert permission["Principal"] in {"apigateway.amazonaws.com", "events.amazonaws.com"}
        assert {"AWS::ApiGateway::RestApi", "AWS::Events::Rule"} & {
            template.resources[name]["Type"] for name in references(permission["SourceArn"]) if "::" not in name
        }


def test_what_is_scheduled_is_called_and_what_fails_is_kept(template: Template) -> None:
    rules = [rule["Properties"] for rule in template.of_type("AWS::Events::Rule").values()]
    rules = [rule for rule in rules if "ScheduleExpression" in rule]
    assert len(rules) == len([group for group in GROUPS.values() if group.mode == "scheduled"])
    [queue] = [name for name in template.of_type("AWS::SQS::Queue") if "Failures" in name]
    for rule in rules:
        [target] = rule["Targets"]
        group = GROUPS[template.group_of_alias(target["Arn"]["Ref"])]
        assert rule["ScheduleExpression"] == {"sweeper": "rate(1 minute)", "retention": "rate(1 day)"}[group.name]
        assert next(references(target["DeadLetterConfig"])) == queue
        function = template.functions()[group.name]
        assert next(references(function["DeadLetterConfig"])) == queue
    alarms = [alarm["Properties"] for alarm in template.of_type("AWS::CloudWatch::Alarm").values()]
    [alarm] = [alarm for alarm in alarms if queue in references(alarm.get("Dimensions", []))]
    assert (alarm["MetricName"], alarm["Threshold"]) == ("ApproximateNumberOfMessagesVisible", 1)


def test_the_queue_of_benchmarks_feeds_its_worker(template: Template) -> None:
    queues = template.of_type("AWS::SQS::Queue")
    [(name, queue)] = [(name, queue) for name, queue in queues.items() if "RedrivePolicy" in queue["Properties"]]
    worker = GROUPS["benchmark_worker"]
    assert queue["Properties"]["VisibilityTimeout"] >= 6 * worker.timeout
    [aside] = references(queue["Properties"]["RedrivePolicy"]["deadLetterTargetArn"])
    source = template.one("AWS::Lambda::EventSourceMapping")["Properties"]
    assert next(references(source["EventSourceArn"])) == name
    assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert (source["BatchSize"], source["ScalingConfig"]) == (worker.batch, {"MaximumConcurrency": worker.at_once})
    for group, function in template.functions().items():
        variables = function["Environment"]["Variables"]
        told = {variable for variable in variables if variable.startswith("PROMPTYARD_BENCHMARKS_")} - {
            "PROMPTYARD_BENCHMARKS_TABLE"
        }
        named = {"PROMPTYARD_BENCHMARKS_QUEUE", "PROMPTYARD_BENCHMARKS_ASIDE"}
        assert told == (named if GROUPS[group].queues else set())
    alarms = [alarm["Properties"] for alarm in template.of_type("AWS::CloudWatch::Alarm").values()]
    [alarm] = [alarm for alarm in alarms if aside in references(alarm.get("Dimensions", []))]
    assert (alarm["MetricName"], alarm["Threshold"]) == ("ApproximateNumberOfMessagesVisible", 1)


# --- seen from outside


def test_runs_tell_their_metrics_where_the_alarms_look(template: Template) -> None:
    told = {
        name: function["Environment"]["Variables"].get("PROMPTYARD_METRICS_NAMESPACE")
        for name, function in template.functions().items()
    }
    settling = {name for name, group in GROUPS.items() if group.models} | {"history", "sweeper"}
    assert {name for name, namespace in told.items() if namespace} == settling
    [namespace] = set(told.values()) - {None}
    watched = [
        metric["MetricStat"]["Metric"]
        for alarm in template.of_type("AWS::CloudWatch::Alarm").values()
        for metric in alarm["Properties"].get("Metrics", [])
        if "MetricStat" in metric
    ]
    assert {metric["Namespace"] for metric in watched} == {namespace}
    assert {metric["MetricName"] for metric in watched} <= set(WATCHED)
    assert not any("Dimensions" in metric for metric in watched)
    [ours] = own_alarms(template, "OurFaults")
    assert (ours["Namespace"], ours["MetricName"], ours["Threshold"]) == (namespace, "OurFailures", 1)


def own_alarms(template: Template, kind: str) -> list[dict[str, Any]]:
    alarms = template.of_type("AWS::CloudWatch::Alarm").items()
    return [alarm["Properties"] for name, alarm in alarms if f"Monitoring{kind}" in name]


def test_every_answer_of_our_own_fault_is_counted_and_no_providers(template: Template) -> None:
    filters = [found["Properties"] for found in template.of_type("AWS::Logs::MetricFilter").values()]
    [ours] = own_alarms(template, "OurFaults")
    counting = [found for found in filters if found["MetricTransformations"][0]["MetricName"] == ours["MetricName"]]
    assert {found["FilterPattern"] for found in counting} == {
        '{ ($.message = "request") && (($.status = 500) || ($.status = 503)) }'
    }
    assert len({next(references(found["LogGroupName"])) for found in counting}) == len(HTTP)
    assert all(found["MetricTransformations"][0]["MetricNamespace"] == ours["Namespace"] for found in counting)


def test_failures_of_providers_are_watched_as_a_share(template: Template) -> None:
    [alarm] = own_alarms(template, "ProviderFailures")
    [share] = [metric["Expression"] for metric in alarm["Metrics"] if "Expression" in metric]
    assert share == "IF(runs >= 10, 100 * FILL(failed, 0) / runs, 0)"
    assert (alarm["Threshold"], alarm["TreatMissingData"]) == (20, "notBreaching")


def test_the_access_log_tells_when_a_streams_first_content_came(template: Template) -> None:
    setting = template.one("AWS::ApiGateway::Stage")["Properties"]["AccessLogSetting"]
    line = json.loads(setting["Format"])
    assert line["transferMode"] == "$context.integration.responseTransferMode"
    assert line["toFirstContentMs"] == "$context.integration.timeToFirstContent"
    assert line["toHeadersMs"] == "$context.integration.timeToAllHeaders"


def test_nothing_is_traced_by_x_ray(template: Template) -> None:
    assert all("TracingConfig" not in function for function in template.functions().values())
    assert template.one("AWS::ApiGateway::Stage")["Properties"].get("TracingEnabled", False) is False


# --- data


def test_data_is_kept_restorable_and_encrypted(template: Template) -> None:
    tables = template.of_type("AWS::DynamoDB::Table")
    assert len(tables) == 6
    for table in tables.values():
        assert table["DeletionPolicy"] == table["UpdateReplacePolicy"] == "Retain"
        properties = table["Properties"]
        assert properties["DeletionProtectionEnabled"]
        assert properties["BillingMode"] == "PAY_PER_REQUEST"
        assert properties["PointInTimeRecoverySpecification"] == {
            "PointInTimeRecoveryEnabled": True,
            "RecoveryPeriodInDays": 35,
        }
        assert properties["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
    bucket = template.one("AWS::S3::Bucket")
    assert bucket["DeletionPolicy"] == "Retain"
    assert template.one("AWS::S3::BucketPolicy")["DeletionPolicy"] == "Retain"  # asks for TLS
    assert bucket["Properties"]["VersioningConfiguration"] == {"Status": "Enabled"}
    assert all(bucket["Properties"]["PublicAccessBlockConfiguration"].values())
    rules = [rule for rule in bucket["Properties"]["LifecycleConfiguration"]["Rules"] if "ExpirationInDays" in rule]
    assert [(rule["Prefix"], rule["ExpirationInDays"], rule["Status"]) for rule in rules] == [(IMPORTS, 1, "Enabled")]


def test_logs_end(template: Template) -> None:
    groups = template.of_type("AWS::Logs::LogGroup").values()
    assert len(groups) == len(GROUPS) + 1
    assert all(group["Properties"]["RetentionInDays"] == 90 for group in groups)


# --- the whole


def test_nothing_has_a_physical_name(template: Template) -> None:
    own = {"AWS::CloudWatch::Alarm", "AWS::Lambda::Alias", "AWS::Lambda::Version", "AWS::Lambda::Permission"}
    own.add("AWS::Lambda::EventSourceMapping")
    for name, resource in template.resources.items():
        given = {key: value for key, value in resource["Properties"].items() if key in NAMES and isinstance(value, str)}
        given.pop("PolicyName", None)  # an inline policy's, unique within its role
        assert not given, name
        assert resource["Type"] in own or "FunctionName" not in resource["Properties"]


def test_nothing_is_looked_up(assembly: Path) -> None:
    manifest = json.loads((assembly / "manifest.json").read_text())
    assert not manifest.get("missing")
    environments = {artifact.get("environment") for artifact in manifest["artifacts"].values()} - {None}
    assert environments == {"aws://unknown-account/unknown-region"}


def test_nothing_is_told_to_aws_about_the_project(template: Template) -> None:
    assert not template.of_type("AWS::CDK::Metadata")


def test_every_resource_that_takes_tags_has_them(template: Template) -> None:
    for kind in ("AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::Lambda::Function", "AWS::ApiGateway::RestApi"):
        for resource in template.of_type(kind).values():
            assert {"Key": "promptyard", "Value": "Promptyard/Promptyard"} in resource["Properties"]["Tags"]


@pytest.mark.parametrize("group", GROUPS)
def test_every_function_is_watched(template: Template, group: str) -> None:
    alarms = [alarm["Properties"] for alarm in template.of_type("AWS::CloudWatch::Alarm").values()]
    [alias] = [name for name in template.of_type("AWS::Lambda::Alias") if template.group_of_alias(name) == group]
    function = template.resources[alias]["Properties"]["FunctionName"]["Ref"]
    watched = {alarm["MetricName"]: alarm for alarm in alarms if function in references(alarm.get("Dimensions", []))}
    assert watched.keys() == {"Errors", "Throttles", "Duration"}
    for alarm in watched.values():
        assert [flat(dimension["Value"]) for dimension in alarm["Dimensions"]] == [
            f"<{function}>",
            f"<{function}>:live",
        ]
        assert alarm["AlarmActions"] == [{"Ref": next(iter(template.of_type("AWS::SNS::Topic")))}]
    assert watched["Duration"]["ExtendedStatistic"] == "p99"
    assert watched["Duration"]["Threshold"] == (
        3_000 if GROUPS[group].mode == "buffered" else 0.9 * 1000 * GROUPS[group].timeout
    )
