"""Secrets Manager by moto, with its secrets kept."""

import json

from botocore.awsrequest import AWSPreparedRequest
from moto.core.botocore_stubber import BotocoreStubber
from moto.core.common_types import TYPE_RESPONSE
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.secretsmanager.models import FakeSecret, SecretsManagerBackend, secretsmanager_backends

from promptyard_local.journal import Journal


class EmbeddedSecrets:
    """Implements `embedded_aws.EmbeddedService`. Only the current version of a secret is kept on disk."""

    region = "us-east-1"
    reads = frozenset({"GetSecretValue", "ListSecrets"})
    changes = frozenset({"CreateSecret", "PutSecretValue", "UpdateSecretVersionStage", "DeleteSecret"})

    def __init__(self) -> None:
        """Empty."""
        self._moto = BotocoreStubber()
        self._backend.reset()

    def handle(self, request: AWSPreparedRequest) -> TYPE_RESPONSE:
        answer = self._moto.process_request(request)
        assert answer is not None, f"moto does not know {request.url}"
        return answer

    def record(self, operation: str, request: AWSPreparedRequest, journal: Journal | None) -> None:
        if journal is None:
            return
        assert isinstance(request.body, bytes)
        body = json.loads(request.body)
        name = body["Name"] if operation == "CreateSecret" else body["SecretId"]
        if operation == "DeleteSecret":
            journal.delete_secret(name)
            return
        secret = self._backend.secrets[name]
        assert isinstance(secret, FakeSecret)
        for version in secret.versions.values():
            if "AWSCURRENT" in version["version_stages"]:
                journal.put_secret(name, version["secret_string"])

    def load(self, journal: Journal) -> None:
        for name, value in journal.secrets():
            self._backend.create_secret(
                name,
                secret_string=value,
                secret_binary=None,
                description=None,
                tags=None,
                kms_key_id=None,
                client_request_token=None,
                replica_regions=[],
                force_overwrite=False,
            )

    def reset(self) -> None:
        self._backend.reset()

    @property
    def _backend(self) -> SecretsManagerBackend:
        backend: SecretsManagerBackend = secretsmanager_backends[DEFAULT_ACCOUNT_ID][self.region]
        return backend
