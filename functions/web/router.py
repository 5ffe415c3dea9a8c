"""Paths of the web group: the page and its files. They ask for no key: what the page shows comes from the API, which
does."""

from pathlib import Path

from fastapi import APIRouter, Request, Response
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse

from functions.web.files import FOLDER, PageFile, PageFiles
from promptyard.api.lambda_scope import asked_path

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "img-src 'self' data:",
        "require-trusted-types-for 'script'",
        "trusted-types dompurify",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
_GUARDED = {
    "content-security-policy": POLICY,
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "vary": "accept-encoding",
}
_ASK_AGAIN = "no-cache"
_FOR_GOOD = "public, max-age=31536000, immutable"
_SMALLEST_GZIPPED = 500  # bytes; below, gzip saves no packet

router = APIRouter(tags=["web"], include_in_schema=False)
files = PageFiles(Path(__file__).parent / "static")


@router.get("/")
async def page(request: Request) -> Response:
    asked = asked_path(request.scope)
    if not asked.endswith("/"):  # a stage's name: the page's links are relative to it, as a folder
        return RedirectResponse(f"{asked.rpartition('/')[2]}/", 308)
    return _answer(request, files.page(), _ASK_AGAIN)


@router.get(f"/{FOLDER}{{version}}/{{file:path}}")
async def file(request: Request, version: str, file: str) -> Response:
    found = files.file(file)
    if found is None:
        raise HTTPException(404)
    # Who has the page of another version gets what there is now, and must not keep it under that version's address.
    return _answer(request, found, _FOR_GOOD if files.is_current(version) else _ASK_AGAIN)


def _answer(request: Request, found: PageFile, keep: str) -> Response:
    headers = {**_GUARDED, "cache-control": keep}
    if len(found.content) >= _SMALLEST_GZIPPED and "gzip" in request.headers.get("accept-encoding", ""):
        found = found.gzipped()
        headers["content-encoding"] = "gzip"
    headers["etag"] = found.etag
    if found.etag in request.headers.get("if-none-match", ""):
        headers.pop("content-encoding", None)
        return Response(status_code=304, headers=headers)
    return Response(found.content, media_type=found.media_type, headers=headers)
