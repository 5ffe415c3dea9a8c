"""What a synthesis accepts every function starts with, and what no function would start with ends the synthesis."""

import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, CfnParameter, Fn, RemovalPolicy, Stack, aws_dynamodb, aws_iam, aws_kms, aws_s3
from conftest import Synthesise
from templates import Template, flat, listed
from wrong_settings import GUARDRAIL, ISSUER, PRINCIPAL, TOO_LONG, wrong_settings

import app
from promptyard.settings import BadSetting, Settings
from promptyard_cdk import Guardrail, InvalidProps, PromptyardApi, PromptyardApiProps, Stores
from promptyard_cdk.checks import check, chosen_groups
from promptyard_cdk.variables import settings

DEPLOYED = {"AWS_LAMBDA_FUNCTION_NAME": "of-a-group"}


def one_sentence(failure: pytest.ExceptionInfo[InvalidProps], name: str) -> None:
    said = str(failure.value)
    assert re.match(rf"{name}\b", said), said
    assert "\n" not in said
    assert len(said) < 400
    assert "Token[" not in said


# --- refused


def test_there_are_a_hundred_wrong_settings() -> None:
    assert len(list(wrong_settings())) >= 100


@pytest.mark.parametrize(("name", "wrong"), list(wrong_settings()), ids=str)
def test_a_wrong_setting_ends_the_synthesis_with_a_sentence(name: str, wrong: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(InvalidProps) as failure:
        app.make_app(wrong, tmp_path)
    one_sentence(failure, name)


QUICK = {"gateway_auth", "bedrock_models"}
"""One of variables and one of policies; the others take as long again."""


@pytest.mark.parametrize("name", [pytest.param(n, marks=() if n in QUICK else pytest.mark.hard) for n in TOO_LONG])
def test_a_setting_that_is_too_long_ends_the_synthesis_with_a_sentence(name: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidProps) as failure:
        app.make_app({"groups": ["run"], name: TOO_LONG[name]}, tmp_path)
    one_sentence(failure, name)
    assert re.search(r"takes? [\d,]+", str(failure.value))
    third = TOO_LONG[name]
    if isinstance(third, list) and len(third) > 1:
        app.make_app({"groups": ["run"], name: third[: len(third) // 3]}, tmp_path)


# --- accepted


def generated(chance: random.Random) -> Iterator[PromptyardApiProps]:
    """Settings, most of which can work."""

    def some(*values: Any) -> Any:
        return chance.choice(values)

    def text() -> str:
        return "".join(chance.choice('abcXYZ019-_./:@ "\\äß€') for _ in range(chance.randint(1, 12)))

    def issuer() -> dict[str, Any]:
        made = {**ISSUER, "issuer": text(), "audience": text()}
        made["algorithms"] = chance.sample(["RS256", "ES256", "EdDSA", "PS512"], chance.randint(1, 3))
        if chance.random() < 0.5:
            made["jwks"] = {"keys": [{"kty": some("RSA", "EC", "oct"), "kid": text()}]}
            del made["jwks_url"]
        if chance.random() < 0.5:
            made["role_claim"], made["roles"] = some(text(), [text(), text()]), {text(): some("admin", "operator")}
            del made["role"]
        return made

    def principal() -> dict[str, Any]:
        made = {**PRINCIPAL, "tenant": text()}
        return {"arn": made["arn"], "role": "operator"} if chance.random() < 0.2 else made

    while True:
        yield PromptyardApiProps(
            groups=chance.sample(["run", "history", "account", "benchmarks", "catalog", "web"], chance.randint(1, 3)),
            cors_origins=[f"https://{number}.example.com" for number in range(chance.randint(0, 3))],
            retention_days=some(None, 1, 90, chance.randint(-5, 40_000)),
            runs_at_once=some(None, 1, 100, chance.randint(-5, 1_500)),
            account_concurrency=some(None, None, 10, 1_000, chance.randint(-5, 3_000)),
            reserved_concurrency=some({}, {}, {"run": chance.randint(-1, 1_200)}),
            run_deadline_seconds=some(300, 1, chance.randint(-5, 1_000)),
            environment=some(
                {}, {"OPENAI_BASE_URL": text()}, {"PROMPTYARD_ALLOW_PRIVATE_ENDPOINTS": some("off", text())}
            ),
            jwt_issuers=[issuer() for _ in range(chance.randint(0, 2))],
            gateway_auth=some(None, None, {"kind": "iam", "principals": [principal() for _ in range(3)]}),
            guardrail=some(None, Guardrail(GUARDRAIL["arn"], some("DRAFT", "1", text()))),
            secret_prefix=some(None, "prompts/", text()),
        )


@pytest.mark.parametrize("count", [100, pytest.param(1_000, marks=pytest.mark.hard)])
def test_what_is_accepted_a_function_starts_with(count: int) -> None:
    accepted = refused = 0
    for props in generated(random.Random(count)):
        try:
            groups = chosen_groups(props)
            check(props, groups)
        except InvalidProps:
            refused += 1
            continue
        for group in groups.values():
            read = Settings.from_environment(DEPLOYED | settings(group, props, props.secret_prefix))
            assert [issuer.issuer for issuer in read.jwt_issuers] == [given["issuer"] for given in props.jwt_issuers]
            assert (read.retention_days, read.run_deadline_seconds) == (
                props.retention_days,
                props.run_deadline_seconds,
            )
            assert read.allowed_origins() == list(props.cors_origins)
            if props.runs_at_once is not None and "usage" in group.tables():
                assert read.runs_at_once == props.runs_at_once
        accepted += 1
        if accepted == count:
            break
    assert refused > count / 10  # of both there were enough


def test_what_is_known_only_when_it_is_deployed_is_accepted(synthesise: Synthesise) -> None:
    def fill(stack: Stack) -> None:
        role = aws_iam.Role(stack, "Role", assumed_by=aws_iam.ServicePrincipal("lambda.amazonaws.com"))
        address = CfnParameter(stack, "Address").value_as_string
        session = f"arn:aws:sts::{stack.account}:assumed-role/{role.role_name}/*"
        principals = [{**PRINCIPAL, "arn": arn} for arn in (role.role_arn, session, Fn.import_value("Arn"))]
        props = PromptyardApiProps(
            groups=["run", "account"],
            gateway_auth={"kind": "iam", "principals": principals},
            jwt_issuers=[{**ISSUER, "jwks_url": address, "issuer": f"https://x.{stack.region}.amazonaws.com/"}],
            guardrail=Guardrail(Fn.import_value("Guardrail"), "1"),
            encryption_key=aws_kms.Key(stack, "Key"),
            monitoring=False,
        )
        PromptyardApi(stack, "Promptyard", props)

    for function in synthesise(fill).functions().values():
        assert "PROMPTYARD_GATEWAY_AUTH" in function["Environment"]["Variables"]
    principals = [{**PRINCIPAL, "arn": Fn.import_value("Arn")}, {**PRINCIPAL, "role": "boss"}]
    props = PromptyardApiProps(groups=["run"], gateway_auth={"kind": "iam", "principals": principals})
    with pytest.raises(InvalidProps, match=r"gateway_auth: .* at iam\.principals\.1\.role"):
        check(props, chosen_groups(props))


def test_every_function_starts_with_what_the_template_gives_it(template: Template) -> None:
    for function in template.functions().values():
        variables = function.get("Environment", {}).get("Variables", {})
        texts = {name: re.sub("<[^>]*>", "known-then", flat(each)) for name, each in variables.items()}
        Settings.from_environment(DEPLOYED | texts)
    with pytest.raises(BadSetting):
        Settings.from_environment(DEPLOYED | {"PROMPTYARD_AUTH": "open"})


# --- a customer's key


KEY = "arn:aws:kms:eu-west-1:123456789012:key/12345678-1234-1234-1234-123456789012"


def test_a_key_that_is_imported_is_told_what_it_has_to_allow(tmp_path: Path) -> None:
    made = App(outdir=str(tmp_path), analytics_reporting=False)
    stack = Stack(made, "Foreign")
    props = PromptyardApiProps(groups=["catalog"], encryption_key=aws_kms.Key.from_key_arn(stack, "Key", KEY))
    PromptyardApi(stack, "Promptyard", props)
    made.synth()
    told = (tmp_path / "manifest.json").read_text() + "".join(
        each.read_text() for each in tmp_path.glob("*.metadata.json")
    )
    for service in ("logs.<region>.amazonaws.com", "events.amazonaws.com", "cloudwatch.amazonaws.com"):
        assert service in told
    assert "kms:GenerateDataKey" in told


def test_a_key_covers_the_tenants_secrets_and_tables_that_were_restored(synthesise: Synthesise) -> None:
    def fill(stack: Stack) -> None:
        names = ("account", "benchmarks", "playgrounds", "prompts", "runs", "usage")
        tables = {name: aws_dynamodb.Table.from_table_name(stack, name, f"{name}-restored") for name in names}
        props = PromptyardApiProps(
            groups=["run", "account", "catalog"],
            encryption_key=aws_kms.Key.from_key_arn(stack, "Key", KEY),
            stores=Stores(tables, aws_s3.Bucket.from_bucket_name(stack, "Bucket", "runs")),
            removal_policy=RemovalPolicy.RETAIN,
        )
        PromptyardApi(stack, "Promptyard", props)

    template = synthesise(fill)
    variables = {name: function["Environment"]["Variables"] for name, function in template.functions().items()}
    made_with = {name for name, each in variables.items() if each.get("PROMPTYARD_SECRETS_KEY") == KEY}
    assert made_with == {"account"}  # which alone makes secrets
    for group in variables:
        allowed = {
            action
            for statement in template.statements(group)
            if KEY in listed(statement["Resource"])
            for action in listed(statement["Action"])
        }
        assert {"kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"} <= allowed
