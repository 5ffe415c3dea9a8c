"""The environment, typed. Read once, by `bootstrap`; nothing else looks at environment variables."""

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field, Json, SecretStr, ValidationError, field_validator

from promptyard.domain.account.claims import Gateway, JwtIssuer
from promptyard.domain.account.quotas import MAX_RUNS_AT_ONCE
from promptyard.domain.deferred import FrozenModel
from promptyard.domain.errors import PromptyardError
from promptyard.domain.otlp import parse_headers

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

NEVER_OPEN = "what is deployed never runs open"


class BadSetting(PromptyardError):
    """A setting that cannot be used. The message says which, and what it may be."""


_OTHERS = {"otlp_endpoint": "OTEL_EXPORTER_OTLP_ENDPOINT", "otlp_headers": "OTEL_EXPORTER_OTLP_HEADERS"}
"""OpenTelemetry's own."""


class Settings(FrozenModel):
    """Each field is read from `PROMPTYARD_<NAME>`, but for those that have a name elsewhere."""

    auth: Literal["open", "required"] = "required"
    """`open`: everybody is one admin. For a server that only its own machine can reach; a function refuses it."""
    jwt_issuers: Json[tuple[JwtIssuer, ...]] = ()
    """Whose tokens are taken, and what their claims mean: a JSON list of `JwtIssuer`."""
    gateway_auth: Json[Gateway] | None = None
    """That the functions run behind API Gateway's own authorizer or IAM, whose word counts then instead of keys and
    tokens: a JSON map, `GatewayAuthorizer` or `GatewayIam`."""
    secret_prefix: str = Field("promptyard/", pattern=r"^[A-Za-z0-9/_+=.@-]{1,200}$")
    """How the names of the tenants' secrets begin."""
    secrets_key: str | None = Field(None, pattern=r"^[A-Za-z0-9/_:-]{1,2048}$")
    """The KMS key, by id or ARN, that secrets of tenants are made with; without it AWS's own of Secrets Manager."""
    provider_secrets: Json[dict[str, str]] = Field({})
    """Secrets that hold the deployment's own provider keys: a JSON map from the variable that the provider's own SDK
    reads, such as OPENAI_API_KEY, to the secret's ARN or name."""
    allow_private_endpoints: Literal["off", "loopback", "private"] = "off"
    """Which addresses, beside public ones, a caller's custom_base_url may have."""
    run_deadline_seconds: float = Field(300, gt=0, le=3600)
    """The longest that one run may take, all attempts together."""
    runs_at_once: int = Field(200, ge=1, le=MAX_RUNS_AT_ONCE)
    """How many runs of one tenant may go on at once, where the tenant has no number of its own."""
    remember_streams: bool = False
    """Keep the streams of the last hour in memory, at most 64 MB of them. Where every request comes to one process, all
    of them can be resumed then, and none has to be written into the store for that."""
    retention_days: int | None = Field(None, ge=1, le=36_500)
    """How long runs are kept, executed and saved ones; without it they are kept. A tenant's own setting wins."""
    guardrail_id: str | None = Field(None, pattern=r"^([a-z0-9]+|arn:[a-z0-9:/-]+:guardrail/[a-z0-9]+)$")
    """The guardrail of Amazon Bedrock, by id or ARN, that scores toxicity and jailbreaks; without one a judge does."""
    guardrail_version: str = Field("DRAFT", pattern=r"^(DRAFT|[1-9][0-9]{0,7})$")
    event_bus: str | None = Field(None, pattern=r"^[A-Za-z0-9/._:-]{1,400}$")
    """The event bus of Amazon EventBridge, by name or ARN, that is told of new prompt versions."""
    uploads: Literal["s3", "api"] = "s3"
    """Where files of datasets are uploaded to: S3, which tells the deployment of them, or a route of the API, where
    nobody would."""
    cors_origins: str = ""
    """Origins that browsers may call from, separated by commas."""
    metrics_namespace: str | None = Field(None, pattern=r"^[A-Za-z0-9._/#:-]{1,255}$")
    """The namespace of CloudWatch under which each run writes its line of metrics; without one none does."""
    otlp_endpoint: str | None = Field(None, pattern=r"^https?://[!-~]{1,2000}$")
    """OTEL_EXPORTER_OTLP_ENDPOINT: the collector that each run is sent to as a span, by OTLP over HTTP in JSON; without
    one none is."""
    otlp_headers: SecretStr = SecretStr("")
    """OTEL_EXPORTER_OTLP_HEADERS: `name=value,name=value`, its keys among them."""
    span_content: bool = False
    """Whether spans have what was said and answered."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Raises BadSetting."""
        try:
            settings = cls.model_validate(_given(environment))
        except ValidationError as error:
            name, fault = _fault(error.errors(include_input=False, include_url=False)[0])
            raise BadSetting(f"{variable_of(name)}: {fault}") from None
        if settings.auth == "open" and "AWS_LAMBDA_FUNCTION_NAME" in environment:
            raise BadSetting(f"{variable_of('auth')}: {NEVER_OPEN}")
        return settings

    @field_validator("otlp_headers")
    @classmethod
    def _headers_can_be_sent(cls, headers: SecretStr) -> SecretStr:
        parse_headers(headers.get_secret_value())
        return headers

    def retention(self) -> timedelta | None:
        return None if self.retention_days is None else timedelta(days=self.retention_days)

    def allowed_origins(self) -> list[str]:
        return [origin.strip() for origin in self.cors_origins.split(",") if origin.strip()]


def faults_of_a_function(environment: Mapping[str, str], unknown: str) -> list[tuple[str, str]]:
    """Why a function with this environment would not start: each setting that cannot be used, and what it may be.

    `unknown` stands where a text is known only when it is deployed: what is wrong with that text is no fault."""
    given = _given(environment)
    faults = [("auth", NEVER_OPEN)] if given.get("auth") == "open" else []
    try:
        Settings.model_validate(given)
    except ValidationError as error:
        faults += [_fault(each) for each in _known(error.errors(include_url=False), unknown)]
    return faults


def _known(errors: "list[ErrorDetails]", unknown: str) -> "list[ErrorDetails]":
    """Those that have nothing to do with an unknown text: a list of which nothing is left is short of what is in it."""
    excused = [each["loc"] for each in errors if isinstance(each["input"], str) and unknown in each["input"]]
    return [each for each in errors if not any(loc[: len(each["loc"])] == each["loc"] for loc in excused)]


def _given(environment: Mapping[str, str]) -> dict[str, str]:
    """What is set, by field."""
    texts = {name: environment.get(variable_of(name), "").strip() for name in Settings.model_fields}
    return {name: text for name, text in texts.items() if text}


def variable_of(name: str) -> str:
    """The environment variable that a field is read from."""
    return _OTHERS.get(name, f"PROMPTYARD_{name.upper()}")


def _fault(error: "ErrorDetails") -> tuple[str, str]:
    """Of which setting, and which."""
    name, *inner = error["loc"]
    where = " at " + ".".join(str(part) for part in inner) if inner else ""
    return str(name), f"{error['msg']}{where}"
