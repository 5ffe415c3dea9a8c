"""Tools and the choice among them in OpenAI's form, for every adapter."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from promptyard.domain.errors import InvalidRequest, RefusedParameter
from promptyard.domain.models.targets import NamedTool, ProviderCall, ToolChoice

Loc = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Function:
    """A tool of type `function`. `parameters` is a JSON schema of an object."""

    name: str
    description: str | None
    parameters: dict[str, Any]
    strict: bool | None


def functions(call: ProviderCall) -> list[Function] | None:
    """The tools, None where there are none. Raises RefusedParameter or InvalidRequest."""
    if not call.parameters.tools:
        return None
    if call.info is not None and call.info.capabilities.tools is False:
        raise RefusedParameter("tools", call.model)
    return [_function(tool, ("body", "parameters", "tools", i)) for i, tool in enumerate(call.parameters.tools)]


def called_functions(call: ProviderCall) -> list[Function]:
    """The functions that the conversation calls, for APIs that refuse calls where no tools are declared."""
    called = [made.function.name for message in call.messages for made in message.tool_calls or []]
    return [Function(name, None, {"type": "object", "properties": {}}, None) for name in dict.fromkeys(called)]


def tool_choice(call: ProviderCall) -> ToolChoice | None:
    """The caller's choice; None where none was made, or where there are no tools and it asks for none.

    Raises RefusedParameter where there are no tools to call, or not that one.
    """
    choice = call.parameters.tool_choice
    if not call.parameters.tools:
        if choice not in {None, "none", "auto"}:
            raise RefusedParameter("tool_choice", call.model, "goes with tools")
        return None
    if isinstance(choice, NamedTool) and choice.function.name not in _names(call):
        raise RefusedParameter("tool_choice", call.model, "names none of the tools")
    return choice


def parallel_tool_calls(call: ProviderCall) -> bool | None:
    """Raises RefusedParameter where there are no tools to call."""
    if call.parameters.parallel_tool_calls is None or call.parameters.tools:
        return call.parameters.parallel_tool_calls
    raise RefusedParameter("parallel_tool_calls", call.model, "goes with tools")


def check_parallel(call: ProviderCall, api: str) -> None:
    """Raises RefusedParameter where one call at a time is asked of an API that has no such setting."""
    if parallel_tool_calls(call) is False:
        raise RefusedParameter("parallel_tool_calls", call.model, f"is always true on {api}")


def _names(call: ProviderCall) -> set[str]:
    tools = [tool.get("function") for tool in call.parameters.tools or []]
    return {str(function.get("name")) for function in tools if isinstance(function, dict)}


def _function(tool: Mapping[str, Any], loc: Loc) -> Function:
    function = tool.get("function")
    if tool.get("type", "function") != "function" or not isinstance(function, dict):
        raise InvalidRequest('a tool is {"type": "function", "function": {…}}', loc=loc)
    name, parameters = function.get("name"), function.get("parameters")
    if not isinstance(name, str) or not name:
        raise InvalidRequest("a function has a name", loc=(*loc, "function", "name"), kind="missing")
    if not isinstance(parameters, dict | None):
        raise InvalidRequest("a function's parameters are a JSON schema", loc=(*loc, "function", "parameters"))
    return Function(
        name=name,
        description=function.get("description"),
        parameters=parameters or {"type": "object", "properties": {}},
        strict=function.get("strict"),
    )
