"""The head of a streamed HTTP answer: its status and headers as JSON, then eight NUL bytes.

https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode-lambda.html
"""

import json
import re
from collections.abc import Iterable
from typing import Any

CONTENT_TYPE = "application/vnd.awslambda.http-integration-response"
_DELIMITER = bytes(8)
# API Gateway looks for the delimiter in the first 16 KB and gives up after them.
_MAX_BYTES = 16 * 1024
# RFC 9110, 5.1 and 5.5. What is in front of the caller may split a line that holds anything else.
_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(rb"[\t\x20-\x7e\x80-\xff]*")


def http_prelude(status: int, headers: Iterable[Iterable[bytes]], *, multi_value: bool) -> bytes:
    """`headers`: pairs of name and value, as ASGI has them; repeated ones are joined where `multi_value` is false.

    Raises ValueError for a status or a header that HTTP does not have, and when the headers are larger than API Gateway
    takes.
    """
    if isinstance(status, bool) or not isinstance(status, int) or not 200 <= status <= 599:
        raise ValueError("The response's status is none of a final answer.")
    values: dict[str, list[str]] = {}
    for name, value in headers:
        if not (_NAME.fullmatch(name) and _VALUE.fullmatch(value)):
            raise ValueError("A header of the response has a name or a value that HTTP does not allow.")
        values.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
    values.pop("transfer-encoding", None)  # the application has no say in it, says the ASGI specification
    prelude: dict[str, Any] = {"statusCode": status}
    if cookies := values.pop("set-cookie", None):
        prelude["cookies"] = cookies
    repeated = {name: several for name, several in values.items() if multi_value and len(several) > 1}
    prelude["headers"] = {name: ", ".join(several) for name, several in values.items() if name not in repeated}
    if repeated:
        prelude["multiValueHeaders"] = repeated
    data = json.dumps(prelude, separators=(",", ":")).encode() + _DELIMITER
    if len(data) > _MAX_BYTES:
        raise ValueError(f"The response's headers take {len(data)} bytes; API Gateway takes {_MAX_BYTES}.")
    return data
