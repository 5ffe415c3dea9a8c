"""What a deployment may have beside the usual: each set of options passes what the usual one passes, and does its
work."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Stack, aws_apigateway, aws_cognito, aws_ec2, aws_lambda
from checkers import findings, linted, synthesise_with_cdk_nag
from conftest import Synthesise
from templates import Template, flat, references
from wrong_settings import DOMAIN, POOL, VPC, WEB_ACL

import app
from promptyard_cdk import InvalidProps, PromptyardApi, PromptyardApiProps
from promptyard_cdk.groups import load_groups
from whole_template import nested_files

KEY = "arn:aws:kms:eu-west-1:123456789012:key/12345678-1234-1234-1234-123456789012"
CLAIMS = {"kind": "authorizer", "tenant_claim": "custom:tenant", "role_claim": "cognito:groups"}
ENDPOINTS = {**VPC, "endpoints": True, "route_tables": ["rtb-0123456789abcdef0"]}
OPTIONS: dict[str, dict[str, Any]] = {
    "vpc": {"vpc": VPC},
    "endpoints": {"vpc": ENDPOINTS},
    "domain": {"domain": {**DOMAIN, "hosted_zone": {"id": "Z0123456789ABCDEFGHIJ", "name": "example.com"}}},
    "authorizer": {"authorizer": {"user_pools": [POOL]}, "gateway_auth": CLAIMS},
    "web_acl": {"web_acl": WEB_ACL},
    "canary": {"canary_minutes": 10},
    "key": {"encryption_key": KEY},
    "together": {
        "vpc": ENDPOINTS,
        "domain": DOMAIN,
        "authorizer": {"user_pools": [POOL]},
        "gateway_auth": CLAIMS,
        "web_acl": WEB_ACL,
        "canary_minutes": 5,
        "encryption_key": KEY,
        "cors_origins": ["https://app.example.com"],
        "alarm_emails": ["on-call@example.com"],
    },
}
HTTP = {name for name, group in load_groups().items() if group.has_routes}


def check_template(settings: dict[str, Any], folder: Path) -> Template:
    """By cdk-nag, cfn-lint and the schemas."""
    synthesise_with_cdk_nag(app.make_app(settings, folder))
    stack = settings.get("stack_name", "Promptyard")
    assert findings(folder) == set()
    assert linted(folder, stack) == ""
    return Template.read(folder, stack)


@pytest.mark.hard
@pytest.mark.parametrize("name", OPTIONS)
def test_each_set_of_options_is_as_right_as_the_usual(name: str, tmp_path: Path) -> None:
    check_template(OPTIONS[name], tmp_path)


@pytest.mark.hard
def test_the_example_is_as_right_as_the_usual(tmp_path: Path) -> None:
    check_template(tomllib.loads((app.HERE / "deployment.example.toml").read_text()), tmp_path)


@pytest.fixture(scope="module")
def together(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """All of it, with few groups."""
    groups = {"groups": ["run", "prompts", "benchmarks"]}
    return check_template(OPTIONS["together"] | groups, tmp_path_factory.mktemp("together"))


def test_functions_in_a_vpc_share_a_group_that_alone_may_ask_the_endpoints(together: Template) -> None:
    groups = together.of_type("AWS::EC2::SecurityGroup")
    [(functions, _)] = [item for item in groups.items() if "Functions" in item[0]]
    [(endpoints, _)] = [item for item in groups.items() if "Endpoints" in item[0]]
    for function in together.functions().values():
        assert function["VpcConfig"]["SubnetIds"] == VPC["subnets"]
        assert set(references(function["VpcConfig"]["SecurityGroupIds"])) == {functions}
    made = {flat_service(each): each["Properties"] for each in together.of_type("AWS::EC2::VPCEndpoint").values()}
    assert made.keys() == {"dynamodb", "s3", "secretsmanager", "sqs", "events", "bedrock-runtime"}
    for name, endpoint in made.items():
        assert endpoint["VpcId"] == VPC["id"]
        if name in {"dynamodb", "s3"}:
            assert (endpoint["VpcEndpointType"], endpoint["RouteTableIds"]) == ("Gateway", ["rtb-0123456789abcdef0"])
        else:
            assert (endpoint["SubnetIds"], endpoint["PrivateDnsEnabled"]) == (VPC["subnets"], True)
            assert set(references(endpoint["SecurityGroupIds"])) == {endpoints}
    [rule] = [each["Properties"] for each in together.of_type("AWS::EC2::SecurityGroupIngress").values()]
    assert (rule["FromPort"], rule["ToPort"]) == (443, 443)
    assert set(references(rule["GroupId"])) == {endpoints}
    assert set(references(rule["SourceSecurityGroupId"])) == {functions}


def flat_service(endpoint: dict[str, Any]) -> str:
    return flat(endpoint["Properties"]["ServiceName"]).rpartition(".")[2]


def test_endpoints_are_those_of_what_is_asked(tmp_path: Path) -> None:
    made = App(outdir=str(tmp_path), analytics_reporting=False)
    stack = Stack(made, "Foreign")
    vpc = aws_ec2.Vpc(stack, "Vpc", nat_gateways=0, max_azs=2)
    isolated = aws_ec2.SubnetSelection(subnet_type=aws_ec2.SubnetType.PRIVATE_ISOLATED)
    props = PromptyardApiProps(groups=["history"], vpc=vpc, vpc_subnets=isolated, vpc_endpoints=True, monitoring=False)
    PromptyardApi(stack, "Promptyard", props)
    made.synth()
    template = Template.read(tmp_path, "Foreign")
    services = {flat_service(each) for each in template.of_type("AWS::EC2::VPCEndpoint").values()}
    assert services == {"dynamodb", "s3"}


def test_a_domain_points_at_the_api(together: Template, tmp_path: Path) -> None:
    domain = together.one("AWS::ApiGateway::DomainName")["Properties"]
    assert (domain["DomainName"], domain["SecurityPolicy"]) == (DOMAIN["name"], "TLS_1_2")
    assert domain["RegionalCertificateArn"] == DOMAIN["certificate"]
    together.one("AWS::ApiGateway::BasePathMapping")
    assert not together.of_type("AWS::Route53::RecordSet")
    outputs = together.document["Outputs"]
    assert outputs["Url"]["Value"] == "https://prompts.example.com/"
    assert "RegionalDomainName" in json.dumps(outputs["DomainTarget"]["Value"])


def test_cognitos_tokens_are_asked_for_where_keys_would_be(together: Template) -> None:
    [(name, authorizer)] = together.of_type("AWS::ApiGateway::Authorizer").items()
    assert authorizer["Properties"]["Type"] == "COGNITO_USER_POOLS"
    assert authorizer["Properties"]["ProviderARNs"] == [POOL]
    asked = {place for place, method in together.methods().items() if name in references(method.get("AuthorizerId"))}
    not_asked = together.methods().keys() - asked
    assert {method for _, method in not_asked} == {"GET", "OPTIONS"}
    assert {path for path, method in not_asked if method == "GET"} == {"/health"}
    for function in together.functions().values():
        assert json.loads(function["Environment"]["Variables"]["PROMPTYARD_GATEWAY_AUTH"]) == CLAIMS
    answers = [each["Properties"] for each in together.of_type("AWS::ApiGateway::GatewayResponse").values()]
    assert not any("is not signed" in json.dumps(answer) for answer in answers)


def test_a_web_acl_stands_before_the_stage(together: Template) -> None:
    association = together.one("AWS::WAFv2::WebACLAssociation")["Properties"]
    assert association["WebACLArn"] == WEB_ACL
    [stage] = together.of_type("AWS::ApiGateway::Stage")
    assert stage in references(association["ResourceArn"])
    assert "::/restapis/" in flat(association["ResourceArn"])


def test_new_versions_have_to_hold_first(together: Template) -> None:
    aliases = {together.group_of_alias(name): each for name, each in together.of_type("AWS::Lambda::Alias").items()}
    groups = together.of_type("AWS::CodeDeploy::DeploymentGroup")
    shifted = {}
    for group, alias in aliases.items():
        policy = alias.get("UpdatePolicy", {}).get("CodeDeployLambdaAliasUpdate")
        if policy is not None:
            shifted[group] = groups[policy["DeploymentGroupName"]["Ref"]]["Properties"]
    assert shifted.keys() == aliases.keys() & HTTP
    assert len(groups) == len(shifted)
    for group, properties in shifted.items():
        assert properties["DeploymentConfigName"] == "CodeDeployDefault.LambdaCanary10Percent5Minutes"
        events = {"DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_REQUEST", "DEPLOYMENT_STOP_ON_ALARM"}
        assert set(properties["AutoRollbackConfiguration"]["Events"]) == events
        [alarm] = properties["AlarmConfiguration"]["Alarms"]
        watched = together.resources[next(references(alarm["Name"]))]["Properties"]
        dimensions = {each["Name"]: flat(each["Value"]) for each in watched["Dimensions"]}
        called = aliases[group]["Properties"]["FunctionName"]["Ref"]
        assert dimensions["FunctionName"] == f"<{called}>"
        assert dimensions["Resource"] == f"<{called}>:live"
        assert dimensions["ExecutedVersion"] == flat(aliases[group]["Properties"]["FunctionVersion"])
        assert (watched["MetricName"], watched["Threshold"]) == ("Errors", 1)


def test_an_authorizer_of_anothers_and_the_api_do_not_wait_for_each_other(tmp_path: Path) -> None:
    """It belongs to the API, so each of two stacks would need the other one first."""
    made = App(outdir=str(tmp_path), analytics_reporting=False)
    stack = Stack(made, "Foreign")
    function = aws_lambda.Function.from_function_arn(stack, "F", "arn:aws:lambda:eu-west-1:123456789012:function:f")
    authorizer = aws_apigateway.TokenAuthorizer(stack, "Authorizer", handler=function)
    props = PromptyardApiProps(groups=["catalog"], authorizer=authorizer, gateway_auth=CLAIMS, monitoring=False)
    PromptyardApi(stack, "Promptyard", props)
    made.synth()
    assert linted(tmp_path, "Foreign") == ""


def test_one_authorizer_is_enough(synthesise: Synthesise) -> None:
    def fill(stack: Stack) -> None:
        function = aws_lambda.Function.from_function_arn(stack, "F", "arn:aws:lambda:eu-west-1:123456789012:function:f")
        pool = aws_cognito.UserPool.from_user_pool_arn(stack, "Pool", POOL)
        authorizer = aws_apigateway.TokenAuthorizer(stack, "Authorizer", handler=function)
        props = PromptyardApiProps(authorizer=authorizer, user_pools=[pool], gateway_auth=CLAIMS)
        PromptyardApi(stack, "Promptyard", props)

    with pytest.raises(InvalidProps, match="user_pools: stand in authorizer's place"):
        synthesise(fill)


def test_two_with_all_options_fit_into_a_stack(tmp_path: Path) -> None:
    """A stack takes 500 resources, a nested one as well."""
    made = App(outdir=str(tmp_path), analytics_reporting=False)
    stack = Stack(made, "Foreign")
    vpc = aws_ec2.Vpc(stack, "Vpc", nat_gateways=1, max_azs=2)
    for name in ("One", "Two"):
        props = PromptyardApiProps(
            cors_origins=["https://app.example.com"],
            user_pools=[aws_cognito.UserPool.from_user_pool_arn(stack, f"{name}Pool", POOL)],
            gateway_auth=CLAIMS,
            vpc=vpc,
            vpc_endpoints=name == "One",
            web_acl=WEB_ACL,
            canary_minutes=5,
            snap_start=True,
            retention_days=90,
        )
        PromptyardApi(stack, name, props)
    made.synth()
    files = [tmp_path / "Foreign.template.json", *nested_files(tmp_path, "Foreign.template.json")]
    assert len(files) == 3
    for file in files:
        assert len(json.loads(file.read_text())["Resources"]) < 500
