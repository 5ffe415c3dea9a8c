"""Events as API Gateway and function URLs send them."""

import base64
from typing import Any


def rest_event(
    path: str,
    method: str = "GET",
    *,
    headers: dict[str, list[str]] | None = None,
    body: bytes | None = None,
    **more: Any,
) -> dict[str, Any]:
    """A REST API's proxy event. A body that is not UTF-8 goes in base64, as through a binary media type."""
    many = {"Host": ["api.example.com"], "X-Forwarded-Proto": ["https"], **(headers or {})}
    event: dict[str, Any] = {
        "resource": "/{proxy+}",
        "path": path,
        "httpMethod": method,
        "headers": {name: values[-1] for name, values in many.items()},
        "multiValueHeaders": many,
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": {"proxy": path.lstrip("/")},
        "stageVariables": None,
        "requestContext": {
            "resourcePath": "/{proxy+}",
            "httpMethod": method,
            "path": f"/prod{path}",
            "stage": "prod",
            "requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
            "identity": {"sourceIp": "203.0.113.9", "userAgent": "curl/8"},
        },
        "body": None,
        "isBase64Encoded": False,
    }
    if body is not None:
        try:
            event["body"] = body.decode()
        except UnicodeDecodeError:
            event |= {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}
    return event | more


def function_url_event(path: str, *, cookies: list[str] | None = None) -> dict[str, Any]:
    """A function URL's event, in format 2.0."""
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "a=1&a=2",
        "cookies": cookies or [],
        "headers": {"host": "abc.lambda-url.eu-west-1.on.aws"},
        "requestContext": {"http": {"method": "GET", "path": path, "sourceIp": "203.0.113.9"}},
        "isBase64Encoded": False,
    }


SQS_EVENT = {"Records": [{"eventSource": "aws:sqs", "body": "secret-of-the-message"}]}
EVENTBRIDGE_EVENT = {"version": "0", "source": "aws.s3", "detail-type": "Object Created", "detail": {}}
ALB_EVENT = {"requestContext": {"elb": {"targetGroupArn": "arn"}}, "httpMethod": "GET", "path": "/", "headers": {}}
