"""What keeps all that is a tenant's, as a protocol."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from promptyard.domain.tenant_data.erasure import Erasure

if TYPE_CHECKING:
    from promptyard.domain.benchmarks.datasets import RowContent


class TenantData(Protocol):
    """All that is a tenant's. Every method raises StoreUnavailable when the store does not answer."""

    async def erasure(self, tenant: str) -> Erasure | None: ...

    async def begin(self, tenant: str, at: datetime) -> Erasure: ...

    async def count(self, tenant: str, kind: str, number: int) -> None:
        """Add to what was deleted."""

    async def finish(self, tenant: str, at: datetime) -> None: ...

    async def months(self, tenant: str) -> list[str]:
        """Those in which anything was used."""

    def delete_all(self, tenant: str) -> AsyncGenerator[tuple[str, int], None]:
        """Delete everything but the sums, page after page; yields the kind and the number of each page."""

    async def keep_sums_only(self, tenant: str) -> None:
        """Of the months. Raises Conflict where something is reserved still."""


class ImportedArchive(Protocol):
    """What an export has made, for the tenant that takes it. What is wrong in it raises InvalidRequest, which names the
    file and the line."""

    tenant: str
    made_of: str
    """The tenant that was exported."""
    exported_at: str
    things: Mapping[str, int]
    """How many of each kind it says that there are."""

    def batches(self, kind: str, after: int = 0) -> AsyncGenerator[Sequence[Any], None]:
        """The things of a kind of IMPORTED, without the first `after`. Moderation reports are (playground's id,
        report), cells of benchmark runs (the run's id, result), and the reports of these (report, its page)."""

    def rows(self) -> "AsyncGenerator[tuple[str, RowContent], None]":
        """All rows of all dataset versions, in the order of those, with their ids."""


class ArchiveStore(Protocol):
    """Archives that come by S3. Every method raises StoreUnavailable when the store does not answer."""

    async def url(self, tenant: str, upload_id: str, seconds: int) -> str:
        """Where one may be PUT for so long, without more of a credential."""

    def pieces(self, tenant: str, upload_id: str) -> AsyncGenerator[bytes, None]:
        """Raises NotFound."""

    async def drop(self, tenant: str, upload_id: str) -> None: ...
