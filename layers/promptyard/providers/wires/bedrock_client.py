"""The connection to Bedrock: a boto3 client whose calls another thread can end, and botocore's errors as ours.

Imports boto3, so it is imported only when a call is made.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

import boto3
import botocore.session
from botocore.awsrequest import (
    AWSHTTPConnection,
    AWSHTTPConnectionPool,
    AWSHTTPSConnection,
    AWSHTTPSConnectionPool,
)
from botocore.eventstream import ParserError
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    HTTPClientError,
    NoCredentialsError,
    NoRegionError,
    ParamValidationError,
    PartialCredentialsError,
    ProfileNotFound,
    ReadTimeoutError,
    SSOError,
    TokenRetrievalError,
)
from botocore.exceptions import ConnectionError as BotoConnectionError
from botocore.parsers import ResponseParserError
from urllib3.exceptions import HTTPError
from urllib3.exceptions import ReadTimeoutError as StreamTimeoutError

from promptyard.aws.clients import client_config, named_region
from promptyard.domain.errors import (
    InvalidRequest,
    MissingKey,
    PromptyardError,
    ProviderAuth,
    ProviderError,
    ProviderMalformed,
    ProviderUnreachable,
)
from promptyard.providers.network.interruption import InterruptibleConnection
from promptyard.providers.network.limits import DEFAULT_LIMITS, TransportLimits
from promptyard.providers.reading import faults
from promptyard.providers.wires import bedrock_errors

if TYPE_CHECKING:
    from mypy_boto3_bedrock_runtime import BedrockRuntimeClient


def make_client(
    session: botocore.session.Session | None = None,
    limits: TransportLimits = DEFAULT_LIMITS,
) -> "BedrockRuntimeClient":
    """A client for the session's credentials, region and endpoint, by default the environment's.

    It does not retry: whether that may be done depends on what the caller has seen, which the run knows.
    """
    config = client_config(limits.connect_seconds, limits.stall_seconds, 1, user_agent_extra="promptyard")
    made_by = boto3.Session(botocore_session=session or botocore.session.get_session())
    client = made_by.client("bedrock-runtime", config=config, region_name=named_region())
    # botocore has no setting for its connections' class. Lambda brings a botocore of its own choice: should one come
    # that keeps them elsewhere, calls still work, but the thread of one that is ended waits for its read timeout.
    with suppress(AttributeError):
        client._endpoint.http_session._pool_classes_by_scheme.update(  # type: ignore[attr-defined]
            http=_HttpPool, https=_HttpsPool
        )
    return client


class _HttpConnection(InterruptibleConnection, AWSHTTPConnection):  # type: ignore[misc] # the stubs' own bases disagree
    pass


class _HttpsConnection(InterruptibleConnection, AWSHTTPSConnection):  # type: ignore[misc] # as above
    pass


class _HttpPool(AWSHTTPConnectionPool):
    ConnectionCls = _HttpConnection


class _HttpsPool(AWSHTTPSConnectionPool):
    ConnectionCls = _HttpsConnection


def our_error(error: Exception) -> PromptyardError | None:
    """What an exception of botocore or urllib3 means to the caller; None for any other."""
    if isinstance(error, ClientError):
        return _service_error(error)
    if isinstance(error, ParamValidationError):
        return InvalidRequest(f"Bedrock does not take the request: {_faults(error)}")
    return next((make() for kinds, make in _MEANINGS if isinstance(error, kinds)), None)


_MEANINGS: list[tuple[tuple[type[Exception], ...], Callable[[], PromptyardError]]] = [
    (
        (NoCredentialsError, PartialCredentialsError),
        lambda: MissingKey("No AWS credentials for Bedrock: give the server a role, a profile or access keys"),
    ),
    ((NoRegionError,), lambda: MissingKey("No AWS region for Bedrock: set AWS_REGION")),
    (
        (CredentialRetrievalError, TokenRetrievalError, SSOError, ProfileNotFound),
        lambda: ProviderAuth("The AWS credentials for Bedrock cannot be used: they may have expired"),
    ),
    ((ReadTimeoutError, StreamTimeoutError), lambda: ProviderError("Bedrock went silent", retryable=True)),
    ((BotoConnectionError,), lambda: ProviderUnreachable("Bedrock could not be connected to", retryable=True)),
    (
        (HTTPClientError,),
        lambda: ProviderError("Bedrock closed the connection before it answered", retryable=True),
    ),
    # A connection that breaks off inside a stream is urllib3's own error: botocore's part is over by then.
    ((HTTPError,), faults.cut_off),
    ((ParserError, ResponseParserError), lambda: ProviderMalformed("Bedrock's answer cannot be read")),
    ((BotoCoreError,), lambda: ProviderError("Bedrock could not be called")),
]
"""The first that fits counts: some of these are kinds of others."""


def _service_error(error: ClientError) -> ProviderError:
    details, metadata = error.response.get("Error", {}), error.response.get("ResponseMetadata", {})
    headers = {name.lower(): value for name, value in metadata.get("HTTPHeaders", {}).items()}
    return bedrock_errors.provider_error(
        details.get("Code", ""),
        details.get("Message"),
        status=metadata.get("HTTPStatusCode"),
        retry_after=faults.retry_after_seconds(headers),
    )


def _faults(error: ParamValidationError) -> str:
    """The report without the values that it quotes."""
    lines = str(error.kwargs.get("report", "")).splitlines()
    return "; ".join(line.partition(", value:")[0] for line in lines)
