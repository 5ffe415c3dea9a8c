"""Tables, a tenant and its key: what the functions find."""

from collections.abc import Iterator

import pytest

from tests.support.servers.deployed_account import Account, make_account, no_secrets


@pytest.fixture(scope="session")
def secrets_url() -> Iterator[str]:
    with no_secrets() as url:
        yield url


@pytest.fixture(scope="session")
def account(dynalite_url: str, secrets_url: str) -> Account:
    return make_account(dynalite_url, secrets_url)
