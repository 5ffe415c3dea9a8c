"""The revisions of MCP that are spoken, and what of a request says which one is.

2026-07-28 is stateless: every request carries its revision and its client's capabilities in `params._meta`, and headers
repeat what a proxy may want to know
(https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http). The revisions before it
begin with `initialize`, and name what was agreed on in a header from then on. No session is kept for them either.
"""

import base64
import binascii
import re
from typing import Any

from starlette.datastructures import Headers

from functions.mcp.json_rpc import (
    HEADER_MISMATCH,
    INVALID_PARAMS,
    UNSUPPORTED_PROTOCOL_VERSION,
    RpcFault,
    RpcRequest,
)

STATELESS = "2026-07-28"
WITH_HANDSHAKE = ("2025-11-25", "2025-06-18", "2025-03-26")
"""Newest first."""
REVISIONS = (STATELESS, *WITH_HANDSHAKE)
WITH_BATCHES = "2025-03-26"
"""The one revision that has them. Who names none is of it, for the header came later."""

VERSION_HEADER, METHOD_HEADER, NAME_HEADER = "mcp-protocol-version", "mcp-method", "mcp-name"
VERSION_KEY = "io.modelcontextprotocol/protocolVersion"
CAPABILITIES_KEY = "io.modelcontextprotocol/clientCapabilities"
SERVER_KEY = "io.modelcontextprotocol/serverInfo"

_NAMED = frozenset({"tools/call", "prompts/get"})
"""The methods whose `name` a header repeats."""
_ENCODED = re.compile(r"=\?base64\?(.*)\?=")


def has_batches(headers: Headers) -> bool:
    return headers.get(VERSION_HEADER, WITH_BATCHES) == WITH_BATCHES


def revision_of(request: RpcRequest, headers: Headers) -> str:
    """The revision that the request is to be answered in. Raises RpcFault for one that is not spoken, and for a request
    that is not as its revision has it."""
    if VERSION_KEY in request.meta or headers.get(VERSION_HEADER) == STATELESS:
        _check_stateless(request, headers)
        return STATELESS
    if request.method == "initialize":
        return agreed_on(request.params.get("protocolVersion"))
    named = headers.get(VERSION_HEADER, WITH_BATCHES)
    if named not in WITH_HANDSHAKE:
        raise _unsupported(named)
    return named


def agreed_on(wanted: Any) -> str:
    """What `initialize` is answered: the revision that the client wants, or the newest that begins so."""
    return wanted if wanted in WITH_HANDSHAKE else WITH_HANDSHAKE[0]


def _check_stateless(request: RpcRequest, headers: Headers) -> None:
    missing = [key for key in (VERSION_KEY, CAPABILITIES_KEY) if key not in request.meta]
    if missing:
        raise RpcFault(INVALID_PARAMS, f"params._meta has no {' and no '.join(missing)}")
    version = request.meta[VERSION_KEY]
    _check_header(headers, VERSION_HEADER, version)
    _check_header(headers, METHOD_HEADER, request.method)
    if request.method in _NAMED:
        _check_header(headers, NAME_HEADER, request.params.get("name"))
    if version != STATELESS:
        raise _unsupported(version)


def _check_header(headers: Headers, name: str, expected: Any) -> None:
    given = headers.getlist(name)
    value = given[0] if len(given) == 1 else None
    if name == NAME_HEADER and value is not None:
        value = _decoded(value)
    if value is None or value != expected:
        raise RpcFault(HEADER_MISMATCH, f"The header {name} is not there once, or says something else than the body")


def _decoded(value: str) -> str | None:
    """A name that a header cannot hold is written as `=?base64?…?=`. None for one that cannot be read."""
    encoded = _ENCODED.fullmatch(value)
    if encoded is None:
        return value
    try:
        return base64.b64decode(encoded[1], validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None


def _unsupported(version: Any) -> RpcFault:
    told = version if isinstance(version, str) else ""
    return RpcFault(
        UNSUPPORTED_PROTOCOL_VERSION,
        "Unsupported protocol version",
        data={"supported": list(REVISIONS), "requested": told},
    )
