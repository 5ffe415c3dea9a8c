"""The methods of MCP, each with what it answers."""

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from functions.mcp.faults import fault_of
from functions.mcp.json_rpc import INVALID_PARAMS, METHOD_NOT_FOUND, RpcFault, RpcRequest
from functions.mcp.labelled_prompts import get_labelled, list_labelled
from functions.mcp.revisions import REVISIONS, SERVER_KEY, STATELESS, agreed_on
from functions.mcp.tools.tool import BadArguments
from promptyard.api.answers.fields import json_value
from promptyard.api.errors import log_failure, request_error
from promptyard.api.sse import json_text
from promptyard.domain.errors import Forbidden, PromptyardError

if TYPE_CHECKING:
    from functions.mcp.tools.tool import Toolbox

_CAPABILITIES: dict[str, Any] = {"tools": {}, "prompts": {}}
_INSTRUCTIONS = (
    "Promptyard keeps prompts in versions, runs them on models of many providers, and keeps every run with its cost. "
    "A prompt is named namespace/slug, a version of it by its number or a label: namespace/slug@3, "
    "namespace/slug@production. run_prompt, compare and start_benchmark spend money; models of demo/ cost nothing."
)
_TOOLS_MS = 300_000
_PROMPTS_MS = 10_000
_SERVER_MS = 3_600_000
"""How long a client may go on with what it was told, in milliseconds."""

Method = Callable[["Toolbox", RpcRequest], Awaitable[dict[str, Any]]]


async def answer(box: "Toolbox", request: RpcRequest, revision: str) -> dict[str, Any]:
    """The request's result. Raises RpcFault."""
    methods = _STATELESS if revision == STATELESS else _WITH_HANDSHAKE
    method = methods.get(request.method)
    if method is None:
        raise RpcFault(METHOD_NOT_FOUND, f"Method not found: {request.method}", status=404)
    try:
        result = await method(box, request)
    except PromptyardError as error:
        log_failure(box.request, error)
        raise fault_of(box.request, error) from None
    if revision != STATELESS:
        return {name: value for name, value in result.items() if name not in {"ttlMs", "cacheScope"}}
    return {"resultType": "complete", **result, "_meta": {SERVER_KEY: _server(box)}}


def _server(box: "Toolbox") -> dict[str, str]:
    """By the version that the API's document has."""
    return {"name": "promptyard", "title": "Promptyard", "version": box.request.app.version}


async def _discover(_: "Toolbox", __: RpcRequest) -> dict[str, Any]:
    return {
        "supportedVersions": list(REVISIONS),
        "capabilities": _CAPABILITIES,
        "instructions": _INSTRUCTIONS,
        "ttlMs": _SERVER_MS,
        "cacheScope": "public",
    }


async def _initialize(box: "Toolbox", request: RpcRequest) -> dict[str, Any]:
    return {
        "protocolVersion": agreed_on(request.params.get("protocolVersion")),
        "capabilities": _CAPABILITIES,
        "serverInfo": _server(box),
        "instructions": _INSTRUCTIONS,
    }


async def _ping(_: "Toolbox", __: RpcRequest) -> dict[str, Any]:
    return {}


async def _list_tools(box: "Toolbox", _: RpcRequest) -> dict[str, Any]:
    """Those that the caller's role may use."""
    described = [tool.described for tool in box.tools.values() if box.caller.role.allows(tool.role)]
    return {"tools": described, "ttlMs": _TOOLS_MS, "cacheScope": "private"}


async def _call_tool(box: "Toolbox", request: RpcRequest) -> dict[str, Any]:
    """What is wrong with the arguments, or came of them, is a result: the model that called can do better next time."""
    name = request.params.get("name")
    tool = box.tools.get(name) if isinstance(name, str) else None
    if tool is None:
        raise RpcFault(INVALID_PARAMS, f"Unknown tool: {name if isinstance(name, str) else ''}")
    try:
        if not box.caller.role.allows(tool.role):
            raise Forbidden(f"This needs the role {tool.role.value}")
        result = await tool(box, request.params.get("arguments") or {})
    except BadArguments as mistakes:
        return _tool_result({"error": {"code": "validation", "message": str(mistakes)}}, failed=True)
    except PromptyardError as error:
        log_failure(box.request, error)
        return _tool_result({"error": json_value(request_error(box.request, error))}, failed=True)
    return _tool_result(json_value(result.answer), failed=result.failed)


def _tool_result(content: Mapping[str, Any], *, failed: bool) -> dict[str, Any]:
    """As JSON twice: for clients that read structured content, and for the others."""
    text = {"type": "text", "text": json_text(content)}
    return {"content": [text], "structuredContent": content, "isError": failed}


async def _list_prompts(box: "Toolbox", request: RpcRequest) -> dict[str, Any]:
    listed = await list_labelled(box.prompts, box.tenant, request.params.get("cursor"))
    return {**listed, "ttlMs": _PROMPTS_MS, "cacheScope": "private"}


async def _get_prompt(box: "Toolbox", request: RpcRequest) -> dict[str, Any]:
    return await get_labelled(box.prompts, box.tenant, request.params.get("name"), request.params.get("arguments"))


_SHARED: dict[str, Method] = {
    "tools/list": _list_tools,
    "tools/call": _call_tool,
    "prompts/list": _list_prompts,
    "prompts/get": _get_prompt,
}
_STATELESS: dict[str, Method] = {"server/discover": _discover, **_SHARED}
_WITH_HANDSHAKE: dict[str, Method] = {"initialize": _initialize, "ping": _ping, **_SHARED}
