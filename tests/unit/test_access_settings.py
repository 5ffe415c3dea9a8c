"""Settings that decide who comes in."""

import json
from typing import Any

import pytest

from promptyard.domain.account.claims import GatewayAuthorizer, GatewayIam
from promptyard.settings import BadSetting, Settings, faults_of_a_function
from tests.support.servers.token_issuer import setting

AUTHORIZER = {"kind": "authorizer", "tenant_claim": "org", "role_claim": "role"}
IAM = {"kind": "iam", "principals": [{"arn": "arn:aws:iam::123456789012:user/x", "role": "operator"}]}


def settings(**variables: Any) -> Settings:
    texts = {name: value if isinstance(value, str) else json.dumps(value) for name, value in variables.items()}
    return Settings.from_environment(texts)


def test_without_settings_keys_are_required_and_nothing_else_is_taken() -> None:
    assert (settings().auth, settings().jwt_issuers, settings().gateway_auth) == ("required", (), None)


def test_what_is_deployed_never_runs_open() -> None:
    assert settings(PROMPTYARD_AUTH="open").auth == "open"
    with pytest.raises(BadSetting, match="never runs open"):
        settings(PROMPTYARD_AUTH="open", AWS_LAMBDA_FUNCTION_NAME="run")
    assert settings(AWS_LAMBDA_FUNCTION_NAME="run").auth == "required"


def test_issuers() -> None:
    [issuer] = settings(PROMPTYARD_JWT_ISSUERS=[setting(roles={"boss": "admin"})]).jwt_issuers
    assert (issuer.audience, issuer.algorithms, issuer.tenant_claim) == ("promptyard", ("ES256",), "org")


@pytest.mark.parametrize("name", ["issuer", "audience"])
def test_an_issuer_has_names_of_a_character_at_least(name: str) -> None:
    [issuer] = settings(PROMPTYARD_JWT_ISSUERS=[setting(**{name: "i"})]).jwt_issuers
    assert getattr(issuer, name) == "i"
    for empty in ({name: ""}, {"algorithms": []}):
        with pytest.raises(BadSetting):
            settings(PROMPTYARD_JWT_ISSUERS=[setting(**empty)])


def test_gateways() -> None:
    assert isinstance(settings(PROMPTYARD_GATEWAY_AUTH=AUTHORIZER).gateway_auth, GatewayAuthorizer)
    assert isinstance(settings(PROMPTYARD_GATEWAY_AUTH=IAM).gateway_auth, GatewayIam)


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({"PROMPTYARD_JWT_ISSUERS": "{"}, "PROMPTYARD_JWT_ISSUERS"),
        ({"PROMPTYARD_JWT_ISSUERS": {}}, "PROMPTYARD_JWT_ISSUERS"),
        ({"PROMPTYARD_JWT_ISSUERS": [setting(algorithms=["HS256"])]}, "algorithms"),
        ({"PROMPTYARD_JWT_ISSUERS": [setting(algorithms=["none"])]}, "algorithms"),
        ({"PROMPTYARD_JWT_ISSUERS": [setting(jwks_url=None, jwks={"keys": [{"kty": "oct"}]})]}, "no public key"),
        ({"PROMPTYARD_GATEWAY_AUTH": {**AUTHORIZER, "kind": "trust-me"}}, "PROMPTYARD_GATEWAY_AUTH"),
        ({"PROMPTYARD_GATEWAY_AUTH": "true"}, "PROMPTYARD_GATEWAY_AUTH"),
        ({"PROMPTYARD_SECRET_PREFIX": "a b"}, "PROMPTYARD_SECRET_PREFIX"),
        ({"PROMPTYARD_AUTH": "maybe"}, "PROMPTYARD_AUTH"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(variables: dict[str, Any], named: str) -> None:
    with pytest.raises(BadSetting) as failure:
        settings(**variables)
    assert named in failure.value.message


UNKNOWN = "notyet"


def faults(**variables: Any) -> list[str]:
    texts = {name: value if isinstance(value, str) else json.dumps(value) for name, value in variables.items()}
    return [name for name, _ in faults_of_a_function(texts, UNKNOWN)]


def test_a_function_that_would_not_start_has_faults_and_another_has_none() -> None:
    assert faults() == []
    assert faults(PROMPTYARD_GATEWAY_AUTH=IAM, PROMPTYARD_JWT_ISSUERS=[setting()]) == []
    assert faults(PROMPTYARD_AUTH="open") == ["auth"]
    assert set(faults(PROMPTYARD_UPLOADS="ftp", PROMPTYARD_JWT_ISSUERS="{")) == {"uploads", "jwt_issuers"}


def test_what_is_not_known_yet_is_no_fault_and_hides_none() -> None:
    unknown = {"arn": UNKNOWN, "tenant": "acme", "role": "member"}
    assert faults(PROMPTYARD_GATEWAY_AUTH={"kind": "iam", "principals": [unknown]}) == []
    assert faults(PROMPTYARD_JWT_ISSUERS=[setting(jwks=None, jwks_url=f"//{UNKNOWN}")]) == []
    for wrong in ({**unknown, "role": "boss"}, {**IAM["principals"][0], "arn": "x"}):  # type: ignore[dict-item]
        found = faults(PROMPTYARD_GATEWAY_AUTH={"kind": "iam", "principals": [unknown, wrong]})
        assert set(found) == {"gateway_auth"}
