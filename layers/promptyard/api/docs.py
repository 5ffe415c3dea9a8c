"""`/docs`: a page that shows `/openapi.json`. Its script comes with the package `fastapi-swagger` and not from another
host, for callers type their keys into it."""

from importlib.resources import files

from fastapi import FastAPI, Response
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.responses import HTMLResponse

PAGE = "/docs"
SCRIPT = "swagger-ui-bundle.js"
STYLE = "swagger-ui.css"
PATHS = (PAGE, f"{PAGE}/{SCRIPT}", f"{PAGE}/{STYLE}")

_A_DAY = {"cache-control": "public, max-age=86400"}
_NO_ICON = "data:,"


def add_docs(app: FastAPI) -> None:
    for path, endpoint in zip(PATHS, (_page, _script, _style), strict=True):
        app.add_api_route(path, endpoint, include_in_schema=False)


async def _page() -> HTMLResponse:
    # Relative addresses: API Gateway serves all paths below a stage's name.
    return get_swagger_ui_html(
        openapi_url="openapi.json",
        title="Promptyard: API",
        swagger_js_url=f"docs/{SCRIPT}",
        swagger_css_url=f"docs/{STYLE}",
        swagger_favicon_url=_NO_ICON,
        swagger_ui_parameters={"displayRequestDuration": True, "tryItOutEnabled": True},
    )


async def _script() -> Response:
    return _file(SCRIPT, "text/javascript")


async def _style() -> Response:
    return _file(STYLE, "text/css")


def _file(name: str, media_type: str) -> Response:
    content = (files("fastapi_swagger") / "resources" / name).read_bytes()
    return Response(content, media_type=media_type, headers=_A_DAY)
