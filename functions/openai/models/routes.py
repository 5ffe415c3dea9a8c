"""`GET /v1/models`: what can be named as a model."""

from datetime import UTC, datetime

from fastapi import Request

from functions.openai.models.answers import AnthropicModel, AnthropicModels, OpenAIModel, OpenAIModels, known_since
from functions.openai.orders import names_prompt
from functions.openai.protocol_route import openai_router
from promptyard.api.auth.authentication import Viewer
from promptyard.bootstrap.services import ModelCatalogue, Prompts, UsableKeys
from promptyard.domain.account.access import Caller
from promptyard.domain.errors import NotFound, UnknownModel
from promptyard.domain.models.catalogue import Catalogue, ModelInfo
from promptyard.domain.paging import PageRequest
from promptyard.domain.prompts.names import PromptReference
from promptyard.domain.prompts.prompt import Prompt, PromptFilter
from promptyard.services.account.provider_keys import TenantKeys
from promptyard.services.prompts.registry import PromptService

MOST_PROMPTS = 1000
"""Prompts that are looked through for labels."""

router = openai_router()


@router.get("/v1/models", summary="Models that can be called, as OpenAI's and Anthropic's APIs list them")
async def list_models(
    request: Request, caller: Viewer, catalogue: ModelCatalogue, keys: UsableKeys, prompts: Prompts
) -> OpenAIModels | AnthropicModels:
    """Those whose provider can be called without a key of the request's own, and the registry's labelled prompts. With
    a header `anthropic-version` in Anthropic's form."""
    infos = await _ready(caller, catalogue, keys)
    labelled = await _labelled(caller, prompts)
    if "anthropic-version" not in request.headers:
        now = datetime.now(UTC)
        listed = [OpenAIModel.of(info, now) for info in infos]
        return OpenAIModels(data=[*listed, *(OpenAIModel.of_prompt(name, prompt) for name, prompt in labelled)])
    data = [AnthropicModel(id=info.id, display_name=info.name, created_at=known_since(info)) for info in infos]
    data += [AnthropicModel(id=name, display_name=name, created_at=prompt.created_at) for name, prompt in labelled]
    ends = (data[0].id, data[-1].id) if data else (None, None)
    return AnthropicModels(data=data, first_id=ends[0], last_id=ends[1])


@router.get("/v1/models/{model_id:path}", summary="A model, as OpenAI's and Anthropic's APIs show it")
async def show_model(
    request: Request, model_id: str, caller: Viewer, catalogue: ModelCatalogue, prompts: Prompts
) -> OpenAIModel | AnthropicModel:
    """By what a request may name it: with its provider or without, or a prompt of the registry."""
    if names_prompt(model_id, catalogue):
        shown = OpenAIModel.of_prompt(model_id, await _prompt(caller, prompts, model_id))
    else:
        info = _named(catalogue, model_id)
        shown = OpenAIModel.of(info, datetime.now(UTC)).model_copy(update={"id": model_id})
    if "anthropic-version" not in request.headers:
        return shown
    return AnthropicModel(id=shown.id, display_name=shown.name, created_at=datetime.fromtimestamp(shown.created, UTC))


async def _prompt(caller: Caller, prompts: PromptService, name: str) -> Prompt:
    try:
        reference = PromptReference.parse(await prompts.aliases.resolved(caller.tenant, name), loc=("path", "model_id"))
        await prompts.find_version(caller.tenant, reference)
        return await prompts.get(caller.tenant, reference)
    except NotFound:
        raise UnknownModel(name, loc=("path", "model_id")) from None


def _named(catalogue: Catalogue, name: str) -> ModelInfo:
    prefix, _, rest = name.partition("/")
    provider = catalogue.provider(prefix) if rest else None
    info = catalogue.bare(name) if provider is None else None
    if provider is not None:
        info = catalogue.model(provider.id, rest) or catalogue.model(provider.id, name)
    if info is None:
        raise UnknownModel(name, loc=("path", "model_id"))
    return info


async def _ready(caller: Caller, catalogue: Catalogue, keys: TenantKeys) -> list[ModelInfo]:
    ready = [row.id for row in catalogue.providers if await keys.missing(caller.tenant, row) is None]
    return [info for provider in ready for info in catalogue.models_of(provider)]


async def _labelled(caller: Caller, prompts: PromptService) -> list[tuple[str, Prompt]]:
    page = await prompts.page(caller.tenant, PromptFilter(), PageRequest(limit=MOST_PROMPTS))
    return [(f"{prompt.name}@{label}", prompt) for prompt in page.items for label in sorted(prompt.labels)]
