"""Use cases around single runs: start, cancel, look up, list, delete."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from promptyard.domain.account.access import Caller
from promptyard.domain.identifiers import moment_of, time_ordered_id
from promptyard.domain.metering.limits import Limits
from promptyard.domain.models.targets import ProviderCall
from promptyard.domain.runs.run import Run
from promptyard.services.ports.runs import Placer
from promptyard.services.prompts.prompting import with_defaults
from promptyard.services.runs.orders import RunOrder

if TYPE_CHECKING:
    from promptyard.services.account.tenant_directory import TenantDirectory
    from promptyard.services.runs.execution import RunExecutor
    from promptyard.services.runs.run_handle import RunHandle
    from promptyard.services.runs.targets import TargetResolver


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
        guard = order.guard
        if guard is None and order.placement is not None and order.placement.guard is not None:
            guard = order.placement.guard()
        return await self._executor.start(*await self._prepare(caller, order), guard=guard)

    async def check(self, caller: Caller, order: RunOrder) -> None:
        """Raises what `start` would, as far as that shows without storing or sending anything."""
        [order] = await self.placed(caller, [order])
        self._executor.check(*await self._prepare(caller, order))

    async def placed(self, caller: Caller, orders: Sequence[RunOrder]) -> list[RunOrder]:
        """The orders where they belong: where one names no model, its blueprint's model, parameters and system prompt
        stand in, the order's own parameters winning one by one. Raises NotFound for a playground or a blueprint that is
        not there, InvalidRequest for two that do not belong together."""
        wanted = list({(order.links, order.links_inherited) for order in orders if _is_to_be_placed(order)})
        found = await asyncio.gather(
            *(self._placer.place(caller, links, inherited=inherited) for links, inherited in wanted)
        )
        placements = dict(zip(wanted, found, strict=True))
        return [
            order.placed(placements[order.links, order.links_inherited]) if _is_to_be_placed(order) else order
            for order in orders
        ]

    async def _prepare(self, caller: Caller, order: RunOrder) -> tuple[Run, ProviderCall, Limits]:
        target = with_defaults(order.target, order.prompt)
        model = self._resolver.model(target)
        tenant = await self._tenants.of(caller)
        limits = Limits.of(tenant, caller)
        parameters = target.parameters
        if order.default_temperature:
            parameters = model.parameters_with_default_temperature(parameters)
        parameters = limits.bounded(parameters, model.info)
        call = await self._resolver.call(
            caller.tenant,
            target,
            model,
            order.prompt.messages,
            parameters,
            own_keys_only=order.own_keys_only,
        )
        if order.on_unsupported == "drop":
            # Where a quota needs it, the bound on the answer stays.
            kept = {"max_tokens"} if any(limits.quotas()) else set()
            call = replace(call, may_drop=frozenset(target.parameters.names() - kept))
        run_id = time_ordered_id()
        now = moment_of(run_id)
        run = Run(
            id=run_id,
            tenant=caller.tenant,
            endpoint=order.endpoint,
            provider=call.provider,
            model=call.model,
            model_id=order.model_id or model.id,
            label=order.label,
            caller=caller.actor.id,
            created_at=now,
            deadline_at=now + timedelta(seconds=order.deadline_seconds),
            messages=list(order.prompt.messages),
            template=order.prompt.template,
            parameters=parameters,
            default_temperature=order.default_temperature and target.parameters.temperature is None,
            custom_base_url=target.custom_base_url,
            key_from_caller=call.key_from_caller,
            reference=order.reference,
            documents=order.documents,
            links=order.links.model_copy(update=order.prompt.links.model_dump(exclude_none=True)),
            retention_days=tenant.retention_days,
            events=list(dict.fromkeys(order.events)) or None,
        )
        return run, call, limits


def _is_to_be_placed(order: RunOrder) -> bool:
    names_place = order.links.playground_id is not None or order.links.llm_blueprint_id is not None
    return names_place and order.placement is None
