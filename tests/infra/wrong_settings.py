"""Settings of a deployment's file that cannot work: each with the name that the sentence has to say."""

from collections.abc import Iterator
from typing import Any

ISSUER = {
    "issuer": "https://login.example.com/",
    "audience": "promptyard",
    "algorithms": ["RS256"],
    "jwks_url": "https://login.example.com/jwks.json",
    "tenant_claim": "org",
    "role": "member",
}
PRINCIPAL = {"arn": "arn:aws:sts::123456789012:assumed-role/PromptTeam/*", "tenant": "acme", "role": "member"}
GUARDRAIL = {"arn": "arn:aws:bedrock:eu-west-1:123456789012:guardrail/abc123", "version": "1"}

VPC = {"id": "vpc-0123456789abcdef0", "subnets": ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]}
DOMAIN = {
    "name": "prompts.example.com",
    "certificate": "arn:aws:acm:eu-west-1:123456789012:certificate/12345678-1234-1234-1234-123456789012",
}
POOL = "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_AbC"
WEB_ACL = "arn:aws:wafv2:eu-west-1:123456789012:regional/webacl/prompts/12345678-1234-1234-1234-123456789012"

_MANY = {f"tenant-{number}": "member" for number in range(300)}

WRONG: dict[str, list[Any]] = {
    "groups": ["run", [], ["runs"], ["sweeper"], 5, [1], {"run": True}],
    "memory": [{"run": 64}, {"run": 20_000}, {"rum": 512}, {"run": "512"}, {"run": 512.5}, {"run": True}, [512], 512],
    "throttle": [
        {"run": {"rate": 0, "burst": 1}},
        {"run": {"rate": 50, "burst": 1_001}},
        {"run": {"rate": 1, "burst": 0}},
        {"run": {"rate": "5", "burst": 10}},
        {"run": {"rate": 5, "burst": 1.5}},
        {"run": {"rate": float("inf"), "burst": 10}},
        {"run": {"rate": float("nan"), "burst": 10}},
        {"run": {"rate": 5}},
        {"run": {"rates": 5, "burst": 10}},
        {"rum": {"rate": 5, "burst": 10}},
        {"run": 5},
        5,
    ],
    "cors_origins": [
        "https://app.example.com",
        ["app.example.com"],
        ["https://app.example.com/"],
        ["https://app.example.com/page"],
        ["https://a.example.com,https://b.example.com"],
        ["https://a.example.com b"],
        [""],
        ["*"],
        [1],
    ],
    "reserved_concurrency": [
        {"run": 0},
        {"run": -1},
        {"run": 901},
        {"run": 500, "compare": 401},
        {"benchmark_worker": 1},
        {"rum": 5},
        {"run": "5"},
        {"run": 5.5},
        {"run": True},
        [5],
        5,
    ],
    "account_concurrency": [0, -1, "1000", 1.5, True],
    "runs_at_once": [0, -1, 1_001, "5", 1.5, True],
    "retention_days": [0, -1, 36_501, "90", 1.5, True, [90]],
    "run_deadline_seconds": [0, -1, 881, "300", 1.5, True],
    "log_level": ["WARNING", "info", "", 1],
    "environment": [
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "collector:4317"},
        {"OTEL_EXPORTER_OTLP_HEADERS": "api-key=x"},
        {"PROMPTYARD_SPAN_CONTENT": "perhaps"},
        {"OPENAI_API_KEY": "x"},
        {"SOME_TOKEN": "x"},
        {"SOME_SECRET": "x"},
        {"OPENAI_BASE_URL": 1},
        {"AWS_REGION": "eu-west-1"},
        {"1ST": "x"},
        {"A-B": "x"},
        {"PROMPTYARD_AUTH": "open"},
        {"PROMPTYARD_AUTH": "maybe"},
        {"PROMPTYARD_UPLOADS": "ftp"},
        {"PROMPTYARD_RETENTION_DAYS": "soon"},
        {"PROMPTYARD_GATEWAY_AUTH": "{"},
        ["OPENAI_BASE_URL=x"],
    ],
    "jwt_issuers": [
        ISSUER,
        "https://login.example.com/",
        ["https://login.example.com/"],
        *([{name: value for name, value in ISSUER.items() if name != gone}] for gone in ISSUER),
        [{**ISSUER, "algorithms": ["HS256"]}],
        [{**ISSUER, "algorithms": "RS256"}],
        [{**ISSUER, "jwks_url": "http://login.example.com/jwks.json"}],
        [{**ISSUER, "jwks": {"keys": [{"kty": "RSA"}]}}],
        *([{**ISSUER, "jwks_url": None, "jwks": jwks}] for jwks in ({}, {"keys": []}, {"keys": [{"kty": "oct"}]})),
        [{**ISSUER, "tenant": "acme"}],
        [{**ISSUER, "role": "boss"}],
        [{**ISSUER, "roles": {"x": "boss"}}],
        [{**ISSUER, "audiences": ["promptyard"]}],
        [ISSUER, {**ISSUER, "issuer": ""}],
        [{**ISSUER, "roles": {"x": {1, 2}}}],
    ],
    "gateway_auth": [
        {"kind": "cognito"},
        {"kind": "authorizer"},
        {"kind": "authorizer", "tenant": "acme", "role": "member"},
        {},
        "iam",
        {"kind": "iam"},
        {"kind": "iam", "principals": []},
        {"kind": "iam", "principals": [{**PRINCIPAL, "arn": "PromptTeam"}]},
        {"kind": "iam", "principals": [{**PRINCIPAL, "arn": "arn:aws:sts::123:assumed-role/PromptTeam"}]},
        {"kind": "iam", "principals": [{**PRINCIPAL, "role": "operator"}]},
        {"kind": "iam", "principals": [{"arn": PRINCIPAL["arn"], "role": "member"}]},
        {"kind": "iam", "principals": [PRINCIPAL, {**PRINCIPAL, "role": "boss"}]},
        {"kind": "iam", "principals": [{**PRINCIPAL, "tenants": ["acme"]}]},
    ],
    "bedrock_models": ["arn:aws:bedrock:*::foundation-model/*", ["amazon.nova-pro"], [1], {"all": True}],
    "guardrail": [
        "abc123",
        {"id": "abc123"},
        {"arn": "abc123"},
        {**GUARDRAIL, "arn": 5},
        {**GUARDRAIL, "version": "newest"},
        {**GUARDRAIL, "version": 1},
        {**GUARDRAIL, "arn": "arn:aws:bedrock:eu-west-1:123456789012:guardrail/ABC_123"},
    ],
    "secret_prefix": ["a b", "x" * 201, "tenants#", 5],
    "provider_secrets": [{"OPENAI_API_KEY": 5}, "provider-keys/openai", {"OPENAI_API_KEY": "arn:aws"}],
    "event_bus": [5, "arn:aws", "my bus", "x" * 401],
    "stores": [
        {"bucket": "runs"},
        {"tables": {"runs": "runs"}, "bucket": "runs"},
        {"tables": 5, "bucket": "runs"},
        "x",
    ],
    "termination_protection": ["yes", 1],
    "keep_data": ["yes", 1],
    "snap_start": ["yes", 1],
    "runtime_updates": ["manual", "", 1, "arn:aws:lambda:eu-west-1::runtime:short"],
    "tracing": ["yes", 1],
    "monitoring": ["yes", 1],
    "api_gateway_log_role": ["no", 0],
    "encryption_key": [5, "", "alias/mine", "arn:aws:kms:eu-west-1:123456789012:alias/mine", "arn:aws:s3:::bucket"],
    "vpc": [
        "vpc-0123456789abcdef0",
        {"id": "vpc-0123456789abcdef0"},
        {**VPC, "id": "main"},
        {**VPC, "subnets": []},
        {**VPC, "subnets": "subnet-0123456789abcdef0"},
        {**VPC, "subnets": ["vpc-0123456789abcdef0"]},
        {**VPC, "security_groups": ["default"]},
        {**VPC, "endpoints": "yes"},
        {**VPC, "endpoints": True},
        {**VPC, "endpoints": True, "route_tables": []},
        {**VPC, "endpoints": True, "route_tables": ["rtb-0123456789abcdef0"] * 3},
        {**VPC, "endpoints": True, "route_tables": ["main"]},
        {**VPC, "nat": True},
    ],
    "domain": [
        "prompts.example.com",
        {"name": "prompts.example.com"},
        {**DOMAIN, "name": "https://prompts.example.com"},
        {**DOMAIN, "name": "prompts"},
        {**DOMAIN, "certificate": "arn:aws:iam::123456789012:server-certificate/x"},
        {**DOMAIN, "certificate": 5},
        {**DOMAIN, "base_path": "/v1"},
        {**DOMAIN, "base_path": ""},
        {**DOMAIN, "hosted_zone": "example.com"},
        {**DOMAIN, "hosted_zone": {"id": "Z1"}},
        {**DOMAIN, "hosted_zone": {"id": "Z1", "name": "example.org"}},
    ],
    "authorizer": [
        POOL,
        {"user_pools": POOL},
        {"user_pools": []},
        {"user_pools": ["eu-west-1_AbC"]},
        {"user_pools": [POOL]},
        {"pools": [POOL]},
    ],
    "web_acl": [5, "", "prompts", WEB_ACL.replace("regional", "global")],
    "canary_minutes": [0, 7, "10", True],
    "stack_name": ["1st", "Prompt_yard", "", "x" * 129, 5],
    "alarm_emails": ["on-call@example.com", [1]],
    "tags": [{"team": 1}, ["team"]],
    "memmory": [{"run": 512}],
}


TOO_LONG: dict[str, Any] = {
    "jwt_issuers": [{**ISSUER, "roles": _MANY}],
    "gateway_auth": {"kind": "iam", "principals": [{**PRINCIPAL, "tenant": f"tenant-{n}"} for n in range(40)]},
    "environment": {"OPENAI_BASE_URL": "https://gateway.example.com/" + "x" * 4_000},
    "provider_secrets": {f"PROVIDER_{n}_API_KEY": f"provider-keys/of-the-provider-{n}" for n in range(40)},
    "cors_origins": [f"https://app-of-team-{number}.example.com" for number in range(120)],
    "bedrock_models": [f"arn:aws:bedrock:*::foundation-model/amazon.model-{number}-v1:0" for number in range(200)],
}
"""Of a deployment's file: right, and more than Lambda or IAM takes."""


def wrong_settings() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, values in WRONG.items():
        for value in values:
            yield name, {name: value}
