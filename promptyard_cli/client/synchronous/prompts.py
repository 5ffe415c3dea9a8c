"""The registry of prompts. A prompt is named by its id or as `namespace/slug`."""

from typing import TYPE_CHECKING, Any, Unpack

from promptyard_cli.client.errors import ApiError
from promptyard_cli.client.requests import Asked, post
from promptyard_cli.client.synchronous.http import Http

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


class Prompts:
    """Each method raises ApiError, NotReachable."""

    def __init__(self, http: Http) -> None:
        self._http = http

    def list(
        self,
        *,
        namespace: str | None = None,
        search: str | None = None,
        archived: bool | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> "PromptPageAnswer":
        params: dict[str, Any] = {"namespace": namespace, "search": search, "archived": archived}
        return self._http.ask(Asked("GET", PROMPTS, {**params, "limit": limit, "cursor": cursor}))

    def get(self, prompt: str) -> "PromptAnswer":
        return self._http.ask(Asked("GET", f"{PROMPTS}/{prompt}"))

    def versions(self, prompt: str, *, limit: int | None = None, cursor: str | None = None) -> "VersionPageAnswer":
        """Newest first."""
        return self._http.ask(Asked("GET", f"{PROMPTS}/{prompt}/versions", {"limit": limit, "cursor": cursor}))

    def version(self, prompt: str) -> "VersionAnswer":
        """Of `name@3` the version 3, of `name@production` what the label points at, of `name` the newest one."""
        name, _, reference = prompt.partition("@")
        if reference.isdigit():
            version_id = self._id_of(name, int(reference))
        else:
            record = self.get(name)
            pointer = record["labels"].get(reference) if reference else record["latest_version"]
            if pointer is None:
                raise _no_version(prompt)
            version_id = pointer["version_id"]
        return self._http.ask(Asked("GET", f"/api/v1/prompt-versions/{version_id}"))

    def _id_of(self, name: str, number: int) -> str:
        cursor = None
        while True:
            page = self.versions(name, limit=100, cursor=cursor)
            for version in page["items"]:
                if version["version_number"] == number:
                    return version["id"]
            cursor = page["next_cursor"]
            if cursor is None:
                raise _no_version(f"{name}@{number}")

    def save(self, **fields: "Unpack[SaveVersionRequest]") -> "SavedVersionAnswer":
        """The prompt's next version; the newest one, where that says the same."""
        return self._http.ask(post("/api/v1/playground/save-version", fields))

    def label(self, prompt: str, label: str, version: int, *, override: bool = False) -> "PromptAnswer":
        """Have the label point at the version of that number. `override` passes by the benchmark that guards it."""
        body = {"version_number": version, "override": override}
        return self._http.ask(Asked("PUT", f"{PROMPTS}/{prompt}/labels/{label}", body=body))

    def remove_label(self, prompt: str, label: str) -> None:
        self._http.ask(Asked("DELETE", f"{PROMPTS}/{prompt}/labels/{label}"))

    def diff(self, prompt: str, older: int, newer: int) -> "DiffAnswer":
        return self._http.ask(Asked("GET", f"{PROMPTS}/{prompt}/diff", {"from": older, "to": newer}))

    def archive(self, prompt: str) -> None:
        self._http.ask(Asked("DELETE", f"{PROMPTS}/{prompt}"))


def _no_version(prompt: str) -> ApiError:
    return ApiError(404, {"detail": f"{prompt} is no version of a prompt", "error": {"code": "not_found"}})
