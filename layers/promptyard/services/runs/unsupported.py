"""Parameters that a model does not take, for callers who would rather have an answer without them."""

from dataclasses import replace

from promptyard.domain.errors import RefusedParameter
from promptyard.domain.models.targets import ProviderCall
from promptyard.domain.runs.run import Run
from promptyard.services.ports.runs import PreparedCall, ProviderGateway


def prepared_without_refused(gateway: ProviderGateway, call: ProviderCall) -> PreparedCall:
    """The call without the parameters that are refused and may be left out. Raises what `gateway.prepare` raises."""
    while True:
        try:
            return gateway.prepare(call)
        except RefusedParameter as refused:
            call = without(call, refused)


def without(call: ProviderCall, refused: RefusedParameter) -> ProviderCall:
    """The call without that parameter. Raises the refusal itself where it may not be left out, or is already."""
    if refused.name not in call.may_drop & call.parameters.names():
        raise refused
    return replace(call, parameters=call.parameters.without(refused.name))


def dropped(run: Run, call: ProviderCall) -> list[str] | None:
    """The names of what the run asks for and the call leaves out."""
    return sorted(run.parameters.names() - call.parameters.names()) or None
