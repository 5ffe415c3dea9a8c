"""What API Gateway makes of a request: which of its resources it is, and the event that the function gets."""

import json
import re
from functools import cache
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.streaming_runtime.events import rest_event
from tests.support.servers.packages import CDK


def gateway_event(method: str, url: str, *, headers: dict[str, list[str]], body: bytes | None) -> dict[str, Any]:
    """`url` is a path with, perhaps, a query."""
    path, query = urlsplit(url).path, parse_qs(urlsplit(url).query)
    resource, parameters = resource_of(method, path)
    event = rest_event(path, method, headers=headers, body=body)
    context = event["requestContext"] | {"resourcePath": resource, "resourceId": "abc123", "apiId": "xyz"}
    return event | {
        "resource": resource,
        "pathParameters": parameters or None,
        "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
        "multiValueQueryStringParameters": query or None,
        "requestContext": context,
    }


def resource_of(method: str, path: str) -> tuple[str, dict[str, str]]:
    """The API's resource for a path, and its parameters: what is written out goes before a parameter."""
    for resource in sorted(_resources(method), key=lambda resource: resource.replace("{", "\x7f")):
        pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(resource))
        if found := re.fullmatch(pattern + "/?", path):
            return resource, found.groupdict()
    raise LookupError(f"API Gateway has no {method} {path}")


@cache
def _resources(method: str) -> list[str]:
    document = json.loads((CDK / "routes.json").read_text())
    described = ["/health", *document["description"], *document["page"]] if method == "GET" else []
    return [*described, *(route["path"] for route in document["routes"] if route["method"] == method)]
