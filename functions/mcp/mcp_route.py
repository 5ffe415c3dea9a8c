"""The route's errors are JSON-RPC's, wherever they come from; and whose pages may ask it."""

from collections.abc import Callable, Coroutine, Mapping
from typing import Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from functions.mcp.answers import RpcError
from functions.mcp.faults import fault_of, fault_of_http, fault_of_request
from functions.mcp.json_rpc import RpcFault, error_answer
from promptyard.api.answers.descriptions import json_of_model
from promptyard.api.auth.authentication import AuthenticatedRoute
from promptyard.api.errors import log_failure
from promptyard.api.sse import json_text
from promptyard.domain.errors import PromptyardError

_ERRORS = "An error, in JSON-RPC's form: 400, 401, 403, 404, 405, 409, 413, 429, 500, 503"
_FOREIGN = "Pages of this origin may not ask this server: PROMPTYARD_CORS_ORIGINS names those that may"


class McpRoute(AuthenticatedRoute):
    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handler = super().get_route_handler()

        async def answered(request: Request) -> Response:
            try:
                _check_origin(request)
                return await handler(request)
            except PromptyardError as error:
                log_failure(request, error)
                fault = fault_of(request, error)
            except RequestValidationError as error:
                fault = fault_of_request(request, error)
            except HTTPException as error:
                fault = fault_of_http(error)
            except RpcFault as error:
                fault = error
            return rpc_response(error_answer(fault, None), fault.status, fault.headers)

        return answered


def mcp_router() -> APIRouter:
    described = {"content": {"application/json": json_of_model(RpcError)}, "description": _ERRORS}
    return APIRouter(tags=["mcp"], route_class=McpRoute, responses={"default": described})


def rpc_response(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(json_text(body), status, headers, media_type="application/json")


def _check_origin(request: Request) -> None:
    """A page of another origin that got hold of a key is told so, as MCP asks for (*Security & Endpoint* of the
    transport). A server without keys has let it in to nothing by then: the local server's host guard."""
    origins = request.headers.getlist("origin")
    allowed = request.app.state.provided().settings.allowed_origins()
    own = request.headers.get("host", "")
    if any(origin not in allowed and urlsplit(origin).netloc != own for origin in origins):
        raise HTTPException(403, _FOREIGN)
