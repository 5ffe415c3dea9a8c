"""CORS for the configured origins. The settings are known at the first request only, so the middleware is made then."""

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

EXPOSED = (
    "x-request-id",
    "x-run-id",
    "x-comparison-id",
    "retry-after",
    "idempotent-replayed",
    *(f"x-ratelimit-{what}-{of}" for what in ("limit", "remaining", "reset") for of in ("requests", "tokens")),
)
ALLOWED = ("authorization", "content-type", "idempotency-key")


class LateCorsMiddleware:
    """Reads the origins from `app.state.provided().settings`; without any, no page of another origin is let in."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._with_origins: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not any(name == b"origin" for name, _ in scope["headers"]):
            await self.app(scope, receive, send)
            return
        if self._with_origins is None:
            origins = scope["app"].state.provided().settings.allowed_origins()
            self._with_origins = self.app if not origins else self._cors(origins)
        await self._with_origins(scope, receive, send)

    def _cors(self, origins: list[str]) -> ASGIApp:
        return CORSMiddleware(
            self.app,
            allow_origins=origins,
            allow_methods=("GET", "POST", "PUT", "PATCH", "DELETE"),
            allow_headers=ALLOWED,
            expose_headers=EXPOSED,
            max_age=600,
        )
