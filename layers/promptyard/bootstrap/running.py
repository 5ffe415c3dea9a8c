"""What carries runs out: the gateway to the providers, the executor, and the guards of playgrounds."""

from functools import cached_property

from promptyard.aws.guardrails import BedrockGuardrail
from promptyard.bootstrap.parts import Part
from promptyard.domain.account.access import Caller
from promptyard.domain.metering.limits import Limits
from promptyard.providers.gateway import Gateway
from promptyard.services.playgrounds.configuration_scorer import ConfigurationScorer
from promptyard.services.playgrounds.guard_self_test import check_guards
from promptyard.services.playgrounds.judge import Judge
from promptyard.services.playgrounds.metered_guardrail import MeteredGuardrail
from promptyard.services.playgrounds.places import Place, Places
from promptyard.services.playgrounds.playground_guard import PlaygroundGuards
from promptyard.services.playgrounds.scoring import Scorer
from promptyard.services.ports.runs import RunGuard
from promptyard.services.runs.comparisons import CompareService
from promptyard.services.runs.execution import RunExecutor
from promptyard.services.runs.reruns import RerunService
from promptyard.services.runs.runs import RunService, UnsentRuns


class RunningServices(Part):
    @cached_property
    def runs(self) -> RunService:
        return RunService(
            self.executor,
            self._parts.models.resolver,
            self._parts.callers.tenants,
            self.places,
        )

    @cached_property
    def comparisons(self) -> CompareService:
        return CompareService(self.runs, self.unsent, self._parts.runs.history)

    @cached_property
    def unsent(self) -> UnsentRuns:
        runs = self._parts.runs
        return UnsentRuns(runs.store, self._parts.models.resolver, self._parts.callers.tenants, runs.observers)

    @cached_property
    def reruns(self) -> RerunService:
        prompts, catalogue = self._parts.prompts.prompts, self._parts.models.catalogue
        return RerunService(self.runs, self._parts.runs.history, prompts, catalogue)

    @cached_property
    def executor(self) -> RunExecutor:
        runs = self._parts.runs
        return RunExecutor(runs.store, self.gateway, self._parts.metering.meter, runs.observers)

    @cached_property
    def gateway(self) -> Gateway:
        return Gateway(allow_private_endpoints=self._parts.settings.allow_private_endpoints)

    @cached_property
    def places(self) -> Places:
        kept = self._parts.playgrounds
        return Places(kept.store, kept.blueprint_store, kept.configuration_store, self._guard_for)

    def _guard_for(self, caller: Caller, place: Place) -> RunGuard:
        """Asked late: guards need runs, for their judges are runs, and runs need guards."""
        return self.guards.guard(caller, place)

    @cached_property
    def guards(self) -> PlaygroundGuards:
        """Raises GuardsUnavailable, at every use, where guards would let pass what they are to stop."""
        check_guards()
        kept = self._parts.playgrounds
        scorer = ConfigurationScorer(self.scorer, kept.blueprint_store)
        return PlaygroundGuards(scorer, kept.configuration_store, kept.report_store)

    @cached_property
    def scorer(self) -> Scorer:
        return Scorer(Judge(self.runs.start, self._parts.models.resolver), self._guardrail)

    @property
    def _guardrail(self) -> MeteredGuardrail | None:
        settings, clients = self._parts.settings, self._parts.clients
        if settings.guardrail_id is None:
            return None
        guardrail = BedrockGuardrail(
            lambda: clients.get("bedrock-runtime"), settings.guardrail_id, settings.guardrail_version
        )
        tenants = self._parts.callers.tenants

        async def limits_of(caller: Caller) -> Limits:
            return Limits.of(await tenants.of(caller), caller)

        return MeteredGuardrail(guardrail, self._parts.metering.meter, limits_of)

    def warm(self) -> None:
        super().warm()
        self.gateway.warm()

    async def close(self) -> None:
        """What is going on is cancelled and settled first."""
        made = vars(self)
        if "comparisons" in made:
            await self.comparisons.close()
        if "executor" in made:
            await self.executor.close()
        if "gateway" in made:
            await self.gateway.aclose()
