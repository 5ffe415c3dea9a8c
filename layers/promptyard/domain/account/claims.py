"""From the claims of a token, or of API Gateway's own authorizer, to a caller. All of it is settings: what a claim
means is for the deployment to say, never for the token."""

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, field_validator, model_validator

from promptyard.domain.account.access import Caller, Role
from promptyard.domain.account.tenants import OPERATORS
from promptyard.domain.deferred import FrozenModel
from promptyard.domain.errors import Unauthenticated

ClaimPath = str | tuple[str, ...]
"""A claim's name, or the names that lead to it, outermost first. A name may hold dots and slashes."""

MAX_SUBJECT_LENGTH = 256

_ALGORITHMS = Literal["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
"""Public-key signatures alone: with `none` or an HMAC, whoever knows the public key could sign (RFC 8725 §2.1)."""

_UNFIT = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")

_TENANT_ROLES = {role.value: role for role in (Role.ADMIN, Role.MEMBER, Role.VIEWER)}


class _Setting(FrozenModel):
    model_config = ConfigDict(extra="forbid")


class ClaimMapping(_Setting):
    """Which claims tell the tenant and the role."""

    tenant: str | None = None
    """One tenant for all of them, or …"""
    tenant_claim: ClaimPath | None = None
    """… the claim that holds the tenant's id."""
    role: Role | None = None
    role_claim: ClaimPath | None = None
    """Holds one value, several with blanks or commas between them, or a list: the highest role counts."""
    roles: dict[str, Role] = Field({})
    """What the role claim's values mean. Empty: they are `viewer`, `member` and `admin` themselves. That a value makes
    an operator has to be said here."""

    @model_validator(mode="after")
    def _one_of_each(self) -> Self:
        if (self.tenant is None) == (self.tenant_claim is None):
            raise ValueError("give one of tenant and tenant_claim")
        if (self.role is None) == (self.role_claim is None):
            raise ValueError("give one of role and role_claim")
        return self

    def mapped(self, claims: Mapping[str, Any], subject: Any) -> Caller:
        """Raises Unauthenticated where the claims name no subject, tenant or role."""
        if not isinstance(subject, str) or not 0 < len(subject) <= MAX_SUBJECT_LENGTH or not _can_be_kept(subject):
            raise Unauthenticated("The credential names no subject")
        role = self.role or self._highest_role(_value_at(claims, self.role_claim))
        if role is None:
            raise Unauthenticated("The credential names no role")
        if role is Role.OPERATOR:
            return Caller(tenant=OPERATORS, role=role, id=subject)
        tenant = self.tenant or _value_at(claims, self.tenant_claim)
        if not isinstance(tenant, str) or not tenant or not _can_be_kept(tenant):
            raise Unauthenticated("The credential names no tenant")
        return Caller(tenant=tenant, role=role, id=subject)

    def _highest_role(self, given: Any) -> Role | None:
        values = [given, *re.split(r"[ ,]+", given)] if isinstance(given, str) else given
        if not isinstance(values, list):
            return None
        known = self.roles or _TENANT_ROLES
        roles = {known[value] for value in values if isinstance(value, str) and value in known}
        return max(roles, key=list(Role).index, default=None)


class JwtIssuer(ClaimMapping):
    """An issuer whose tokens are taken."""

    issuer: str = Field(min_length=1)
    """What `iss` has to be."""
    audience: str = Field(min_length=1)
    """What `aud` has to be, or to hold."""
    algorithms: tuple[_ALGORITHMS, ...] = Field(min_length=1)
    jwks_url: str | None = None
    """Where the issuer's public keys are; https, or http on this machine."""
    jwks: dict[str, Any] | None = None
    """The keys themselves (RFC 7517 §5), instead."""

    @model_validator(mode="after")
    def _one_source_of_keys(self) -> Self:
        if (self.jwks_url is None) == (self.jwks is None):
            raise ValueError("give one of jwks_url and jwks")
        return self

    @field_validator("jwks_url")
    @classmethod
    def _protected(cls, url: str | None) -> str | None:
        if url is not None and not url.startswith(("https://", "http://127.0.0.1:", "http://localhost:")):
            raise ValueError("has to be https, or http on this machine")
        return url

    @field_validator("jwks")
    @classmethod
    def _of_use(cls, jwks: dict[str, Any] | None) -> dict[str, Any] | None:
        if jwks is not None and not any(_checks_signatures(key) for key in _listed(jwks.get("keys"))):
            raise ValueError("holds no public key that signatures can be checked with")
        return jwks


class GatewayAuthorizer(ClaimMapping):
    """API Gateway's authorizer in front of the function: a Lambda authorizer's context, or a Cognito user pool's
    claims."""

    kind: Literal["authorizer"]


class IamPrincipal(_Setting):
    arn: str = Field(pattern=r"^arn:aws[a-z-]*:(iam|sts)::[0-9]{12}:.+$")
    """`*` stands for any text: `arn:aws:sts::123456789012:assumed-role/PromptTeam/*`."""
    tenant: str | None = None
    role: Role

    @model_validator(mode="after")
    def _has_a_tenant(self) -> Self:
        if (self.tenant is None) != (self.role is Role.OPERATOR):
            raise ValueError("give a tenant, except to an operator")
        return self


class GatewayIam(_Setting):
    """API Gateway's IAM authorization in front of the function."""

    kind: Literal["iam"]
    principals: tuple[IamPrincipal, ...] = Field(min_length=1)
    """The first one that matches counts."""

    def caller(self, arn: Any) -> Caller:
        """The caller with this ARN. Raises Unauthenticated for an ARN that matches none."""
        if isinstance(arn, str):
            for principal in self.principals:
                if fnmatchcase(arn, principal.arn):
                    return Caller(tenant=principal.tenant or OPERATORS, role=principal.role, id=arn)
        raise Unauthenticated("The credential is not one that this API takes")


Gateway = Annotated[GatewayAuthorizer | GatewayIam, Field(discriminator="kind")]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _checks_signatures(key: Any) -> bool:
    """RFC 7517 §4."""
    return isinstance(key, dict) and key.get("kty") in {"RSA", "EC", "OKP"} and key.get("use", "sig") == "sig"


def _can_be_kept(text: str) -> bool:
    """JSON may name half of a surrogate pair, which no store and no answer can hold (RFC 8259 §8.2), and signs that no
    log shows."""
    return _UNFIT.search(text) is None


def _value_at(claims: Mapping[str, Any], path: ClaimPath | None) -> Any:
    value: Any = claims
    for name in (path,) if isinstance(path, str) else path or ():
        if not isinstance(value, Mapping):
            return None
        value = value.get(name)
    return value
