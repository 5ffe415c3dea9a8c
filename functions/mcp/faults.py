"""Errors of ours as JSON-RPC has them: what is no fault of a tool's arguments, which a tool's result tells."""

from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from functions.mcp.json_rpc import INTERNAL_ERROR, INVALID_PARAMS, INVALID_REQUEST, PARSE_ERROR, RpcFault
from promptyard.api.answers.fields import json_value
from promptyard.api.errors import error_headers, request_error, status_of, validation_mistakes
from promptyard.domain.errors import InvalidRequest, PromptyardError


def fault_of(request: Request, error: PromptyardError) -> RpcFault:
    """The code is JSON-RPC's own where it has one, and else the HTTP status: outside of the codes that JSON-RPC and MCP
    keep for themselves."""
    status = status_of(error)
    status = 400 if status == 422 else status
    code = INVALID_PARAMS if isinstance(error, InvalidRequest) else status
    code = INTERNAL_ERROR if status >= 500 else code
    data = {"error": json_value(request_error(request, error))}
    return RpcFault(code, error.message, status=status, data=data, headers=error_headers(error, status))


def fault_of_request(request: Request, error: RequestValidationError) -> RpcFault:
    mistake = validation_mistakes(request, error)[0]
    code = PARSE_ERROR if mistake.type == "json_invalid" else INVALID_REQUEST
    return RpcFault(code, mistake.msg)


def fault_of_http(error: HTTPException) -> RpcFault:
    headers: dict[str, Any] = dict(error.headers or {})
    return RpcFault(error.status_code, str(error.detail), status=error.status_code, headers=headers)
