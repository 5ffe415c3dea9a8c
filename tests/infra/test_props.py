"""What can be chosen, and what is refused with a sentence that says what to change."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import (
    App,
    RemovalPolicy,
    Stack,
    aws_apigateway,
    aws_certificatemanager,
    aws_dynamodb,
    aws_ec2,
    aws_events,
    aws_iam,
    aws_kms,
    aws_lambda,
    aws_route53,
    aws_s3,
    aws_secretsmanager,
    aws_sns,
)
from conftest import Synthesise
from templates import Template, flat, listed, references
from wrong_settings import ISSUER

import app
import promptyard_cdk
from promptyard_cdk import Domain, Guardrail, InvalidProps, PromptyardApi, PromptyardApiProps, Stores, Throttle
from promptyard_cdk.checks import check, chosen_groups
from promptyard_cdk.routes import cors_headers
from promptyard_cdk.storage import TABLES

OPEN = {"/health", "/openapi.json", "/docs", "/docs/swagger-ui-bundle.js", "/docs/swagger-ui.css"}
"""What everybody may call."""


PACKAGE = Path(promptyard_cdk.__file__).parent
OUTPUTS = {"Url", "RunsBucket"} | {f"{name.title()}Table" for name in TABLES}
VERSION = "arn:aws:lambda:eu-west-1::runtime:" + "0123456789abcdef" * 4
"""A runtime's."""


def make(stack: Stack, **props: Any) -> PromptyardApi:
    return PromptyardApi(stack, "Promptyard", PromptyardApiProps(**props))


# --- refused


@pytest.mark.parametrize(
    ("props", "sentence"),
    [
        (
            {"groups": ["run", "runs"]},
            r"groups: there is no group 'runs' here; there are account, benchmark_worker, benchmarks, catalog, .*run",
        ),
        ({"groups": []}, "groups: name at least one of account"),
        ({"groups": ["sweeper"]}, "groups: name at least one of account, .*run"),
        ({"memory": {"run": 64}}, "memory: run is given 64 MB; Lambda takes 128 to 10240"),
        ({"memory": {"run": 20_000}}, "memory: run is given 20000 MB"),
        ({"memory": {"rum": 512}}, "memory: there is no group 'rum'"),
        ({"groups": ["run"], "memory": {"history": 512}}, "memory: there is no group 'history' here; there are .*run"),
        ({"throttle": {"run": Throttle(rate=0, burst=1)}}, "throttle: rate and burst of run"),
        ({"run_deadline_seconds": 901}, "run_deadline_seconds: is 901; a run may take 1 to 880"),
        ({"retention_days": 0}, "retention_days: has to be 1 or more"),
        ({"cors_origins": ["app.example.com"]}, "cors_origins: 'app.example.com' is no origin"),
        ({"cors_origins": ["https://app.example.com/"]}, "cors_origins: .* is no origin"),
        ({"environment": {"OPENAI_API_KEY": "x"}}, "environment: OPENAI_API_KEY would stand in the template"),
        ({"guardrail": Guardrail("abc123")}, "guardrail: 'abc123' is no ARN of a guardrail"),
        ({"gateway_auth": {"kind": "cognito"}}, "gateway_auth: kind has to be"),
        ({"gateway_auth": {"kind": "authorizer"}}, "gateway_auth: is of an authorizer, so give authorizer"),
        ({"vpc_subnets": aws_ec2.SubnetSelection()}, "vpc_subnets, security_groups, vpc_endpoints: are of a VPC, so"),
    ],
)
def test_what_cannot_be_right_is_refused(props: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidProps, match=sentence):
        make(Stack(App(), "Foreign"), **props)


def test_a_vpc_without_subnets_for_functions_is_refused() -> None:
    stack = Stack(App(), "Foreign")
    public = aws_ec2.SubnetConfiguration(name="Public", subnet_type=aws_ec2.SubnetType.PUBLIC)
    vpc = aws_ec2.Vpc(stack, "Vpc", subnet_configuration=[public])
    with pytest.raises(InvalidProps, match="vpc: has no private subnets with egress; add some"):
        make(stack, vpc=vpc)


@pytest.mark.parametrize("name", ["openai", "provider-keys/openai"])
def test_tenants_secrets_may_not_be_the_deployments(name: str) -> None:
    """Functions may read, write and delete whatever begins with the prefix."""
    stack = Stack(App(), "Foreign")
    secret = aws_secretsmanager.Secret.from_secret_name_v2(stack, "Key", name)
    with pytest.raises(InvalidProps, match="secret_prefix: the secret of OPENAI_API_KEY begins with"):
        make(stack, secret_prefix=name[: len(name) // 2], provider_secrets={"OPENAI_API_KEY": secret})
    apart = PromptyardApiProps(secret_prefix=f"{name}-tenants/", provider_secrets={"OPENAI_API_KEY": secret})
    check(apart, chosen_groups(apart))


def test_an_authorizer_needs_to_be_explained() -> None:
    stack = Stack(App(), "Foreign")
    function = aws_lambda.Function.from_function_arn(stack, "F", "arn:aws:lambda:eu-west-1:123456789012:function:f")
    authorizer = aws_apigateway.TokenAuthorizer(stack, "Authorizer", handler=function)
    with pytest.raises(InvalidProps, match="authorizer: say in gateway_auth what its word means"):
        make(stack, authorizer=authorizer)


def test_stores_that_lack_a_table_are_refused() -> None:
    stack = Stack(App(), "Foreign")
    table = aws_dynamodb.Table.from_table_name(stack, "Runs", "runs")
    bucket = aws_s3.Bucket.from_bucket_name(stack, "Bucket", "bucket")
    with pytest.raises(InvalidProps, match=r"stores: the groups need the tables account, .*prompts, .*, too"):
        make(stack, groups=["run"], stores=Stores({"runs": table}, bucket))


def test_what_is_of_an_api_of_its_own_is_refused_with_anothers() -> None:
    stack = Stack(App(), "Foreign")
    api = aws_apigateway.RestApi.from_rest_api_attributes(stack, "Api", rest_api_id="x", root_resource_id="y")
    certificate = aws_certificatemanager.Certificate.from_certificate_arn(stack, "C", "arn:aws:acm:eu-west-1:1:c/x")
    with pytest.raises(InvalidProps, match="domain: goes with an API of the construct's own"):
        make(stack, rest_api=api, domain=Domain("api.example.com", certificate))
    with pytest.raises(InvalidProps, match="throttle: goes with an API of the construct's own"):
        PromptyardApi(stack, "Second", PromptyardApiProps(rest_api=api, throttle={"run": Throttle(rate=1, burst=1)}))


def test_a_setting_of_the_deployment_that_is_none_is_named(tmp_path: Any) -> None:
    for settings, sentence in (
        ({"memmory": {}}, "memmory: no such setting; near is memory; deployment.example.toml has all"),
        ({"throttle": {"run": {"rates": 5}}}, r"throttle\.run: takes rate, burst"),
        ({"guardrail": {"id": "abc"}}, "guardrail: takes arn, version"),
        ({"stores": {"tables": {"runs": "runs"}}}, "stores: takes tables, bucket"),
        ({"stores": {"tables": {"runs": "runs"}, "bucket": "bucket"}}, "stores: the groups need the tables account, "),
    ):
        with pytest.raises(InvalidProps, match=sentence):
            app.make_app(settings, tmp_path)


# --- chosen


def test_one_group_alone(synthesise: Synthesise) -> None:
    template = synthesise(lambda stack: make(stack, groups=["catalog"], memory={"catalog": 256}, monitoring=False))
    assert template.functions().keys() == {"catalog"}
    assert template.functions()["catalog"]["MemorySize"] == 256
    assert {path for path, _ in template.methods()} == {
        "/api/v1/models", "/api/v1/playground/providers", "/v1/playground/providers", *OPEN,
    }  # fmt: skip
    assert not template.of_type("AWS::CloudWatch::Alarm")


def test_what_keeps_the_data_right_comes_with_whoever_writes_it(synthesise: Synthesise) -> None:
    template = synthesise(lambda stack: make(stack, groups=["run"], memory={"sweeper": 512}, monitoring=False))
    assert template.functions().keys() == {"run", "sweeper", "retention"}
    assert template.functions()["sweeper"]["MemorySize"] == 512


def test_pages_of_configured_origins_may_call(synthesise: Synthesise) -> None:
    origins = ["https://app.example.com", "https://other.example.com"]
    template = synthesise(lambda stack: make(stack, groups=["account"], cors_origins=origins, monitoring=False))
    functions = template.functions()
    assert functions["account"]["Environment"]["Variables"]["PROMPTYARD_CORS_ORIGINS"] == ",".join(origins)
    preflight = template.methods()[("/api/v1/provider-keys/{provider}", "OPTIONS")]["Integration"]
    [answer] = preflight["IntegrationResponses"]
    parameters = answer["ResponseParameters"]
    assert parameters["method.response.header.Access-Control-Allow-Methods"] == "'DELETE,PUT'"
    allowed = parameters["method.response.header.Access-Control-Allow-Headers"].strip("'").split(",")
    assert allowed == cors_headers()
    assert {"authorization", "last-event-id", "x-api-key", "anthropic-version", "x-stainless-lang"} <= set(allowed)
    assert all(origin in json.dumps(answer) for origin in origins)
    [bucket] = template.of_type("AWS::S3::Bucket").values()
    [rule] = bucket["Properties"]["CorsConfiguration"]["CorsRules"]
    assert (rule["AllowedMethods"], rule["AllowedOrigins"], rule["AllowedHeaders"]) == (
        ["PUT"],
        origins,
        ["content-type"],
    )


def test_no_page_may_upload_where_no_origin_is_configured(synthesise: Synthesise) -> None:
    template = synthesise(lambda stack: make(stack, groups=["account"], monitoring=False))
    [bucket] = template.of_type("AWS::S3::Bucket").values()
    assert "CorsConfiguration" not in bucket["Properties"]


def test_existing_stores_a_vpc_and_a_key(synthesise: Synthesise) -> None:
    def fill(stack: Stack) -> None:
        key = aws_kms.Key(stack, "Key")
        first = make(stack, groups=["catalog"], encryption_key=key, removal_policy=RemovalPolicy.DESTROY)
        make_second(stack, first.stores)

    def make_second(stack: Stack, stores: Stores) -> None:
        vpc = aws_ec2.Vpc(stack, "Vpc", nat_gateways=1, max_azs=2)
        PromptyardApi(stack, "Second", PromptyardApiProps(groups=["history"], stores=stores, vpc=vpc))

    template = synthesise(fill)
    [key] = template.of_type("AWS::KMS::Key")
    tables = template.of_type("AWS::DynamoDB::Table")
    assert len(tables) == 6
    for table in tables.values():
        assert flat(table["Properties"]["SSESpecification"]["KMSMasterKeyId"]) == f"<{key}.Arn>"
        assert table["DeletionPolicy"] == "Delete"
        assert not table["Properties"]["DeletionProtectionEnabled"]
    history = template.functions()["history"]
    assert len(history["VpcConfig"]["SubnetIds"]) == 2
    assert next(references(history["Environment"]["Variables"]["PROMPTYARD_RUNS_TABLE"])) in tables
    statements = [s for s in template.statements("history") if "kms:Decrypt" in listed(s["Action"])]
    assert {flat(resource) for statement in statements for resource in listed(statement["Resource"])} == {
        f"<{key}.Arn>"
    }
    assert not any("*" in action for statement in statements for action in listed(statement["Action"]))
    logs = template.of_type("AWS::Logs::LogGroup")
    assert sum("KmsKeyId" in group["Properties"] for group in logs.values()) == 2  # the first one's function and API


def test_whoever_writes_into_what_a_key_encrypts_may_use_the_key(synthesise: Synthesise) -> None:
    template = synthesise(lambda stack: make(stack, groups=["run"], encryption_key=aws_kms.Key(stack, "Key")))
    [(name, key)] = template.of_type("AWS::KMS::Key").items()
    services = {
        flat(statement["Principal"]["Service"]): set(listed(statement["Action"]))
        for statement in key["Properties"]["KeyPolicy"]["Statement"]
        if "Service" in statement["Principal"]
    }
    assert services.keys() == {
        "cloudwatch.amazonaws.com",  # alarms into the topic
        "events.amazonaws.com",  # what a schedule could not deliver
        "logs.<AWS::Region>.amazonaws.com",
    }
    assert all("kms:Decrypt" in actions for actions in services.values())
    for group in ("sweeper", "retention"):  # whose failed events Lambda keeps in the queue in their name
        allowed = [s for s in template.statements(group) if f"<{name}.Arn>" in map(flat, listed(s["Resource"]))]
        assert {"kms:Decrypt", "kms:GenerateDataKey"} <= {a for s in allowed for a in listed(s["Action"])}


def test_a_guardrail_is_known_to_whoever_asks_for_it_and_may_be_called_by_those_alone(synthesise: Synthesise) -> None:
    arn = "arn:aws:bedrock:eu-west-1:123456789012:guardrail/abc123"
    groups = ["run", "playgrounds", "catalog"]
    template = synthesise(lambda stack: make(stack, groups=groups, guardrail=Guardrail(arn, "2"), monitoring=False))
    variables = {name: function["Environment"]["Variables"] for name, function in template.functions().items()}
    told = {name for name, known in variables.items() if "PROMPTYARD_GUARDRAIL_ID" in known}
    assert told == {"run", "playgrounds"}
    assert variables["run"]["PROMPTYARD_GUARDRAIL_ID"] == arn
    assert variables["run"]["PROMPTYARD_GUARDRAIL_VERSION"] == "2"
    callers = {
        name: statement["Resource"]
        for name in variables
        for statement in template.statements(name)
        if "bedrock:ApplyGuardrail" in listed(statement["Action"])
    }
    assert callers == {"run": arn}


def test_an_event_bus_is_told_by_who_has_something_to_tell(synthesise: Synthesise) -> None:
    def fill(stack: Stack) -> None:
        make(stack, groups=["prompts", "catalog"], event_bus=aws_events.EventBus(stack, "Bus"), monitoring=False)

    template = synthesise(fill)
    [bus] = template.of_type("AWS::Events::EventBus")
    variables = {name: function["Environment"]["Variables"] for name, function in template.functions().items()}
    told = {
        name: flat(known["PROMPTYARD_EVENT_BUS"])
        for name, known in variables.items()
        if "PROMPTYARD_EVENT_BUS" in known
    }
    assert told == {"prompts": f"<{bus}.Arn>"}
    tellers = {
        name: flat(statement["Resource"])
        for name in variables
        for statement in template.statements(name)
        if "events:PutEvents" in listed(statement["Action"])
    }
    assert tellers == told


def test_a_snapshot_is_kept_by_calls_whose_failures_are_kept_too(synthesise: Synthesise) -> None:
    template = synthesise(lambda stack: make(stack, groups=["run", "catalog"], snap_start=True, monitoring=False))
    functions, [queue] = template.functions(), template.of_type("AWS::SQS::Queue")
    waited_for = {name for name, function in functions.items() if "SnapStart" in function}
    assert waited_for == {"run", "catalog"}
    kept = {}
    for rule in template.of_type("AWS::Events::Rule").values():
        [target] = rule["Properties"]["Targets"]
        assert next(references(target["DeadLetterConfig"])) == queue
        if "Input" in target:
            kept[template.group_of_alias(target["Arn"]["Ref"])] = rule["Properties"]["ScheduleExpression"]
            assert json.loads(target["Input"]) == json.loads((PACKAGE / "health_event.json").read_text())
    assert kept == dict.fromkeys(waited_for, "rate(7 days)")
    for group in waited_for:
        assert next(references(functions[group]["DeadLetterConfig"])) == queue
        allowed = [s for s in template.statements(group) if queue in references(s["Resource"])]
        assert {action for s in allowed for action in listed(s["Action"])} == {"sqs:SendMessage"}


@pytest.mark.parametrize(
    ("updates", "written"),
    [
        ("auto", None),
        ("function_update", {"UpdateRuntimeOn": "FunctionUpdate"}),
        (VERSION, {"UpdateRuntimeOn": "Manual", "RuntimeVersionArn": VERSION}),
    ],
)
def test_a_deployment_may_keep_its_runtimes_version(synthesise: Synthesise, updates: str, written: Any) -> None:
    template = synthesise(
        lambda stack: make(stack, groups=["run", "catalog"], runtime_updates=updates, monitoring=False)
    )
    functions = template.functions()
    assert {name: function.get("RuntimeManagementConfig") for name, function in functions.items()} == dict.fromkeys(
        functions, written
    )


def test_two_in_one_account_have_alarms_of_their_own(synthesise: Synthesise) -> None:
    def fill(stack: Stack) -> None:
        make(stack, groups=["catalog"])
        PromptyardApi(stack, "Second", PromptyardApiProps(groups=["catalog"]))

    template = synthesise(fill)
    names = [json.dumps(api["Properties"]["Name"]) for api in template.of_type("AWS::ApiGateway::RestApi").values()]
    watched = [
        alarm["Properties"]["Namespace"]
        for alarm in template.of_type("AWS::CloudWatch::Alarm").values()
        if alarm["Properties"].get("MetricName") == "OurFailures"
    ]
    assert len(set(names)) == len(set(watched)) == len(watched) == 2


def test_an_api_of_anothers_gets_the_routes_and_keeps_its_own(synthesise: Synthesise) -> None:
    def fill(stack: Stack) -> None:
        api = aws_apigateway.RestApi(stack, "Theirs")
        api.root.add_resource("health").add_method("GET")
        made = make(stack, groups=["catalog"], rest_api=api)
        assert made.rest_api is api
        assert made.url is not None

    template = synthesise(fill)
    assert len(template.of_type("AWS::ApiGateway::RestApi")) == 1
    assert ("/api/v1/models", "GET") in template.methods()
    assert template.methods()[("/health", "GET")]["Integration"]["Type"] == "MOCK"
    assert not template.of_type("AWS::ApiGateway::GatewayResponse")


def test_behind_an_authorizer_or_iam(synthesise: Synthesise) -> None:
    def fill(stack: Stack) -> None:
        claims = {"kind": "authorizer", "tenant_claim": "custom:tenant", "role": "member"}
        function = aws_lambda.Function.from_function_arn(stack, "F", "arn:aws:lambda:eu-west-1:123456789012:function:f")
        authorizer = aws_apigateway.TokenAuthorizer(stack, "Authorizer", handler=function)
        make(stack, groups=["catalog"], authorizer=authorizer, gateway_auth=claims)
        principals = [{"arn": "arn:aws:iam::123456789012:role/x", "tenant": "acme", "role": "admin"}]
        signed = {"kind": "iam", "principals": principals}
        second = PromptyardApi(stack, "Signed", PromptyardApiProps(groups=["history"], gateway_auth=signed))
        second.grant_invoke(aws_iam.User(stack, "Caller"))

    template = synthesise(fill)
    methods = [method["Properties"] for method in template.of_type("AWS::ApiGateway::Method").values()]
    assert {method["AuthorizationType"] for method in methods} == {"NONE", "CUSTOM", "AWS_IAM"}
    paths = template.paths()
    open_to_all = {paths[m["ResourceId"]["Ref"]] for m in methods if m["AuthorizationType"] == "NONE"}
    assert open_to_all == OPEN
    settings = template.functions()["history"]["Environment"]["Variables"]["PROMPTYARD_GATEWAY_AUTH"]
    assert json.loads(settings)["kind"] == "iam"
    told = {
        (answer["StatusCode"], answer["ResponseParameters"].get("gatewayresponse.header.WWW-Authenticate"))
        for answer in (each["Properties"] for each in template.of_type("AWS::ApiGateway::GatewayResponse").values())
        if answer["ResponseType"] == "MISSING_AUTHENTICATION_TOKEN"
        and ("is not signed" in json.dumps(answer)) == (answer["StatusCode"] == "401")
    }
    assert told == {("404", None), ("401", "'AWS4-HMAC-SHA256'")}  # of the authorizer's API, and of the signed one
    [policy] = [p for p in template.of_type("AWS::IAM::Policy").values() if "Users" in p["Properties"]]
    [statement] = policy["Properties"]["PolicyDocument"]["Statement"]
    assert statement["Action"] == "execute-api:Invoke"
    assert flat(statement["Resource"]).endswith("/*/*/*")


def test_a_domain_and_keys_in_secrets(synthesise: Synthesise) -> None:
    def fill(stack: Stack) -> None:
        zone = aws_route53.PublicHostedZone(stack, "Zone", zone_name="example.com")
        certificate = aws_certificatemanager.Certificate.from_certificate_arn(stack, "C", "arn:aws:acm:eu-west-1:1:c/x")
        secret = aws_secretsmanager.Secret(stack, "OpenAI")
        headers = aws_secretsmanager.Secret(stack, "Collector")
        make(
            stack,
            groups=["run", "catalog", "prompts"],
            domain=Domain("api.example.com", certificate, zone),
            provider_secrets={"OPENAI_API_KEY": secret, "OTEL_EXPORTER_OTLP_HEADERS": headers},
            bedrock_models=[],
            alarm_topic=aws_sns.Topic(stack, "Topic"),
            throttle={"run": Throttle(rate=5, burst=10)},
            retention_days=30,
            jwt_issuers=[ISSUER],
        )

    template = synthesise(fill)
    assert template.one("AWS::ApiGateway::DomainName")["Properties"]["DomainName"] == "api.example.com"
    assert {r["Properties"]["Type"] for r in template.of_type("AWS::Route53::RecordSet").values()} == {"A", "AAAA"}
    collector, secret = sorted(template.of_type("AWS::SecretsManager::Secret"))
    known = {name: f["Environment"]["Variables"] for name, f in template.functions().items()}
    assert secret in references(known["run"]["PROMPTYARD_PROVIDER_SECRETS"])
    assert secret in references(known["catalog"]["PROMPTYARD_PROVIDER_SECRETS"])
    assert "PROMPTYARD_PROVIDER_SECRETS" not in known["prompts"]
    readers = {name for name in known if any(secret in references(s["Resource"]) for s in template.statements(name))}
    assert readers == {"run"}
    told = {name for name in known if collector in references(known[name].get("PROMPTYARD_PROVIDER_SECRETS", ""))}
    readers = {name for name in known if any(collector in references(s["Resource"]) for s in template.statements(name))}
    assert readers == {"run", "sweeper"}  # who ends runs tells the collector of them
    assert told == {"run", "sweeper", "catalog"}
    assert secret not in references(known["sweeper"]["PROMPTYARD_PROVIDER_SECRETS"])
    assert not any("bedrock" in json.dumps(statement) for statement in template.statements("run"))
    assert known["run"]["PROMPTYARD_RETENTION_DAYS"] == "30"
    assert json.loads(known["run"]["PROMPTYARD_JWT_ISSUERS"]) == [ISSUER]
    limits = template.one("AWS::ApiGateway::Stage")["Properties"]["MethodSettings"]
    assert {limit["ThrottlingRateLimit"] for limit in limits if "playground~1run" in limit["ResourcePath"]} == {5}
    assert len(template.of_type("AWS::SNS::Topic")) == 1


def test_everything_of_a_deployment_file(tmp_path: Any) -> None:
    settings = {
        "stack_name": "Mine",
        "memory": {"run": 2048},
        "throttle": {"run": {"rate": 5, "burst": 10}},
        "alarm_emails": ["on-call@example.com"],
        "tags": {"team": "prompts"},
        "keep_data": False,
        "snap_start": True,
        "tracing": True,
    }
    app.make_app(settings, tmp_path).synth()
    template = Template.read(tmp_path, "Mine")
    assert template.functions()["run"]["TracingConfig"] == {"Mode": "Active"}
    assert template.one("AWS::ApiGateway::Stage")["Properties"]["TracingEnabled"]
    traces = [statement for statement in template.statements("run") if "xray:PutTraceSegments" in statement["Action"]]
    assert len(traces) == 1
    assert template.functions()["run"]["MemorySize"] == 2048
    assert template.functions()["run"]["SnapStart"] == {"ApplyOn": "PublishedVersions"}
    assert template.one("AWS::SNS::Subscription")["Properties"]["Endpoint"] == "on-call@example.com"
    assert {"Key": "team", "Value": "prompts"} in template.one("AWS::S3::Bucket")["Properties"]["Tags"]
    assert template.one("AWS::S3::Bucket")["DeletionPolicy"] == "Delete"
    assert template.document["Outputs"].keys() == OUTPUTS


def test_the_example_of_a_deployment_file_shows_everything(tmp_path: Any) -> None:
    settings = tomllib.loads((app.HERE / "deployment.example.toml").read_text())
    assert settings.keys() == app.KNOWN
    [stack] = app.make_app(settings, tmp_path).synth().stacks
    template = Template.read(tmp_path, stack.stack_name)
    assert template.document["Outputs"].keys() == OUTPUTS | {"RetentionDays", "DomainTarget"}
    assert template.document["Outputs"]["Url"]["Value"] == "https://prompts.example.com/v1/"
    assert template.document["Outputs"]["RetentionDays"]["Value"] == str(settings["retention_days"])
    assert template.document["Outputs"]["RunsTable"]["Value"] == settings["stores"]["tables"]["runs"]
    assert not template.of_type("AWS::DynamoDB::Table")
    assert not template.of_type("AWS::S3::Bucket")
    indexes = {flat(resource) for s in template.statements("history") for resource in listed(s["Resource"])}
    assert any(name.endswith(":table/promptyard-runs-restored/index/by_prompt") for name in indexes)
    assert "provider-keys/openai" in json.dumps(template.functions()["run"]["Environment"])
    [reader] = [s for s in template.statements("run") if "provider-keys/openai" in json.dumps(s["Resource"])]
    assert "secretsmanager:GetSecretValue" in reader["Action"]
