"""The tenant's API keys."""

from typing import TYPE_CHECKING, Unpack

from promptyard_cli.client.requests import Asked, post, segment
from promptyard_cli.client.synchronous.http import Http

if TYPE_CHECKING:
    from promptyard_cli.client.wire import KeyPage, KeyRequest, NewKeyAnswer

KEYS = "/api/v1/keys"


class Keys:
    """For admins. Each method raises ApiError, NotReachable."""

    def __init__(self, http: Http) -> None:
        self._http = http

    def list(self, *, limit: int | None = None, offset: int | None = None) -> "KeyPage":
        return self._http.ask(Asked("GET", KEYS, {"limit": limit, "offset": offset}))

    def create(self, **fields: "Unpack[KeyRequest]") -> "NewKeyAnswer":
        """`key` is shown this once."""
        return self._http.ask(post(KEYS, fields))

    def revoke(self, key_id: str) -> None:
        self._http.ask(Asked("DELETE", f"{KEYS}/{segment(key_id)}"))
