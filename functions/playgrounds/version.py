"""The path that the DataRobot API's own client asks first. It answers without its last slash, too."""

from functions.playgrounds.answers import VersionResponse
from promptyard.api.app import group_router
from promptyard.api.auth.authentication import Viewer

router = group_router("playgrounds")

MAJOR, MINOR = 2, 49
"""Of the DataRobot API: what the client 3.20 expects. A client refuses another major version, and warns of an older
minor one."""


@router.get("/api/v2/version/", summary="The version of the DataRobot API that these paths are of")
async def version(caller: Viewer) -> VersionResponse:  # noqa: ARG001 - its role
    whole = f"{MAJOR}.{MINOR}.0"
    return VersionResponse(major=MAJOR, minor=MINOR, version_string=whole, released_version=whole)
