"""The registry of prompts. A prompt is named by its id or as `namespace/slug`."""

from typing import TYPE_CHECKING, Any, Unpack

from promptyard_cli.client.asynchronous.http import AsyncHttp
from promptyard_cli.client.errors import ApiError
from promptyard_cli.client.requests import Asked, post

if TYPE_CHECKING:
    from promptyard_cli.client.wire import (
        DiffAnswer,
        PromptAnswer,
        PromptPageAnswer,
        SavedVersionAnswer,
        SaveVersionRequest,
        VersionAnswer,
        VersionPageAnswer,
    )

PROMPTS = "/api/v1/prompts"


class AsyncPrompts:
    """Each method raises ApiError, NotReachable."""

    def __init__(self, http: AsyncHttp) -> None:
        self._http = http

    async def list(
        self,
        *,
        namespace: str | None = None,
        search: str | None = None,
        archived: bool | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> "PromptPageAnswer":
        params: dict[str, Any] = {"namespace": namespace, "search": search, "archived": archived}
        return await self._http.ask(Asked("GET", PROMPTS, {**params, "limit": limit, "cursor": cursor}))

    async def get(self, prompt: str) -> "PromptAnswer":
        return await self._http.ask(Asked("GET", f"{PROMPTS}/{prompt}"))

    async def versions(
        self, prompt: str, *, limit: int | None = None, cursor: str | None = None
    ) -> "VersionPageAnswer":
        """Newest first."""
        return await self._http.ask(Asked("GET", f"{PROMPTS}/{prompt}/versions", {"limit": limit, "cursor": cursor}))

    async def version(self, prompt: str) -> "VersionAnswer":
        """Of `name@3` the version 3, of `name@production` what the label points at, of `name` the newest one."""
        name, _, reference = prompt.partition("@")
        if reference.isdigit():
            version_id = await self._id_of(name, int(reference))
        else:
            record = await self.get(name)
            pointer = record["labels"].get(reference) if reference else record["latest_version"]
            if pointer is None:
                raise _no_version(prompt)
            version_id = pointer["version_id"]
        return await self._http.ask(Asked("GET", f"/api/v1/prompt-versions/{version_id}"))

    async def _id_of(self, name: str, number: int) -> str:
        cursor = None
        while True:
            page = await self.versions(name, limit=100, cursor=cursor)
            for version in page["items"]:
                if version["version_number"] == number:
                    return version["id"]
            cursor = page["next_cursor"]
            if cursor is None:
                raise _no_version(f"{name}@{number}")

    async def save(self, **fields: "Unpack[SaveVersionRequest]") -> "SavedVersionAnswer":
        """The prompt's next version; the newest one, where that says the same."""
        return await self._http.ask(post("/api/v1/playground/save-version", fields))

    async def label(self, prompt: str, label: str, version: int, *, override: bool = False) -> "PromptAnswer":
        """Have the label point at the version of that number. `override` passes by the benchmark that guards it."""
        body = {"version_number": version, "override": override}
        return await self._http.ask(Asked("PUT", f"{PROMPTS}/{prompt}/labels/{label}", body=body))

    async def remove_label(self, prompt: str, label: str) -> None:
        await self._http.ask(Asked("DELETE", f"{PROMPTS}/{prompt}/labels/{label}"))

    async def diff(self, prompt: str, older: int, newer: int) -> "DiffAnswer":
        return await self._http.ask(Asked("GET", f"{PROMPTS}/{prompt}/diff", {"from": older, "to": newer}))

    async def archive(self, prompt: str) -> None:
        await self._http.ask(Asked("DELETE", f"{PROMPTS}/{prompt}"))


def _no_version(prompt: str) -> ApiError:
    return ApiError(404, {"detail": f"{prompt} is no version of a prompt", "error": {"code": "not_found"}})
