"""Provider keys in Secrets Manager: one secret a tenant, for a secret costs the same however much it holds; and one
for what other functions may read than those that may read these."""

import asyncio
import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from promptyard.aws.calls import RETRY_AFTER_SECONDS, Answer, call
from promptyard.aws.failures import Failure
from promptyard.domain.account.provider_keys import KeysByProvider, ProviderKey
from promptyard.domain.errors import Conflict, StoreUnavailable, TooLarge
from promptyard.domain.identifiers import random_id

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

MAX_SECRET_BYTES = 65_536
"""What Secrets Manager takes as one secret's value."""
CHANGE_ATTEMPTS = 5

_CURRENT = "AWSCURRENT"
_PROPOSED = "PROMPTYARD_PROPOSED"


@dataclass(frozen=True, slots=True)
class _Version:
    id: str
    keys: KeysByProvider


class ProviderSecrets:
    """Implements `services.ports.account.SecretStore`. Every method raises StoreUnavailable.

    `client` is called at the first request, so that nothing of AWS is loaded before it is needed.
    """

    def __init__(
        self,
        client: Callable[[], "SecretsManagerClient"],
        prefix: str,
        key: str | None = None,
        kind: str = "provider-keys",
    ) -> None:
        """`key`: the KMS key that secrets are made with; without it AWS's own. One that is there keeps its own. `kind`:
        what the names end with, by which functions are let read them."""
        self._client = client
        self._prefix = prefix
        self._kind = kind
        self._made_with: dict[str, Any] = {} if key is None else {"KmsKeyId": key}

    def name(self, tenant: str) -> str:
        # Not ending with the tenant's id: one that ends like the six characters which Secrets Manager appends to a
        # name could be taken for another secret's ARN.
        return f"{self._prefix}{tenant}/{self._kind}"

    async def read(self, tenant: str) -> KeysByProvider:
        version = await _call(partial(self._read, self.name(tenant)))
        return {} if version is None else version.keys

    async def change(self, tenant: str, change: Callable[[KeysByProvider], KeysByProvider]) -> None:
        """Read, change, write: of two changes made at once, the later one is made again on what the other wrote.

        Raises TooLarge, and Conflict when others keep changing the secret.
        """
        name = self.name(tenant)
        for attempt in range(1, CHANGE_ATTEMPTS + 1):
            version = await _call(partial(self._read, name))
            text = _to_text(change({} if version is None else version.keys))
            if await _call(
                partial(self._create, name, text) if version is None else partial(self._replace, name, version.id, text)
            ):
                return
            await asyncio.sleep(0.1 * attempt * random.uniform(0.5, 1.5))  # noqa: S311 - spreads retries
        raise Conflict("The provider keys are being changed by others: try again")

    async def delete(self, tenant: str) -> None:
        """At once and for good; does nothing where there is none."""
        await _call(partial(self._delete, self.name(tenant)))

    def _delete(self, name: str) -> None:
        client = self._client()
        try:
            client.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
        except client.exceptions.ResourceNotFoundException:
            return

    def _read(self, name: str) -> _Version | None:
        client = self._client()
        try:
            answer = client.get_secret_value(SecretId=name, VersionStage=_CURRENT)
        except client.exceptions.ResourceNotFoundException:
            return None
        return _Version(answer["VersionId"], _from_text(answer["SecretString"]))

    def _create(self, name: str, text: str) -> bool:
        """False when it is there already."""
        client = self._client()
        try:
            client.create_secret(Name=name, SecretString=text, ClientRequestToken=random_id(), **self._made_with)
        except client.exceptions.ResourceExistsException:
            return False
        return True

    def _replace(self, name: str, replaced: str, text: str) -> bool:
        """Write a version and make it the current one, unless that is no longer `replaced`: False then.

        Secrets Manager has no conditional write, but it moves the label AWSCURRENT only from the version that it is
        told to move it from.
        """
        client = self._client()
        version = client.put_secret_value(
            SecretId=name, SecretString=text, VersionStages=[_PROPOSED], ClientRequestToken=random_id()
        )["VersionId"]
        try:
            client.update_secret_version_stage(
                SecretId=name, VersionStage=_CURRENT, MoveToVersionId=version, RemoveFromVersionId=replaced
            )
        except client.exceptions.InvalidParameterException:
            return False
        return True


class DeploymentSecrets:
    """Implements `services.ports.account.SecretValues`."""

    def __init__(self, client: Callable[[], "SecretsManagerClient"]) -> None:
        self._client = client

    async def value(self, secret: str) -> SecretStr:
        answer = await _call(lambda: self._client().get_secret_value(SecretId=secret, VersionStage=_CURRENT))
        return SecretStr(answer["SecretString"].strip())


async def _call(request: Callable[[], Answer]) -> Answer:
    return await call(request, _unreachable)


def _unreachable(_: Failure) -> StoreUnavailable:
    """Whatever it was: also a parameter that botocore refuses, for it quotes that, and one of these is the keys."""
    return StoreUnavailable("Secrets cannot be reached", retry_after=RETRY_AFTER_SECONDS)


def _to_text(keys: KeysByProvider) -> str:
    """Raises TooLarge."""
    plain = {
        provider: {"key": key.key.get_secret_value(), "origin": key.origin, "updated_at": key.updated_at.isoformat()}
        for provider, key in keys.items()
    }
    text = json.dumps(plain, separators=(",", ":"))
    if len(text.encode()) > MAX_SECRET_BYTES:
        raise TooLarge("What is secret of a tenant can take 64 KB in all")
    return text


def _from_text(text: str) -> KeysByProvider:
    return {provider: ProviderKey.model_validate(fields) for provider, fields in json.loads(text).items()}
