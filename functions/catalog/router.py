"""Paths of the catalog group: what can be run, and what it costs."""

from datetime import UTC, datetime
from typing import Any

from functions.catalog.schemas import Models, ModelsQuery, Providers
from promptyard.api.app import group_router
from promptyard.api.auth.authentication import Viewer
from promptyard.bootstrap.models import ModelCatalogue, UsableKeys
from promptyard.domain.account.access import Caller
from promptyard.domain.models.catalogue import Catalogue, ModelInfo, ProviderInfo
from promptyard.services.account.provider_keys import TenantKeys

router = group_router("catalog")


@router.get("/api/v1/playground/providers", response_model=Providers, summary="Providers and their models")
@router.get("/v1/playground/providers", response_model=Providers, summary="Providers and their models")
async def providers(caller: Viewer, catalogue: ModelCatalogue, keys: UsableKeys) -> dict[str, Any]:
    return {"providers": [await _provider(row, caller, catalogue, keys) for row in catalogue.providers]}


@router.get("/api/v1/models", response_model=Models, summary="Models, their prices and what they take")
async def models(query: ModelsQuery, caller: Viewer, catalogue: ModelCatalogue) -> dict[str, Any]:  # noqa: ARG001 - its role
    provider = catalogue.provider(query.provider) if query.provider else None
    wanted = (query.search or "").lower()
    found = [
        info
        for info in catalogue.models
        if (query.provider is None or (provider is not None and info.provider == provider.id))
        and (wanted in info.id.lower() or wanted in info.name.lower())
    ]
    now = datetime.now(UTC)
    page = found[query.offset : query.offset + query.limit]
    return {
        "items": [_model(info, now) for info in page],
        "total": len(found),
        "limit": query.limit,
        "offset": query.offset,
    }


async def _provider(row: ProviderInfo, caller: Caller, catalogue: Catalogue, keys: TenantKeys) -> dict[str, Any]:
    missing = await keys.missing(caller.tenant, row)
    return {
        "id": row.id,
        "name": row.name,
        "default_model": row.default_model,
        "models": [{"id": info.model, "name": info.name} for info in catalogue.models_of(row.id)],
        "streaming": True,
        "requires_key": row.requires_key,
        "ready": missing is None,
        "missing": missing,
        "custom_endpoints": row.wire.takes_custom_endpoints,
    }


def _model(info: ModelInfo, now: datetime) -> dict[str, Any]:
    tiers = info.prices_at(now)
    price = tiers[0] if tiers else None
    return {
        "id": info.id,
        "provider": info.provider,
        "model": info.model,
        "name": info.name,
        "aliases": list(info.aliases),
        "context_window": info.context_window,
        "max_output_tokens": info.max_output_tokens,
        "input_usd_per_mtok": price.input if price else None,
        "cached_input_usd_per_mtok": price.cached_input if price else None,
        "output_usd_per_mtok": price.output if price else None,
        "price_date": info.price_date.isoformat() if info.price_date else None,
        "capabilities": info.capabilities.model_dump(),
        "deprecation_date": info.deprecation_date.isoformat() if info.deprecation_date else None,
    }
