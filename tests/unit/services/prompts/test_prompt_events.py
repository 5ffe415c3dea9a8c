"""What others are told of prompts."""

from collections.abc import Mapping
from typing import Any

from promptyard.services.account.audit import AuditLog
from promptyard.services.prompts.registry import PromptService
from promptyard_local.aws import LocalAws
from tests.support.aws.local_aws import store_of_prompts
from tests.support.doubles.account_doubles import MemoryAudit
from tests.support.samples.sample_prompts import caller_of, text_draft


class Told:
    """Implements `services.ports.prompts.EventPublisher`."""

    def __init__(self) -> None:
        self.events: list[tuple[str, Mapping[str, Any]]] = []

    async def publish(self, detail_type: str, detail: Mapping[str, Any]) -> None:
        self.events.append((detail_type, detail))


async def test_each_new_version_is_told_once_without_its_content(local_aws: LocalAws) -> None:
    told = Told()
    prompts = PromptService(store_of_prompts(local_aws), AuditLog(MemoryAudit()), told)
    for text in ("Parse {{document}}", "Parse {{document}}", "Read {{document}}"):
        saved = await prompts.save_version(caller_of("acme"), "billing", "invoice-parser", text_draft(text))
    assert [name for name, _ in told.events] == ["promptyard.prompt.version_saved"] * 2
    assert [detail["version_number"] for _, detail in told.events] == [1, 2]
    assert told.events[1][1] == {
        "tenant": "acme",
        "prompt_id": saved.version.prompt_id,
        "namespace": "billing",
        "slug": "invoice-parser",
        "version_id": saved.version.id,
        "version_number": 2,
        "author": saved.version.author,
        "author_id": saved.version.author_id,
        "created_at": saved.version.created_at.isoformat(),
    }
