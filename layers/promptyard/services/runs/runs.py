"""Use cases around single runs: begin one, and keep one that could not be begun."""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from promptyard.domain.account.access import Caller
from promptyard.domain.account.provider_keys import origin_of
from promptyard.domain.diagnostics import crash_fields
from promptyard.domain.errors import GuardsUnavailable, InvalidRequest, LimitReached, PromptyardError
from promptyard.domain.metering.limits import Limits
from promptyard.domain.models.estimates import count_input
from promptyard.domain.models.provider_events import FinishReason
from promptyard.domain.models.targets import ProviderCall
from promptyard.domain.runs.causes import cause_of
from promptyard.domain.runs.metrics.material import without_prompt
from promptyard.domain.runs.run import Run
from promptyard.services.ports.runs import Placement, Placer
from promptyard.services.runs.observing import NOBODY, Observers
from promptyard.services.runs.orders import RunOrder

if TYPE_CHECKING:
    from promptyard.domain.metering.ledger import Reservation
    from promptyard.services.account.tenant_directory import TenantDirectory
    from promptyard.services.ports.runs import RunStore
    from promptyard.services.runs.execution import RunExecutor
    from promptyard.services.runs.run_handle import RunHandle
    from promptyard.services.runs.targets import TargetResolver

logger = logging.getLogger("promptyard.run")

BLUEPRINT = ("body", "llm_blueprint_id")
"""Where a request names it that has one target."""


class RunService:
    def __init__(
        self, executor: "RunExecutor", resolver: "TargetResolver", tenants: "TenantDirectory", placer: Placer
    ) -> None:
        self._executor = executor
        self._resolver = resolver
        self._tenants = tenants
        self._placer = placer

    async def start(self, caller: Caller, order: RunOrder) -> "RunHandle":
        """Begin one run. Whatever is wrong with the order is raised before anything is stored."""
        [order] = await self.placed(caller, [order])
        guard = order.new_guard()
        run, call, limits = await self._prepare(caller, order)
        return await self._executor.start(
            run,
            call,
            limits,
            guard=guard,
            promises_counts=order.promises_counts,
        )

    async def check(self, caller: Caller, order: RunOrder) -> "Reservation":
        """What it would reserve. Raises what `start` would, as far as that shows without storing or sending
        anything."""
        [order] = await self.placed(caller, [order])
        _, reservation = self._executor.check(*await self._prepare(caller, order))
        return reservation

    async def count_input(self, caller: Caller, order: RunOrder) -> int:
        """How many tokens its provider counts for the input, and where it does not tell, how many we do. It counts as
        a request, and nothing else of it is stored. Raises as `check`, LimitReached, StoreUnavailable."""
        [order] = await self.placed(caller, [order])
        run, call, limits = await self._prepare(caller, order)
        prepared, planned = self._executor.check(run, call, limits)
        await self._executor.count_request(planned, limits)
        counted = await prepared.count_input()
        if counted is not None:
            return counted
        return await asyncio.to_thread(count_input, call.messages, call.parameters, call.model)

    async def placed(self, caller: Caller, orders: Sequence[RunOrder]) -> list[RunOrder]:
        """The orders where they belong: where one names no model, its blueprint's model, parameters and system prompt
        stand in, the order's own parameters winning one by one. Raises UnknownReference for a playground or a blueprint
        that is not there, InvalidRequest for two that do not belong together."""
        first_of = {(order.links, order.links_inherited): order for order in reversed(orders)}
        places = [self._place(caller, order) for order in first_of.values()]
        found = [await places[0]] if len(places) == 1 else await asyncio.gather(*places)
        placements = dict(zip(first_of, found, strict=True))
        return [order.placed(placements[order.links, order.links_inherited]) for order in orders]

    async def _place(self, caller: Caller, order: RunOrder) -> Placement:
        if order.placement is not None:
            return order.placement
        try:
            return await self._placer.place(caller, order.links, inherited=order.links_inherited)
        except InvalidRequest as error:
            if error.loc == BLUEPRINT:
                error.loc = ("body", *order.place, BLUEPRINT[-1])
            raise

    async def _prepare(self, caller: Caller, order: RunOrder) -> tuple[Run, ProviderCall, Limits]:
        target = order.whole_target
        model = self._resolver.model(target)
        order = order.said_to(model.provider)
        target = order.whole_target
        tenant = await self._tenants.of(caller)
        limits = Limits.of(tenant, caller)
        parameters = target.parameters
        if order.default_temperature:
            parameters = model.parameters_with_default_temperature(parameters)
        limits.check_body(order.body)
        may_drop = order.on_unsupported == "drop"
        sent = limits.bounded(limits.without_unbounded(parameters) if may_drop else parameters, model.info)
        call = await self._resolver.call(
            caller.tenant,
            target,
            model,
            order.prompt.messages,
            sent,
            own_keys_only=order.own_keys_only,
        )
        call = replace(call, body=order.body)
        if may_drop:
            # Where a quota needs it, the bound on the answer stays.
            kept = {"max_tokens"} if any(limits.quotas()) else set()
            call = replace(call, may_drop=frozenset(target.parameters.names() - kept))
        known = {
            "provider": call.provider,
            "model": call.model,
            "model_id": order.model_id or model.id,
            "parameters": sent.model_copy(update={"extra": parameters.extra}),
            "default_temperature": order.default_temperature and target.parameters.temperature is None,
            "retention_days": tenant.retention_days,
        }
        return order.run(caller).model_copy(update=known), call, limits


class UnsentRuns:
    """Runs that failed before they were sent: nothing was reserved for them, and they are kept all the same."""

    def __init__(
        self,
        store: "RunStore",
        resolver: "TargetResolver",
        tenants: "TenantDirectory",
        observers: Observers = NOBODY,
    ) -> None:
        self._store = store
        self._resolver = resolver
        self._tenants = tenants
        self._observers = observers

    async def keep(self, caller: Caller, order: RunOrder, run: Run, error: PromptyardError) -> Run:
        """The run's record with what is known of it; `run` is as the order makes it, and ended with the error. That it
        could not be written is no matter of the caller's: what the run failed with is."""
        try:
            run = _guarded(run.model_copy(update=self._known(order, error)), order, error)
            tenant = await self._tenants.of(caller)
            run = run.model_copy(update={"retention_days": tenant.retention_days})
            await self._store.add(run)
            self._observers.tell(run, cause_of(error))
        except Exception as failure:  # noqa: BLE001 - whoever waits for the run's end is told of it all the same
            logger.error("run not kept", extra={"run_id": run.id, **crash_fields(failure)})
        return run

    def _known(self, order: RunOrder, error: PromptyardError) -> dict[str, Any]:
        target = order.whole_target
        known: dict[str, Any] = {"finish_reason": FinishReason.ERROR}
        with suppress(InvalidRequest):
            model = self._resolver.model(target)
            known |= {"provider": model.provider.id, "model": model.name, "model_id": order.model_id or model.id}
        if target.custom_base_url is not None and not isinstance(error, LimitReached):
            # Nobody has looked at it: there may be a password in it, or a key.
            known["custom_base_url"] = origin_of(target.custom_base_url)
        return known


def _guarded(run: Run, order: RunOrder, error: PromptyardError) -> Run:
    """What may be kept of it: nobody has looked at its prompt."""
    try:
        guard = order.new_guard()
    except GuardsUnavailable:
        return without_prompt(run)
    return run if guard is None else guard.finish(run, error)
