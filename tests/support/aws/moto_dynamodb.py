"""DynamoDB by moto, behind boto3's own client: the referee of the embedded one."""

from functools import cache
from typing import Any

import botocore.session
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config
from moto.core.botocore_stubber import MockRawResponse
from moto.core.model_instances import reset_model_data
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.core.request import normalize_request
from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.responses import DynamoHandler
from werkzeug.exceptions import HTTPException

REGION = "us-east-1"


def emptied_moto() -> Any:
    """The client, with nothing in its store. There is one store in a process."""
    dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION].reset()
    return _client()


@cache
def _client() -> Any:
    session = botocore.session.Session()
    session.register("before-send.dynamodb", _answer)  # type: ignore[arg-type] # the stub says None
    return session.create_client(
        "dynamodb",
        region_name=REGION,
        endpoint_url=f"https://dynamodb.{REGION}.amazonaws.com",
        aws_access_key_id="moto",
        aws_secret_access_key="moto",
        config=Config(retries={"mode": "standard", "total_max_attempts": 1}),
    )


def _answer(request: AWSPreparedRequest, **_: Any) -> AWSResponse:
    normalized = normalize_request(request)
    try:
        status, headers, body = DynamoHandler.dispatch(normalized, normalized.raw_url, normalized.headers)
    except HTTPException as error:
        status, headers, body = error.code or 500, dict(error.get_headers()), error.get_body()
    reset_model_data()
    return AWSResponse(request.url, status, HTTPHeaders.from_dict(headers), MockRawResponse(body))
