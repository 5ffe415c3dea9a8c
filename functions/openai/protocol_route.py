"""Routes that answer in a protocol of clients, their errors as well, whatever goes wrong and wherever."""

from abc import abstractmethod
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from functions.openai.anthropic_errors import AnthropicError, anthropic_error, anthropic_status
from functions.openai.faults import Fault, fault_of, fault_of_http, fault_of_request
from functions.openai.openai_errors import OpenAIError, openai_error
from promptyard.api.answers.descriptions import json_of_model
from promptyard.api.answers.fields import json_response
from promptyard.api.auth.authentication import AuthenticatedRoute
from promptyard.api.errors import log_failure
from promptyard.api.lambda_scope import request_id
from promptyard.domain.errors import PromptyardError
from promptyard.services.runs.run_handle import RunHandle

_ERRORS = "An error, in the form of the protocol: 400, 401, 403, 404, 409, 413, 429, 500, 502, 503, 504"


class ProtocolRoute(AuthenticatedRoute):
    @abstractmethod
    def error_answer(self, request: Request, fault: Fault) -> BaseModel: ...

    def error_status(self, fault: Fault) -> int:
        return fault.status

    async def answer_run_again(self, request: Request, handle: RunHandle, *, stream: bool) -> Response:
        """What a repetition by `Idempotency-Key` is answered with, where the route runs something."""
        raise NotImplementedError

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handler = super().get_route_handler()

        async def answered(request: Request) -> Response:
            request.state.answer_run_again = self.answer_run_again
            try:
                return await handler(request)
            except PromptyardError as error:
                log_failure(request, error)
                fault = fault_of(error)
                error.__traceback__ = None  # its frames have the run, and that has it: both can go
            except RequestValidationError as error:
                fault = fault_of_request(request, error)
            except HTTPException as error:
                fault = fault_of_http(error)
            headers = {**getattr(request.state, "answer_headers", {}), **fault.headers}
            return json_response(self.error_answer(request, fault), status=self.error_status(fault), headers=headers)

        return answered


class OpenAIRoute(ProtocolRoute):
    def error_answer(self, request: Request, fault: Fault) -> BaseModel:  # noqa: ARG002 - others show the request's id
        return openai_error(fault)


def openai_router(route_class: type[OpenAIRoute] = OpenAIRoute) -> APIRouter:
    return _router(route_class, OpenAIError)


class AnthropicRoute(ProtocolRoute):
    def error_answer(self, request: Request, fault: Fault) -> BaseModel:
        return anthropic_error(fault, request_id(request.scope))

    def error_status(self, fault: Fault) -> int:
        return anthropic_status(fault)


def anthropic_router(route_class: type[AnthropicRoute]) -> APIRouter:
    return _router(route_class, AnthropicError)


def _router(route_class: type[ProtocolRoute], error: type[BaseModel]) -> APIRouter:
    described = {"content": {"application/json": json_of_model(error)}, "description": _ERRORS}
    return APIRouter(tags=["openai"], route_class=route_class, responses={"default": described})
