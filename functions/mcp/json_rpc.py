"""JSON-RPC 2.0 (https://www.jsonrpc.org/specification) as MCP has it: one message a body, or several where a revision
has batches; a request's id is a text or a whole number, and never null."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603
HEADER_MISMATCH = -32020
UNSUPPORTED_PROTOCOL_VERSION = -32022

MessageId = str | int


class RpcFault(Exception):
    """An error of the protocol, as the answer to a message. `status` is the HTTP status that goes with it."""

    def __init__(
        self,
        code: int,
        message: str,
        *,
        status: int = 400,
        data: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.data = data
        self.headers = dict(headers or {})


@dataclass(frozen=True, slots=True)
class RpcRequest:
    """A request that waits for an answer."""

    id: MessageId
    method: str
    params: Mapping[str, Any] = field(default_factory=dict)

    @property
    def meta(self) -> Mapping[str, Any]:
        """What the protocol itself says of the request."""
        meta = self.params.get("_meta")
        return meta if isinstance(meta, dict) else {}


def read_message(message: Any) -> RpcRequest | None:
    """None for what waits for no answer: a notification, or an answer of the client's. Raises RpcFault."""
    if not isinstance(message, dict) or message.get("jsonrpc") != "2.0":
        raise RpcFault(INVALID_REQUEST, 'The body has to be a message of JSON-RPC: an object with "jsonrpc": "2.0"')
    if "method" not in message:
        if "result" in message or "error" in message:
            return None
        raise RpcFault(INVALID_REQUEST, "The message has no method")
    method, params = message["method"], message.get("params", {})
    if not isinstance(method, str):
        raise RpcFault(INVALID_REQUEST, "method has to be a text")
    if "id" not in message:
        return None
    if not isinstance(message["id"], str | int) or isinstance(message["id"], bool):
        raise RpcFault(INVALID_REQUEST, "id has to be a text or a whole number")
    if not isinstance(params, dict):
        raise RpcFault(INVALID_REQUEST, "params has to be an object")
    return RpcRequest(message["id"], method, params)


def result_answer(request_id: MessageId, result: Mapping[str, Any]) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": request_id, "result": result}


def error_answer(fault: RpcFault, request_id: MessageId | None) -> dict[str, Any]:
    """Without an id where none could be read."""
    error: dict[str, Any] = {"code": fault.code, "message": fault.message}
    if fault.data is not None:
        error["data"] = fault.data
    known = {} if request_id is None else {"id": request_id}
    return {"jsonrpc": "2.0", **known, "error": error}
