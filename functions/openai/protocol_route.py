"""Routes that answer in a protocol of clients, their errors as well, whatever goes wrong and wherever."""

from abc import abstractmethod
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from functions.openai.faults import Fault, fault_of, fault_of_http, fault_of_request
from promptyard.api.answers.fields import json_response
from promptyard.api.auth.authentication import AuthenticatedRoute
from promptyard.api.errors import log_failure
from promptyard.domain.errors import PromptyardError
from promptyard.services.runs.run_handle import RunHandle


class ProtocolRoute(AuthenticatedRoute):
    @abstractmethod
    def error_answer(self, request: Request, fault: Fault) -> BaseModel: ...

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
            except RequestValidationError as error:
                fault = fault_of_request(request, error)
            except HTTPException as error:
                fault = fault_of_http(error)
            headers = {**getattr(request.state, "answer_headers", {}), **fault.headers}
            return json_response(self.error_answer(request, fault), status=fault.status, headers=headers)

        return answered
