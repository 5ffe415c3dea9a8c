"""One deployment's parts, as an app is provided with them."""

import os
from typing import TYPE_CHECKING, Self

from promptyard.api.auth.authentication import Authenticator
from promptyard.bootstrap.callers import CallerServices
from promptyard.bootstrap.parts import Parts
from promptyard.services.account.tenant_directory import TenantDirectory
from promptyard.settings import Settings

if TYPE_CHECKING:
    from promptyard.services.runs.idempotency import Idempotency


class Deployment(Parts):
    """Implements `api.app.Provision`."""

    @classmethod
    def from_environment(cls) -> Self:
        """Raises BadSetting."""
        return cls(Settings.from_environment(os.environ), os.environ)

    @property
    def authenticate(self) -> Authenticator:
        return self[CallerServices].authenticate

    @property
    def tenant_directory(self) -> TenantDirectory:
        return self[CallerServices].tenants

    @property
    def idempotency(self) -> "Idempotency":
        from promptyard.bootstrap.idempotency import IdempotencyServices

        return self[IdempotencyServices].idempotency
