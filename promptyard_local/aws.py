"""Chooses what the local server keeps its data in: AWS embedded in the process, another endpoint, or AWS itself."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from promptyard.aws.clients import Clients, MakeClient
from promptyard.aws.resources import bucket_names, create_buckets, create_tables, local_names
from promptyard.domain.account.quotas import MAX_RUNS_AT_ONCE
from promptyard.domain.errors import StoreUnavailable
from promptyard.settings import BadSetting
from promptyard_local.embedded import Embedded
from promptyard_local.embedded_events import EMBEDDED_BUS
from promptyard_local.embedded_queues import QUEUE_NAMES, queue_makers
from promptyard_local.journal import DataUnusable

LAPTOP_DEFAULTS = {
    "PROMPTYARD_AUTH": "open",
    "PROMPTYARD_ALLOW_PRIVATE_ENDPOINTS": "loopback",
    "PROMPTYARD_REMEMBER_STREAMS": "true",
    "PROMPTYARD_RUNS_AT_ONCE": str(MAX_RUNS_AT_ONCE),
    "PROMPTYARD_UPLOADS": "api",
    "PROMPTYARD_EVENT_BUS": EMBEDDED_BUS,
}
"""Settings where the environment says nothing."""
TEAM_DEFAULTS = LAPTOP_DEFAULTS | {"PROMPTYARD_ALLOW_PRIVATE_ENDPOINTS": "off"}
"""The same where others reach the server: what it reaches on its own machine is not theirs."""
DEFAULT_DATA_DIR = ".promptyard"
IN_MEMORY = ":memory:"
SERVICES = ("dynamodb", "s3", "secretsmanager")
FALLBACK_REGION = "us-east-1"


@dataclass(frozen=True, slots=True)
class LocalAws:
    clients: Clients
    names: Mapping[str, str]
    """The physical names of tables and buckets, by the environment variable that holds them in AWS."""
    place: str
    """Where the data is, for people to read."""
    exclusive: bool
    """No other process uses the data."""
    close: Callable[[], None]
    """Call it last. What was answered is on disk already."""
    back_up: Callable[[Path], None]
    """Copies the data, as it is at one moment, into a new file, whatever is written meanwhile. Raises DataUnusable."""


def open_aws(environment: Mapping[str, str]) -> LocalAws:
    """What the environment asks for:

    - `PROMPTYARD_AWS=real`: AWS with the user's own credentials; the resources are there, and named by variables.
    - `AWS_ENDPOINT_URL_DYNAMODB`, `AWS_ENDPOINT_URL_S3`, `AWS_ENDPOINT_URL_SECRETS_MANAGER` (or `AWS_ENDPOINT_URL` for
      all): that endpoint for that service, where what is missing is created.
    - else, by service, embedded, kept in `PROMPTYARD_DATA_DIR` (`.promptyard`); `:memory:` keeps nothing.

    Raises BadSetting, DataUnusable, StoreUnavailable.
    """
    if environment.get("PROMPTYARD_AWS", "") not in {"", "embedded", "real"}:
        raise BadSetting("PROMPTYARD_AWS: may be embedded or real")
    if environment.get("PROMPTYARD_AWS") == "real":
        return _real(environment)
    endpoints = {service: url for service in SERVICES if (url := _endpoint(environment, service))}
    makers = queue_makers(has_bus=environment.get("PROMPTYARD_EVENT_BUS", EMBEDDED_BUS) == EMBEDDED_BUS)
    makers |= {service: _dialling(service, url, environment) for service, url in endpoints.items()}
    if len(endpoints) == len(SERVICES):
        place = f"at {', '.join(endpoints.values())}"
        return _created(Clients(makers, at_once={"sqs"}), place, False, lambda: None, _elsewhere)
    return _embedded(environment, makers, endpoints)


def data_directory(environment: Mapping[str, str]) -> Path:
    """Where embedded data is kept; `:memory:` is no directory."""
    return Path(environment.get("PROMPTYARD_DATA_DIR", "").strip() or DEFAULT_DATA_DIR)


def _real(environment: Mapping[str, str]) -> LocalAws:
    names = {setting: environment.get(setting, "") for setting in {**local_names(), **QUEUE_NAMES}}
    missing = [setting for setting, name in names.items() if not name]
    if missing:
        raise BadSetting(f"PROMPTYARD_AWS=real needs the names of what is deployed: {', '.join(missing)}")
    clients = Clients()
    return LocalAws(clients, names, "in AWS", False, clients.close, _elsewhere)


def _embedded(environment: Mapping[str, str], makers: dict[str, MakeClient], endpoints: Mapping[str, str]) -> LocalAws:
    directory = data_directory(environment)
    in_memory = str(directory) == IN_MEMORY
    place = "in memory only" if in_memory else f"in {directory.resolve()}"
    embedded = Embedded(bucket_names(local_names()))
    try:
        local = _created(
            Clients({**embedded.makers(), **makers}, at_once={"dynamodb", "sqs"} - endpoints.keys()),
            ", ".join([place, *endpoints.values()]),
            "dynamodb" not in endpoints,
            embedded.close,
            _elsewhere if endpoints else embedded.back_up,
            has_buckets="s3" not in endpoints,
        )
        if not in_memory:
            embedded.keep_in(directory, tables=local.exclusive)
    except BaseException:
        embedded.close()
        raise
    return local


def _created(
    clients: Clients,
    place: str,
    exclusive: bool,
    close: Callable[[], None],
    back_up: Callable[[Path], None],
    *,
    has_buckets: bool = False,
) -> LocalAws:
    from botocore.exceptions import BotoCoreError, ClientError

    names = local_names()
    try:
        create_tables(clients.dynamodb(), names)
        if not has_buckets:
            create_buckets(clients.s3(), names)
    except (BotoCoreError, ClientError) as error:
        raise StoreUnavailable(f"The store cannot be used: {error}") from None

    def close_all() -> None:
        clients.close()
        close()

    return LocalAws(clients, {**names, **QUEUE_NAMES}, place, exclusive, close_all, back_up)


def _elsewhere(_: Path) -> None:
    """Raises DataUnusable."""
    raise DataUnusable("The data is not, or not all of it, in this process: back it up where it is")


def _endpoint(environment: Mapping[str, str], service: str) -> str:
    """The variables are the AWS SDKs' own. Raises BadSetting."""
    name = {"secretsmanager": "SECRETS_MANAGER"}.get(service, service.upper())
    for variable in (f"AWS_ENDPOINT_URL_{name}", "AWS_ENDPOINT_URL"):
        if url := environment.get(variable, ""):
            if not url.startswith(("http://", "https://")):
                raise BadSetting(f"{variable}: is not an http(s) URL")
            return url
    return ""


def _dialling(service: str, url: str, environment: Mapping[str, str]) -> MakeClient:
    """A client of that endpoint, with the user's credentials; stand-ins take any, so some are made up where the user
    has none."""

    def make(config: Callable[[], Any]) -> Any:
        import boto3

        session = boto3.Session()
        given: dict[str, str] = {}
        if "AWS_ACCESS_KEY_ID" not in environment and not session.available_profiles:
            given = {"aws_access_key_id": "local", "aws_secret_access_key": "local"}
        region = session.region_name or FALLBACK_REGION
        return session.client(service, endpoint_url=url, region_name=region, config=config(), **given)  # type: ignore[call-overload]

    return make
