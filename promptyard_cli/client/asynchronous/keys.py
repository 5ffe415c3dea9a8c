"""The tenant's API keys."""

from typing import TYPE_CHECKING, Unpack

from promptyard_cli.client.asynchronous.http import AsyncHttp
from promptyard_cli.client.requests import Asked, post, segment

if TYPE_CHECKING:
    from promptyard_cli.client.wire import KeyPage, KeyRequest, NewKeyAnswer

KEYS = "/api/v1/keys"


class AsyncKeys:
    """For admins. Each method raises ApiError, NotReachable."""

    def __init__(self, http: AsyncHttp) -> None:
        self._http = http

    async def list(self, *, limit: int | None = None, offset: int | None = None) -> "KeyPage":
        return await self._http.ask(Asked("GET", KEYS, {"limit": limit, "offset": offset}))

    async def create(self, **fields: "Unpack[KeyRequest]") -> "NewKeyAnswer":
        """`key` is shown this once."""
        return await self._http.ask(post(KEYS, fields))

    async def revoke(self, key_id: str) -> None:
        await self._http.ask(Asked("DELETE", f"{KEYS}/{segment(key_id)}"))
