"""What of a body is a message of MCP, and which revision a request is of."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mcp.shared.inbound import encode_header_value
from starlette.datastructures import Headers

from functions.mcp.json_rpc import (
    HEADER_MISMATCH,
    INVALID_PARAMS,
    INVALID_REQUEST,
    UNSUPPORTED_PROTOCOL_VERSION,
    RpcFault,
    RpcRequest,
    read_message,
)
from functions.mcp.revisions import (
    CAPABILITIES_KEY,
    REVISIONS,
    STATELESS,
    VERSION_KEY,
    WITH_HANDSHAKE,
    agreed_on,
    has_batches,
    revision_of,
)

META = {VERSION_KEY: STATELESS, CAPABILITIES_KEY: {}}


def headers(**given: str) -> Headers:
    return Headers({name.replace("_", "-"): value for name, value in given.items()})


def stateless(method: str = "tools/list", meta: Any = META, **params: Any) -> RpcRequest:
    return RpcRequest(1, method, {"_meta": meta, **params})


def refused(request: RpcRequest, of: Headers) -> RpcFault:
    with pytest.raises(RpcFault) as caught:
        revision_of(request, of)
    return caught.value


@pytest.mark.parametrize(
    "message",
    [
        None,
        7,
        "tools/list",
        [],
        {},
        {"method": "ping", "id": 1},
        {"jsonrpc": "1.0", "method": "ping", "id": 1},
        {"jsonrpc": "2.0", "id": 1},
        {"jsonrpc": "2.0", "id": 1, "method": 7},
        {"jsonrpc": "2.0", "id": None, "method": "ping"},
        {"jsonrpc": "2.0", "id": True, "method": "ping"},
        {"jsonrpc": "2.0", "id": 1.5, "method": "ping"},
        {"jsonrpc": "2.0", "id": [], "method": "ping"},
        {"jsonrpc": "2.0", "id": 1, "method": "ping", "params": []},
        {"jsonrpc": "2.0", "id": 1, "method": "ping", "params": None},
    ],
)
def test_what_is_no_message_is_refused(message: Any) -> None:
    with pytest.raises(RpcFault) as caught:
        read_message(message)
    assert (caught.value.code, caught.value.status) == (INVALID_REQUEST, 400)


def test_what_waits_for_no_answer_is_told_apart() -> None:
    assert read_message({"jsonrpc": "2.0", "method": "notifications/initialized"}) is None
    assert read_message({"jsonrpc": "2.0", "id": 1, "result": {}}) is None
    assert read_message({"jsonrpc": "2.0", "id": 1, "error": {"code": 1, "message": "no"}}) is None
    assert read_message({"jsonrpc": "2.0", "id": "a", "method": "ping"}) == RpcRequest("a", "ping")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(("jsonrpc", "id", "method", "params", "result"), JSON)) | JSON)
def test_any_json_is_a_message_or_refused(message: Any) -> None:
    if isinstance(message, dict) and "jsonrpc" in message:
        message["jsonrpc"] = "2.0"
    try:
        read = read_message(message)
    except RpcFault:
        return
    if read is not None:
        assert (read.id, read.method) == (message["id"], message["method"])
        assert read.meta == {} or read.meta is message["params"]["_meta"]


def test_a_stateless_request_says_all_of_it_itself() -> None:
    told = headers(mcp_protocol_version=STATELESS, mcp_method="tools/list")
    assert revision_of(stateless(), told) == STATELESS
    for meta in ({}, {VERSION_KEY: STATELESS}, {CAPABILITIES_KEY: {}}, None, 7):
        assert refused(stateless(meta=meta), told).code == INVALID_PARAMS


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"mcp_protocol_version": STATELESS},
        {"mcp_method": "tools/list"},
        {"mcp_protocol_version": "2025-11-25", "mcp_method": "tools/list"},
        {"mcp_protocol_version": STATELESS, "mcp_method": "prompts/list"},
    ],
)
def test_headers_that_say_something_else_than_the_body_are_refused(told: dict[str, str]) -> None:
    assert refused(stateless(), headers(**told)).code == HEADER_MISMATCH


def test_a_header_that_stands_twice_is_refused() -> None:
    told = [(b"mcp-protocol-version", STATELESS.encode()), (b"mcp-method", b"tools/list")]
    assert revision_of(stateless(), Headers(raw=told)) == STATELESS
    assert refused(stateless(), Headers(raw=[*told, (b"mcp-method", b"tools/list")])).code == HEADER_MISMATCH


@given(st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=40))
def test_a_name_of_any_script_is_read_from_its_header(name: str) -> None:
    told = headers(mcp_protocol_version=STATELESS, mcp_method="prompts/get", mcp_name=encode_header_value(name))
    assert revision_of(stateless("prompts/get", name=name), told) == STATELESS
    assert refused(stateless("prompts/get", name=f"{name}!"), told).code == HEADER_MISMATCH


@pytest.mark.parametrize("name", ["=?base64?!?=", "=?base64?/w==?=", ""])
def test_a_name_that_cannot_be_read_is_refused(name: str) -> None:
    told = headers(mcp_protocol_version=STATELESS, mcp_method="tools/call", mcp_name=name)
    assert refused(stateless("tools/call", name="compare"), told).code == HEADER_MISMATCH


def test_a_revision_that_is_not_spoken_is_refused_with_those_that_are() -> None:
    told = headers(mcp_protocol_version="2030-01-01", mcp_method="tools/list")
    of_body = refused(stateless(meta={VERSION_KEY: "2030-01-01", CAPABILITIES_KEY: {}}), told)
    of_header = refused(RpcRequest(1, "tools/list"), headers(mcp_protocol_version="2024-11-05"))
    assert (of_body.code, of_header.code) == (UNSUPPORTED_PROTOCOL_VERSION,) * 2
    assert of_body.data == {"supported": list(REVISIONS), "requested": "2030-01-01"}


def test_earlier_revisions_are_told_by_their_header_or_by_none() -> None:
    assert revision_of(RpcRequest(1, "tools/list"), headers()) == "2025-03-26"
    for revision in WITH_HANDSHAKE:
        assert revision_of(RpcRequest(1, "tools/list"), headers(mcp_protocol_version=revision)) == revision
        assert agreed_on(revision) == revision
    for wanted in (STATELESS, "2024-11-05", None, 7, []):
        assert agreed_on(wanted) == WITH_HANDSHAKE[0]
    assert revision_of(RpcRequest(1, "initialize", {"protocolVersion": "2025-06-18"}), headers()) == "2025-06-18"


def test_one_revision_has_batches() -> None:
    assert has_batches(headers())
    assert [revision for revision in REVISIONS if has_batches(headers(mcp_protocol_version=revision))] == ["2025-03-26"]
