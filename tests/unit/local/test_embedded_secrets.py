"""Secrets survive a restart of the local server, and nobody else reads them."""

import asyncio
import stat
from datetime import UTC, datetime
from pathlib import Path

from pydantic import SecretStr

from promptyard.aws.secrets import ProviderSecrets
from promptyard.domain.account.provider_keys import KeysByProvider, ProviderKey
from promptyard_local.aws import open_aws
from promptyard_local.journal import FILE_NAME

KEY = ProviderKey(key=SecretStr("sk-canary-17ab"), origin="https://api.example", updated_at=datetime.now(UTC))


def after_restart(directory: Path, change: KeysByProvider | None = None) -> KeysByProvider:
    """Open the data, change it where a change is given, and read it."""
    aws = open_aws({"PROMPTYARD_DATA_DIR": str(directory)})
    try:
        secrets = ProviderSecrets(aws.clients.secretsmanager, "promptyard/")
        if change is not None:
            asyncio.run(secrets.change("acme", lambda _: change))
        return asyncio.run(secrets.read("acme"))
    finally:
        aws.close()


def test_secrets_survive_a_restart(tmp_path: Path) -> None:
    assert after_restart(tmp_path) == {}
    for change in ({"openai": KEY}, {"openai": KEY, "google": KEY}, {"google": KEY}, {}):
        assert after_restart(tmp_path, change) == change
        assert after_restart(tmp_path) == change


def test_they_are_their_owners_alone(tmp_path: Path) -> None:
    after_restart(tmp_path, {"openai": KEY})
    assert stat.S_IMODE((tmp_path / FILE_NAME).stat().st_mode) == 0o600


def test_a_deleted_secret_stays_deleted(tmp_path: Path) -> None:
    after_restart(tmp_path, {"openai": KEY})
    aws = open_aws({"PROMPTYARD_DATA_DIR": str(tmp_path)})
    name = ProviderSecrets(aws.clients.secretsmanager, "promptyard/").name("acme")
    aws.clients.secretsmanager().delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
    aws.close()
    assert after_restart(tmp_path) == {}
