"""What a tool is, and what it is called with."""

from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError

from functions.mcp.tools.short_schemas import short_schema
from promptyard.api.requests import WireRequest
from promptyard.domain.account.access import Role

if TYPE_CHECKING:
    from promptyard.domain.account.access import Caller
    from promptyard.services.benchmarks.benchmark_runs import BenchmarkRunService
    from promptyard.services.benchmarks.defining.benchmarks import BenchmarkService
    from promptyard.services.prompts.registry import PromptService
    from promptyard.services.runs.comparisons import CompareService
    from promptyard.services.runs.history import RunHistory
    from promptyard.services.runs.runs import RunService

Arguments = TypeVar("Arguments", bound=WireRequest)
Outcome = TypeVar("Outcome")
MAX_MISTAKES = 10
_SPENDS = "This spends money: it calls models, whose answers are paid for, and counts against the quotas of the key."


@dataclass(frozen=True, slots=True)
class Toolbox:
    """Who calls, and the services that tools use."""

    request: Request
    caller: "Caller"
    prompts: "PromptService"
    runs: "RunService"
    comparisons: "CompareService"
    history: "RunHistory"
    benchmarks: "BenchmarkService"
    benchmark_runs: "BenchmarkRunService"
    seconds: float
    """How long a run may take."""
    tools: "Mapping[str, Tool[Any]]"
    ended: "EndOfWork"

    @property
    def tenant(self) -> str:
        return self.caller.tenant


class EndOfWork(Protocol):
    """Waits for an end, and where the client leaves before it, does what its revision wants to be done."""

    async def __call__(self, end: Coroutine[Any, Any, Outcome], cancel: Callable[[str], None]) -> Outcome:
        """`cancel` takes the reason."""


@dataclass(frozen=True, slots=True)
class ToolResult:
    """`failed`: what was asked for was tried, and came to nothing."""

    answer: BaseModel
    failed: bool = False


@dataclass(frozen=True)
class Tool(Generic[Arguments]):
    """`spends`: it calls models. `overwrites`: what was there before is not in force any more. `repeatable`: a second
    call with the same arguments changes nothing more."""

    name: str
    title: str
    description: str
    arguments: type[Arguments]
    call: Callable[[Toolbox, Arguments], Awaitable[ToolResult]] = field(repr=False)
    role: Role = Role.VIEWER
    spends: bool = False
    overwrites: bool = False
    repeatable: bool = False

    @cached_property
    def described(self) -> dict[str, Any]:
        """As `tools/list` tells of it."""
        reads = self.role is Role.VIEWER
        annotations: dict[str, bool] = {"readOnlyHint": reads, "openWorldHint": self.spends}
        if not reads:
            annotations |= {"destructiveHint": self.overwrites, "idempotentHint": self.repeatable}
        return {
            "name": self.name,
            "title": self.title,
            "description": f"{self.description} {_SPENDS}" if self.spends else self.description,
            "inputSchema": short_schema(self.arguments),
            "annotations": annotations,
        }

    async def __call__(self, box: Toolbox, arguments: Any) -> ToolResult:
        """Raises BadArguments, and what the tool's service raises."""
        try:
            read = self.arguments.model_validate(arguments)
        except ValidationError as error:
            raise BadArguments(error) from None
        return await self.call(box, read)


class BadArguments(Exception):
    """The arguments are not as the tool's schema has them. What was given is left out: it may be long."""

    def __init__(self, error: ValidationError) -> None:
        mistakes = error.errors(include_url=False, include_input=False)
        told = [f"{'.'.join(map(str, one['loc'])) or 'arguments'}: {_sentence(one['msg'])}" for one in mistakes]
        more = [f"and {len(told) - MAX_MISTAKES} more"] if len(told) > MAX_MISTAKES else []
        super().__init__("; ".join([*told[:MAX_MISTAKES], *more]))


def _sentence(message: str) -> str:
    return message.removeprefix("Value error, ")
