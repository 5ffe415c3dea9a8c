"""The tenant's data as a whole."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from promptyard_cli.client.asynchronous.http import AsyncHttp
from promptyard_cli.client.requests import post, upload

if TYPE_CHECKING:
    from promptyard_cli.client.wire import TenantImportAnswer

EXPORT, IMPORT = "/api/v1/tenant/export", "/api/v1/tenant/import"


class AsyncWholeTenant:
    """For admins. Each method raises ApiError, NotReachable."""

    def __init__(self, http: AsyncHttp) -> None:
        self._http = http

    async def export(self) -> bytes:
        """All that the tenant has, as a ZIP."""
        return (await self._http.response(post(EXPORT))).content

    async def import_archive(self, archive: bytes) -> "AsyncIterator[TenantImportAnswer]":
        """What an export gave, of this or another server. Each request goes on for some seconds; what each of them has
        imported, until the last one is `done`."""
        place = await self._http.ask(post(f"{IMPORT}/uploads"))
        params: dict[str, Any] = {}
        if place["url"] is not None:
            await self._http.put_elsewhere(place["url"], archive)
            params["upload"], archive = place["id"], b""
        while True:
            answer = await self._http.ask(upload(IMPORT, archive, params, "application/zip"))
            yield answer
            if answer["done"]:
                return
            params["after"] = answer["next"]
