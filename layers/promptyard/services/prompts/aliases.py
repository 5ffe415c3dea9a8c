"""Aliases of prompts: names beside their own, such as ids that they had elsewhere, by which a request may name them."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from promptyard.domain.errors import Conflict, NotFound
from promptyard.domain.prompts.names import is_alias
from promptyard.domain.prompts.prompt import MAX_ALIASES, Prompt

if TYPE_CHECKING:
    from promptyard.domain.account.access import Caller
    from promptyard.services.account.audit import AuditLog
    from promptyard.services.ports.prompts import PromptStore


class PromptAliases:
    """One write claims an alias for one prompt of the tenant's; then the prompt shows it. What a process that dies in
    between has left undone, the same request sent again finishes."""

    def __init__(self, store: "PromptStore", audit: "AuditLog") -> None:
        self._store = store
        self._audit = audit

    async def set(self, caller: "Caller", prompt: Prompt, alias: str) -> Prompt:
        """Raises Conflict where another prompt has it, and for too many."""
        if alias not in prompt.aliases and len(prompt.aliases) >= MAX_ALIASES:
            raise Conflict(f"{prompt.name} has {MAX_ALIASES} aliases already")
        try:
            await self._store.claim_alias(prompt.tenant, alias, prompt.id)
        except Conflict:
            raise Conflict(f"{alias} is an alias of another prompt: remove it there first") from None
        if alias not in prompt.aliases:
            await self._audit.record(caller, "alias.set", prompt.name, {"alias": alias})
            await self._store.note_alias(prompt.tenant, prompt.id, alias, datetime.now(UTC))
        return await self._store.get(prompt.tenant, prompt.id)

    async def remove(self, caller: "Caller", prompt: Prompt, alias: str) -> None:
        """Raises NotFound when it is not there."""
        if alias in prompt.aliases:
            await self._audit.record(caller, "alias.removed", prompt.name, {"alias": alias})
        await self._store.release_alias(prompt.tenant, alias, prompt.id)
        await self._store.forget_alias(prompt.tenant, prompt.id, alias, datetime.now(UTC))

    async def resolved(self, tenant: str, name: str) -> str:
        """What a request names, with the prompt's id in the place of an alias. Raises NotFound for one that no prompt
        has."""
        alias, at, selector = name.partition("@")
        if not is_alias(alias):
            return name
        prompt_id = await self._store.alias(tenant, alias)
        if prompt_id is None:
            raise NotFound(f"No such prompt: {alias}")
        return f"{prompt_id}{at}{selector}"
