"""Errors in OpenAI's form."""

from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel

from functions.openai.faults import Fault
from functions.openai.protocol_route import ProtocolRoute
from promptyard.api.answers.descriptions import json_of_model
from promptyard.domain.deferred import DeferredModel


class OpenAIErrorDetail(DeferredModel):
    message: str
    type: str
    param: str | None
    code: str | None


class OpenAIError(DeferredModel):
    error: OpenAIErrorDetail


def openai_error(fault: Fault) -> OpenAIError:
    return OpenAIError(
        error=OpenAIErrorDetail(message=fault.message, type=_type(fault), param=fault.param, code=fault.code)
    )


def _type(fault: Fault) -> str:
    if fault.code == "insufficient_quota":
        return fault.code
    if fault.status == 429:
        return "rate_limit_error"
    return "server_error" if fault.status >= 500 else "invalid_request_error"


class OpenAIRoute(ProtocolRoute):
    def error_answer(self, request: Request, fault: Fault) -> BaseModel:  # noqa: ARG002 - others show the request's id
        return openai_error(fault)


def openai_router(route_class: type[OpenAIRoute] = OpenAIRoute) -> APIRouter:
    return APIRouter(tags=["openai"], route_class=route_class, responses=_responses())


def _responses() -> dict[int | str, dict[str, Any]]:
    described = "An error, in OpenAI's form: 400, 401, 403, 404, 409, 413, 429, 500, 502, 503, 504"
    return {"default": {"content": {"application/json": json_of_model(OpenAIError)}, "description": described}}
