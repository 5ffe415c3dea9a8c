"""What an exception of AWS's library means to a caller."""

import pytest
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
    ParamValidationError,
    PartialCredentialsError,
    ProfileNotFound,
    ReadTimeoutError,
)
from botocore.parsers import ResponseParserError
from urllib3.exceptions import ProtocolError

from promptyard.domain.errors import (
    InvalidRequest,
    MissingKey,
    ProviderAuth,
    ProviderError,
    ProviderMalformed,
    ProviderRateLimited,
    ProviderUnreachable,
)
from promptyard.providers.wires.bedrock_client import our_error
from promptyard.providers.wires.bedrock_stream import BedrockConnection
from tests.support.samples.provider_calls import call

URL = "https://bedrock.example"


@pytest.mark.parametrize(
    ("error", "kind", "retryable"),
    [
        (ReadTimeoutError(endpoint_url=URL), ProviderError, True),
        (EndpointConnectionError(endpoint_url=URL), ProviderUnreachable, True),
        (ConnectTimeoutError(endpoint_url=URL), ProviderUnreachable, True),
        (ConnectionClosedError(endpoint_url=URL), ProviderError, True),
        (ProtocolError("broken"), ProviderMalformed, True),
        (ResponseParserError("no XML"), ProviderMalformed, False),
        (BotoCoreError(), ProviderError, False),
        (CredentialRetrievalError(provider="sso", error_msg="gone"), ProviderAuth, False),
        (ProfileNotFound(profile="p"), ProviderAuth, False),
    ],
)
def test_what_fails_on_the_way(error: Exception, kind: type[ProviderError], retryable: bool) -> None:
    made = our_error(error)
    assert type(made) is kind
    assert made.retryable is retryable


@pytest.mark.parametrize(
    "error",
    [NoCredentialsError(), PartialCredentialsError(provider="env", cred_var="AWS_SECRET_ACCESS_KEY"), NoRegionError()],
)
def test_what_the_deployment_lacks(error: Exception) -> None:
    assert type(our_error(error)) is MissingKey


def test_what_bedrock_answers() -> None:
    said = {
        "Error": {"Code": "ThrottlingException", "Message": "Slowly"},
        "ResponseMetadata": {"HTTPStatusCode": 429, "HTTPHeaders": {"Retry-After": "7"}},
    }
    made = our_error(ClientError(said, "Converse"))  # type: ignore[arg-type]
    assert isinstance(made, ProviderRateLimited)
    assert (made.status, made.retry_after, made.message) == (429, 7, "Slowly")


def test_a_request_that_it_does_not_take_is_quoted_nowhere() -> None:
    report = "Invalid type for parameter x, value: secret, type: <class 'str'>\nUnknown parameter in input: \"y\""
    made = our_error(ParamValidationError(report=report))
    assert isinstance(made, InvalidRequest)
    assert made.message == (
        'Bedrock does not take the request: Invalid type for parameter x; Unknown parameter in input: "y"'
    )


def test_what_is_none_of_the_librarys_is_left_alone() -> None:
    assert our_error(RuntimeError("a bug")) is None


class Client:
    closed = 0

    def close(self) -> None:
        self.closed += 1


def test_a_connection_that_is_closed_closes_its_client_once() -> None:
    connection, client = BedrockConnection(), Client()
    connection.close()
    connection._client = client  # type: ignore[assignment]
    connection.close()
    connection.close()
    assert client.closed == 1


def test_what_is_sent_is_what_was_prepared() -> None:
    prepared = BedrockConnection().prepare(call("bedrock", "us.anthropic.claude-x", api_key=None))
    assert prepared.sent == prepared.request
    assert prepared.sent["modelId"] == "us.anthropic.claude-x"
