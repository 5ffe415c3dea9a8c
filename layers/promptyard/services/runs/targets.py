"""From a target as the caller names it to a call that an adapter can carry out."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from promptyard.domain.errors import InvalidRequest, MissingKey, UnknownModel
from promptyard.domain.models.catalogue import Catalogue, ModelInfo, ProviderInfo
from promptyard.domain.models.messages import Message
from promptyard.domain.models.targets import Parameters, ProviderCall, Target
from promptyard.services.ports.account import ProviderKeys

SEED_TEMPERATURE = 0.7
"""What the template shape sends when it names no temperature, to models that take one."""


@dataclass(frozen=True, slots=True)
class Model:
    """A provider and a model's name, with the catalogue's row where it lists the model."""

    provider: ProviderInfo
    name: str
    info: ModelInfo | None

    @property
    def id(self) -> str:
        return f"{self.provider.id}/{self.name}"

    def parameters_with_default_temperature(self, parameters: Parameters) -> Parameters:
        # Claude refuses the two together.
        samples = parameters.temperature is not None or parameters.top_p is not None
        if not samples and self.info is not None and self.info.capabilities.sampling:
            return parameters.model_copy(update={"temperature": SEED_TEMPERATURE})
        return parameters


class TargetResolver:
    def __init__(self, catalogue: Catalogue, keys: ProviderKeys) -> None:
        self._catalogue = catalogue
        self._keys = keys

    def has_provider(self, provider_id: str) -> bool:
        provider = self._catalogue.provider(provider_id)
        return provider is not None and provider.id == provider_id

    def model(self, target: Target) -> Model:
        """Which provider and model are meant. Raises UnknownModel, or InvalidRequest for an unknown provider."""
        if target.provider is None and target.custom_base_url is None:
            return self._unqualified(target.model)
        provider = self._catalogue.provider(target.provider or "custom")
        if provider is None:
            raise InvalidRequest(f"Unknown provider: {target.provider}", loc=("body", "provider"))
        name = target.model or provider.default_model
        if name is None:
            raise InvalidRequest(f"{provider.name} has no default model: name one", loc=("body", "model"))
        return self._model_of(provider, name)

    def _model_of(self, provider: ProviderInfo, name: str) -> Model:
        """A prefix that names the provider itself is dropped, unless the model is really called so, as
        `openrouter/auto` and `nvidia/nemotron…` are."""
        info = self._catalogue.model(provider.id, name)
        prefix, _, rest = name.partition("/")
        if info is None and rest and self._catalogue.provider(prefix) is provider:
            name, info = rest, self._catalogue.model(provider.id, rest)
        return Model(provider, name, info)

    def _unqualified(self, name: str | None) -> Model:
        if name is None:
            raise InvalidRequest("model is required where no provider is named", loc=("body", "model"), kind="missing")
        prefix, _, rest = name.partition("/")
        provider = self._catalogue.provider(prefix) if rest else None
        if provider is not None:
            return self._model_of(provider, name)
        info = self._catalogue.bare(name)
        if info is None:
            raise UnknownModel(name)
        provider = self._catalogue.provider(info.provider)
        assert provider is not None, f"the catalogue's row {info.id} has no provider row"
        return Model(provider, name, info)

    async def call(
        self,
        tenant: str,
        target: Target,
        model: Model,
        messages: Sequence[Message],
        parameters: Parameters,
        *,
        own_keys_only: bool = False,
    ) -> ProviderCall:
        """The call, with its key and address. Raises MissingKey, or InvalidRequest where no address is known.

        An address from the caller is given the caller's key, or the one that its tenant has stored for that address,
        and never one of the deployment's. Raises StoreUnavailable when what is stored cannot be read.
        """
        provider, from_caller = model.provider, target.custom_base_url is not None
        base_url = self._base_url(provider, target)
        key, renew_key = target.provider_key, None
        own_key = key is not None
        if key is None and base_url is not None:
            find = partial(self._keys.key, tenant, provider, base_url)
            key = await find(own_only=True)
            own_key = key is not None
            # A caller's own address may get the key that the tenant has stored for it, and never one of ours.
            own_only = own_keys_only or from_caller
            if key is None and not own_only:
                key = await find(own_only=False)
            renew_key = partial(find, own_only=own_only, fresh=True)
        needs_key = provider.wire.takes_key if own_keys_only else provider.requires_key and not from_caller
        if key is None and needs_key:
            wanted = "store one for the tenant" if own_keys_only else f"set {provider.key_variables[0]}"
            raise MissingKey(f"No key for {provider.name}: give provider_key or {wanted}")
        if provider.is_the_deployments and not from_caller and not await self._keys.lends(tenant):
            raise MissingKey(
                f"{provider.name} is the deployment's own: this tenant may not use what is the deployment's"
            )
        return ProviderCall(
            row=provider,
            model=model.name,
            messages=tuple(messages),
            parameters=parameters,
            base_url=(base_url or "").rstrip("/"),
            api_key=key,
            info=model.info,
            from_caller=from_caller,
            key_from_caller=target.provider_key is not None,
            own_key=own_key,
            renew_key=renew_key,
        )

    def _base_url(self, provider: ProviderInfo, target: Target) -> str | None:
        """None where the provider's wire needs none. Raises InvalidRequest."""
        from_callers = provider.wire.takes_custom_endpoints
        if target.custom_base_url is not None and not from_callers:
            raise InvalidRequest(
                f"{provider.name} cannot be called at another address", loc=("body", "custom_base_url")
            )
        base_url = target.custom_base_url or self._keys.base_url(provider)
        if base_url is None and provider.wire.needs_address:
            wanted = "custom_base_url" if from_callers else f"{provider.base_url_variables[0]} to be set"
            field = "custom_base_url" if from_callers else "provider"
            raise InvalidRequest(f"{provider.name} needs {wanted}", loc=("body", field))
        return base_url
