"""What tests of views ask the server for, beside the page."""

from typing import Any

import httpx


class Api:
    """The server's API, without the page. Fails for what is refused."""

    def __init__(self, url: str) -> None:
        self._client = httpx.Client(base_url=url, timeout=30, trust_env=False)

    def __call__(self, method: str, path: str, body: Any = None) -> Any:
        answer = self._client.request(method, path, json=body)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def run(self, **asked: Any) -> Any:
        return self("POST", "/api/v1/playground/run", {"model": "demo/echo", **asked})

    def version(self, name: str, content: str, **more: Any) -> Any:
        namespace, slug = name.split("/")
        body = {"namespace": namespace, "slug": slug, "content": content, **more}
        return self("POST", "/api/v1/playground/save-version", body)

    def dataset(self, name: str, *lines: str) -> str:
        made = str(self("POST", "/api/v1/datasets", {"name": name})["id"])
        path = f"/api/v1/datasets/{made}/versions"
        answer = self._client.post(path, content="\n".join(lines), headers={"content-type": "application/x-ndjson"})
        assert answer.is_success, answer.text
        return made

    def close(self) -> None:
        self._client.close()
