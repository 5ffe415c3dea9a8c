"""All that a tenant has, as an archive of JSON Lines."""

import logging
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel
from starlette.responses import StreamingResponse

from functions.account.responses import audit_body, key_body, provider_key_body, tenant_body
from functions.account.usage_responses import entry_body
from promptyard.api.text_files import compact_json, json_lines
from promptyard.api.wire import run_record, timestamp
from promptyard.api.zip_stream import MEDIA_TYPE, zip_stream
from promptyard.domain.errors import PromptyardError
from promptyard.domain.metering.ledger import MonthUsage, from_pico
from promptyard.domain.prompts.prompt import Prompt, PromptVersion
from promptyard.domain.runs.run import Run

logger = logging.getLogger("promptyard.export")

Pages = AsyncGenerator[tuple[str, Sequence[Any]], None]


async def archive_response(tenant: str, pages: Pages) -> StreamingResponse:
    """The first page is read before the answer starts, so that what fails until then keeps its status."""
    first = await anext(pages)
    return StreamingResponse(
        zip_stream(_files(tenant, first, pages)),
        media_type=MEDIA_TYPE,
        headers={
            "content-disposition": 'attachment; filename="promptyard-tenant.zip"',
            "cache-control": "no-store",
            "x-accel-buffering": "no",
        },
    )


async def _files(tenant: str, first: tuple[str, Sequence[Any]], rest: Pages) -> AsyncIterator[tuple[str, bytes]]:
    numbers: Counter[str] = Counter()
    try:
        async for kind, page in _chained(first, rest):
            numbers[kind] += len(page)
            body: Callable[[Any], dict[str, Any]] = _BODIES.get(kind, _plain)
            yield f"{kind}.jsonl", json_lines(body(thing) for thing in page).encode()
    except PromptyardError as error:
        logger.warning("export cut", extra={"code": error.code})
        raise
    manifest = {"tenant": tenant, "exported_at": timestamp(datetime.now(UTC)), "things": numbers}
    yield "manifest.json", compact_json(manifest).encode()


async def _chained(first: tuple[str, Sequence[Any]], rest: Pages) -> Pages:
    yield first
    async for page in rest:
        yield page


def _plain(thing: BaseModel) -> dict[str, Any]:
    return thing.model_dump(mode="json", exclude={"tenant"})


def _run(run: Run) -> dict[str, Any]:
    """With what a guard has blocked of it, where the playground keeps that: it is the tenant's, too."""
    withheld = run.withheld
    return run_record(run) | ({} if withheld is None else {"withheld": withheld.model_dump(mode="json")})


def _with_id(thing: Prompt | PromptVersion) -> dict[str, Any]:
    return {"id": thing.id} | _plain(thing)


def _month(usage: MonthUsage) -> dict[str, Any]:
    settled = usage.settled
    return {
        "month": usage.month,
        "runs": settled.runs,
        "input_tokens": settled.input_tokens,
        "output_tokens": settled.output_tokens,
        "cached_tokens": settled.cached_tokens,
        "cost_usd": float(from_pico(settled.pico_usd)),
        "unpriced_runs": settled.unpriced_runs,
        "platform_units": settled.platform_units,
        "open_runs": usage.open_runs,
    }


_BODIES: Mapping[str, Callable[[Any], dict[str, Any]]] = {
    "tenant": tenant_body,
    "runs": _run,
    "prompts": _with_id,
    "prompt_versions": _with_id,
    "keys": key_body,
    "provider_keys": lambda pair: provider_key_body(*pair),
    "months": _month,
    "ledger": entry_body,
    "audit": audit_body,
}
"""As the API shows them; what is not here, as it is."""
