"""The tenant's data as a whole."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from promptyard_cli.client.requests import post, upload
from promptyard_cli.client.synchronous.http import Http

if TYPE_CHECKING:
    from promptyard_cli.client.wire import TenantImportAnswer

EXPORT, IMPORT = "/api/v1/tenant/export", "/api/v1/tenant/import"


class WholeTenant:
    """For admins. Each method raises ApiError, NotReachable."""

    def __init__(self, http: Http) -> None:
        self._http = http

    def export(self) -> bytes:
        """All that the tenant has, as a ZIP."""
        return (self._http.response(post(EXPORT))).content

    def import_archive(self, archive: bytes) -> "Iterator[TenantImportAnswer]":
        """What an export gave, of this or another server. Each request goes on for some seconds; what each of them has
        imported, until the last one is `done`."""
        place = self._http.ask(post(f"{IMPORT}/uploads"))
        params: dict[str, Any] = {}
        if place["url"] is not None:
            self._http.put_elsewhere(place["url"], archive)
            params["upload"], archive = place["id"], b""
        while True:
            answer = self._http.ask(upload(IMPORT, archive, params, "application/zip"))
            yield answer
            if answer["done"]:
                return
            params["after"] = answer["next"]
