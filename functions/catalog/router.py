"""Paths of the catalog group: what can be run, and what it costs."""

from datetime import UTC, datetime

from functions.catalog.answers import ModelAnswer, Models, Provider, Providers
from functions.catalog.schemas import ModelsQuery
from promptyard.api.app import group_router
from promptyard.api.auth.authentication import Viewer
from promptyard.bootstrap.services import ModelCatalogue, UsableKeys
from promptyard.domain.account.access import Caller
from promptyard.domain.models.catalogue import Catalogue, ProviderInfo
from promptyard.services.account.provider_keys import TenantKeys

router = group_router("catalog")


@router.get("/api/v1/playground/providers", response_model=Providers, summary="Providers and their models")
@router.get("/v1/playground/providers", summary="Providers and their models")
async def providers(caller: Viewer, catalogue: ModelCatalogue, keys: UsableKeys) -> Providers:
    return Providers(providers=[await _provider(row, caller, catalogue, keys) for row in catalogue.providers])


async def _provider(row: ProviderInfo, caller: Caller, catalogue: Catalogue, keys: TenantKeys) -> Provider:
    return Provider.of(row, catalogue.models_of(row.id), await keys.missing(caller.tenant, row))


@router.get("/api/v1/models", summary="Models, their prices and what they take")
async def models(query: ModelsQuery, caller: Viewer, catalogue: ModelCatalogue) -> Models:  # noqa: ARG001 - its role
    provider = catalogue.provider(query.provider) if query.provider else None
    wanted = (query.search or "").lower()
    found = [
        info
        for info in catalogue.models
        if (query.provider is None or (provider is not None and info.provider == provider.id))
        and (wanted in info.id.lower() or wanted in info.name.lower())
    ]
    now = datetime.now(UTC)
    page = [ModelAnswer.of(info, now) for info in found[query.offset : query.offset + query.limit]]
    return Models(items=page, total=len(found), limit=query.limit, offset=query.offset, next_cursor=None)
