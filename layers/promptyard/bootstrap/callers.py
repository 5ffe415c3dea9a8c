"""Who calls: what every function needs before anything else."""

from functools import cached_property

from promptyard.api.auth.authentication import Authenticator
from promptyard.api.auth.credentials import Credentials, OpenToAll
from promptyard.bootstrap.parts import Part
from promptyard.domain.account.tenants import LOCAL_TENANT
from promptyard.services.account.audit import AuditLog
from promptyard.services.account.key_directory import KeyDirectory
from promptyard.services.account.tenant_directory import TenantDirectory
from promptyard.services.account.tenant_rounds import TenantRounds
from promptyard.storage.account.api_keys import DynamoApiKeyStore
from promptyard.storage.account.audit import DynamoAuditStore
from promptyard.storage.account.rounds import DynamoRoundStore
from promptyard.storage.account.tenants import DynamoTenantStore
from promptyard.storage.table.table import Table


class CallerServices(Part):
    aws = ("dynamodb",)

    @cached_property
    def authenticate(self) -> Authenticator:
        settings = self._parts.settings
        if settings.auth == "open":
            return OpenToAll(self.keys)
        return Credentials(self.keys, self.tenants, settings.jwt_issuers, settings.gateway_auth)

    @cached_property
    def keys(self) -> KeyDirectory:
        return KeyDirectory(self.key_store)

    @cached_property
    def tenants(self) -> TenantDirectory:
        built_in = LOCAL_TENANT if self._parts.settings.auth == "open" else None
        return TenantDirectory(self.tenant_store, built_in=built_in)

    @cached_property
    def rounds(self) -> TenantRounds:
        return TenantRounds(self.tenants, DynamoRoundStore(self._table))

    @cached_property
    def audit(self) -> AuditLog:
        return AuditLog(DynamoAuditStore(self._table))

    @cached_property
    def key_store(self) -> DynamoApiKeyStore:
        return DynamoApiKeyStore(self._table)

    @cached_property
    def tenant_store(self) -> DynamoTenantStore:
        return DynamoTenantStore(self._table)

    @cached_property
    def _table(self) -> Table:
        return self._parts.table("account")

    async def close(self) -> None:
        if "keys" in vars(self):
            await self.keys.close()
