"""From claims to callers, and which settings are refused."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from promptyard.domain.account.access import Role
from promptyard.domain.account.claims import ClaimMapping, Gateway, GatewayIam, JwtIssuer
from promptyard.domain.errors import Unauthenticated

BY_CLAIM = {"tenant_claim": "org", "role_claim": "role"}


@pytest.mark.parametrize(
    ("mapping", "claims", "tenant", "role"),
    [
        (BY_CLAIM, {"org": "acme", "role": "member"}, "acme", Role.MEMBER),
        (BY_CLAIM, {"org": "acme", "role": ["viewer", "admin", "x"]}, "acme", Role.ADMIN),
        (BY_CLAIM, {"org": "acme", "role": "openid viewer profile"}, "acme", Role.VIEWER),
        (BY_CLAIM, {"org": "acme", "role": "viewer,member"}, "acme", Role.MEMBER),
        ({"tenant": "one", "role": "viewer"}, {}, "one", Role.VIEWER),
        (
            {"tenant_claim": "https://example.com/org", "role_claim": ["realm_access", "roles"]},
            {"https://example.com/org": "acme", "realm_access": {"roles": ["member"]}},
            "acme",
            Role.MEMBER,
        ),
        (
            {**BY_CLAIM, "roles": {"Prompt Team": "member", "Heads": "admin"}},
            {"org": "acme", "role": ["Prompt Team"]},
            "acme",
            Role.MEMBER,
        ),
        ({**BY_CLAIM, "roles": {"Prompt Team": "member"}}, {"org": "a", "role": "Prompt Team"}, "a", Role.MEMBER),
        ({**BY_CLAIM, "roles": {"root": "operator"}}, {"role": "root"}, "operator", Role.OPERATOR),
    ],
)
def test_claims_make_a_caller(mapping: dict[str, Any], claims: dict[str, Any], tenant: str, role: Role) -> None:
    caller = ClaimMapping.model_validate(mapping).mapped(claims, "someone")
    assert (caller.tenant, caller.role, caller.id) == (tenant, role, "someone")


@pytest.mark.parametrize(
    ("mapping", "claims", "subject"),
    [
        (BY_CLAIM, {"org": "acme", "role": "owner"}, "s"),
        (BY_CLAIM, {"org": "acme"}, "s"),
        (BY_CLAIM, {"org": "acme", "role": {"admin": True}}, "s"),
        (BY_CLAIM, {"org": "acme", "role": ["ADMIN", 1, None]}, "s"),
        (BY_CLAIM, {"role": "admin"}, "s"),
        (BY_CLAIM, {"org": ["acme"], "role": "admin"}, "s"),
        (BY_CLAIM, {"org": "", "role": "admin"}, "s"),
        (BY_CLAIM, {"org": "acme", "role": "operator"}, "s"),
        ({**BY_CLAIM, "roles": {"boss": "admin"}}, {"org": "acme", "role": "admin"}, "s"),
        (BY_CLAIM, {"org": "acme", "role": "admin"}, ""),
        (BY_CLAIM, {"org": "acme", "role": "admin"}, None),
        (BY_CLAIM, {"org": "acme", "role": "admin"}, 1),
        (BY_CLAIM, {"org": "acme", "role": "admin"}, ["s"]),
        (BY_CLAIM, {"org": "acme", "role": "admin"}, "s" * 257),
        (BY_CLAIM, {"org": "acme", "role": "admin"}, "s\ud800"),
        (BY_CLAIM, {"org": "acme", "role": "admin"}, "\udc00"),
        (BY_CLAIM, {"org": "acme", "role": "admin"}, "s\x00"),
        (BY_CLAIM, {"org": "acme", "role": "admin"}, "s\ns"),
        (BY_CLAIM, {"org": "acme\udfff", "role": "admin"}, "s"),
        ({**BY_CLAIM, "role_claim": ["a", "b"]}, {"org": "acme", "a": "admin"}, "s"),
    ],
)
def test_claims_that_do_not_say_enough_make_none(mapping: dict[str, Any], claims: dict[str, Any], subject: Any) -> None:
    with pytest.raises(Unauthenticated):
        ClaimMapping.model_validate(mapping).mapped(claims, subject)


@pytest.mark.parametrize("subject", ["s", "s" * 256, "\u00e9" * 256])
def test_a_subject_has_up_to_256_characters(subject: str) -> None:
    caller = ClaimMapping.model_validate(BY_CLAIM).mapped({"org": "acme", "role": "admin"}, subject)
    assert caller.id == subject


ISSUER = {
    "issuer": "https://issuer.example/",
    "audience": "promptyard",
    "algorithms": ["RS256"],
    "jwks_url": "https://issuer.example/jwks.json",
    **BY_CLAIM,
}


def test_an_issuer() -> None:
    assert JwtIssuer.model_validate(ISSUER).algorithms == ("RS256",)


@pytest.mark.parametrize(
    "wrong",
    [
        {"algorithms": ["none"]},
        {"algorithms": ["HS256"]},
        {"algorithms": ["RS256", "HS512"]},
        {"algorithms": []},
        {"audience": ""},
        {"audience": None},
        {"issuer": ""},
        {"jwks_url": "http://issuer.example/jwks.json"},
        {"jwks_url": "file:///etc/keys"},
        {"jwks_url": None},
        {"jwks": {"keys": []}},
        {"tenant": "acme"},
        {"tenant_claim": None},
        {"role": "admin"},
        {"role_claim": None},
        {"roles": {"x": "owner"}},
        {"jku": "https://x.example"},
    ],
)
def test_an_issuer_that_could_let_anybody_in_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        JwtIssuer.model_validate({**ISSUER, **wrong})


IAM = {
    "kind": "iam",
    "principals": [
        {"arn": "arn:aws:sts::123456789012:assumed-role/Acme/*", "tenant": "acme", "role": "member"},
        {"arn": "arn:aws:iam::123456789012:user/root-of-all", "role": "operator"},
    ],
}


@pytest.mark.parametrize(
    ("arn", "tenant", "role"),
    [
        ("arn:aws:sts::123456789012:assumed-role/Acme/session", "acme", Role.MEMBER),
        ("arn:aws:iam::123456789012:user/root-of-all", "operator", Role.OPERATOR),
    ],
)
def test_a_principal_of_iam_is_a_caller(arn: str, tenant: str, role: Role) -> None:
    caller = GatewayIam.model_validate(IAM).caller(arn)
    assert (caller.tenant, caller.role, caller.id) == (tenant, role, arn)


@pytest.mark.parametrize(
    "arn",
    [
        None,
        "",
        "arn:aws:sts::123456789012:assumed-role/AcmeEvil/session",
        "arn:aws:sts::999999999999:assumed-role/Acme/session",
        "arn:aws:iam::123456789012:user/root-of-all2",
    ],
)
def test_another_principal_is_none(arn: str | None) -> None:
    with pytest.raises(Unauthenticated):
        GatewayIam.model_validate(IAM).caller(arn)


@pytest.mark.parametrize(
    "setting",
    [
        {"kind": "iam", "principals": []},
        {"kind": "iam", "principals": [{"arn": "*", "tenant": "acme", "role": "admin"}]},
        {"kind": "iam", "principals": [{"arn": IAM["principals"][0]["arn"], "role": "admin"}]},  # type: ignore[index]
        {"kind": "authorizer"},
        {"kind": "none"},
        {},
    ],
)
def test_a_gateway_that_could_let_anybody_in_is_refused(setting: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Gateway).validate_python(setting)
