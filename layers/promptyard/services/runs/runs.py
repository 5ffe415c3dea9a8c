"""Use cases around single runs: start, cancel, look up, list, delete."""

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from promptyard.domain.account.access import Caller
from promptyard.domain.errors import Conflict, NotFound
from promptyard.domain.identifiers import moment_of, time_ordered_id
from promptyard.domain.metering.limits import Limits
from promptyard.domain.models.targets import Parameters, ProviderCall, Target
from promptyard.domain.runs.run import Run, RunLinks
from promptyard.services.account.tenants import TenantDirectory
from promptyard.services.playgrounds.places import Place, Places
from promptyard.services.ports.runs import RunFilter, RunGuard, RunPage, RunStore
from promptyard.services.prompts.prompting import ComposedPrompt, with_defaults, with_system
from promptyard.services.runs.execution import RunExecutor
from promptyard.services.runs.guards import GuardMaker
from promptyard.services.runs.run_handle import RunHandle
from promptyard.services.runs.sweeper import Sweeper, has_died
from promptyard.services.runs.targets import TargetResolver

CANCEL_PATIENCE_SECONDS = 3.0
EXPORT_PAGE = 20
"""The runs that an export holds at a time."""


@dataclass(frozen=True, slots=True)
class RunOrder:
    """One target to run on one prompt. What the prompt's version says (model, parameters, links) is filled in."""

    endpoint: str
    target: Target
    prompt: ComposedPrompt
    deadline_seconds: float
    model_id: str | None = None
    label: str | None = None
    default_temperature: bool = False
    """The template shape's: 0.7 where the caller names none and the model takes one."""
    own_keys_only: bool = False
    """The deployment's own keys do not serve this run."""
    links: RunLinks = field(default_factory=RunLinks)
    links_inherited: bool = False
    """The playground and the blueprint are those of another run: what of them is gone since is left out."""
    reference: str | None = None
    documents: list[str] | None = None
    place: Place | None = None
    """Where the links lead, once it was looked up."""
    guard: RunGuard | None = None
    """In the place of the playground's own."""


class RunService:
    def __init__(
        self,
        store: RunStore,
        executor: RunExecutor,
        resolver: TargetResolver,
        tenants: TenantDirectory,
        sweeper: Sweeper,
        *,
        places: Places,
        guard_for: GuardMaker,
    ) -> None:
        self._store = store
        self._executor = executor
        self._resolver = resolver
        self._tenants = tenants
        self._sweeper = sweeper
        self._places = places
        self._guard_for = guard_for

    async def start(self, caller: Caller, order: RunOrder) -> RunHandle:
        """Begin one run. Whatever is wrong with the order is raised before anything is stored."""
        [order] = await self.placed(caller, [order])
        guard = order.guard
        if guard is None and order.place is not None and order.place.configurations:
            guard = self._guard_for(caller, order.place)
        return await self._executor.start(*await self._prepare(caller, order), guard=guard)

    async def check(self, caller: Caller, order: RunOrder) -> None:
        """Raises what `start` would, as far as that shows without storing or sending anything."""
        [order] = await self.placed(caller, [order])
        self._executor.check(*await self._prepare(caller, order))

    async def placed(self, caller: Caller, orders: Sequence[RunOrder]) -> list[RunOrder]:
        """The orders in their playgrounds: where one names no model, its blueprint's model, parameters and system
        prompt stand in, the order's own parameters winning one by one. Raises NotFound for a playground or a
        blueprint that is not there, InvalidRequest for two that do not belong together."""
        wanted = list({(order.links, order.links_inherited) for order in orders if order.place is None})
        found = await asyncio.gather(*(self._place(caller.tenant, links, inherited) for links, inherited in wanted))
        places = dict(zip(wanted, found, strict=True))
        return [
            order if order.place is not None else _in_place(order, places[order.links, order.links_inherited])
            for order in orders
        ]

    async def _place(self, tenant: str, links: RunLinks, inherited: bool) -> Place | None:
        try:
            return await self._places.find(tenant, links)
        except NotFound:
            if not inherited:
                raise
        if links.llm_blueprint_id is None:
            return None
        return await self._place(tenant, links.model_copy(update={"llm_blueprint_id": None}), inherited)

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
            caller=caller.id or caller.name,
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
        )
        return run, call, limits

    async def cancel(self, tenant: str, run_id: str) -> Run:
        """Ask the process that carries the run to stop, wait for it, and return the record.

        Where that process is gone (its deadline has passed and nothing was settled) the run is settled here.
        Raises NotFound.
        """
        await self._store.request_cancel(tenant, run_id)
        end = time.monotonic() + CANCEL_PATIENCE_SECONDS
        run = await self._store.get(tenant, run_id)
        while not run.settled and time.monotonic() < end:
            await asyncio.sleep(0.1)
            run = await self._store.get(tenant, run_id)
        if not run.settled and has_died(run, datetime.now(UTC)):
            await self._sweeper.settle(run)
            run = await self._store.get(tenant, run_id)
        return run

    async def get(self, tenant: str, run_id: str) -> Run:
        """Raises NotFound."""
        return await self._store.get(tenant, run_id)

    async def delete(self, tenant: str, run_id: str) -> None:
        """Raises NotFound, and Conflict for a run that is going on: its record says that it has to be charged."""
        run = await self._store.get(tenant, run_id)
        if not (run.settled or has_died(run, datetime.now(UTC))):
            raise Conflict("The run is going on: cancel it first")
        await self._sweeper.settle(run)  # also of one that has ended: where its charge could not be written
        await self._store.delete(tenant, run_id)

    async def page(
        self, tenant: str, where: RunFilter, *, limit: int, offset: int = 0, cursor: str | None = None
    ) -> RunPage:
        """Newest first. Raises BadCursor."""
        return await self._store.page(tenant, where, limit=limit, offset=offset, cursor=cursor)

    async def pages(self, tenant: str, where: RunFilter) -> AsyncGenerator[list[Run], None]:
        """All runs that match, newest first, read a page at a time as they are asked for. A page may be empty."""
        cursor = None
        while True:
            page = await self._store.page(tenant, where, limit=EXPORT_PAGE, cursor=cursor)
            yield page.runs
            cursor = page.next_cursor
            if cursor is None:
                return


def _in_place(order: RunOrder, place: Place | None) -> RunOrder:
    blueprint = None if place is None else place.blueprint
    belongs = {
        "playground_id": None if place is None else place.playground.id,
        "llm_blueprint_id": None if blueprint is None else blueprint.id,
    }
    order = replace(order, place=place, links=order.links.model_copy(update=belongs))
    target = order.target
    if blueprint is None or any((target.model, target.provider, target.custom_base_url)):
        return order
    own = blueprint.target(target.provider_key)
    parameters = Parameters(**(own.parameters.given() | target.parameters.given()))
    return replace(
        order,
        target=own.model_copy(update={"parameters": parameters}),
        prompt=with_system(order.prompt, blueprint.system_prompt),
    )
