"""The local data as one file, while it is served."""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from anyio.to_thread import run_sync
from fastapi import APIRouter
from starlette.background import BackgroundTask
from starlette.responses import FileResponse

from promptyard.api.app import group_router
from promptyard.api.auth.authentication import Admin, Operator
from promptyard.domain.errors import Conflict
from promptyard_local.journal import DataUnusable

if TYPE_CHECKING:
    from promptyard_local.aws import LocalAws

PATH = "/local/backup"


def backup_router(aws: "LocalAws", *, is_open: bool) -> APIRouter:
    """All data of all tenants, their stored keys too: for whom the machine belongs to, and else for operators."""
    router = group_router("local")

    async def send() -> FileResponse:
        folder = tempfile.TemporaryDirectory(prefix="promptyard-backup-")  # for its owner alone
        file = Path(folder.name) / "promptyard.backup"
        try:
            await run_sync(aws.back_up, file)
        except DataUnusable as error:
            folder.cleanup()
            raise Conflict(error.message) from None
        headers = {"cache-control": "no-store"}
        return FileResponse(file, headers=headers, filename=file.name, background=BackgroundTask(folder.cleanup))

    async def for_admin(caller: Admin) -> FileResponse:  # noqa: ARG001 - its role
        return await send()

    async def for_operator(caller: Operator) -> FileResponse:  # noqa: ARG001 - its role
        return await send()

    router.add_api_route(PATH, for_admin if is_open else for_operator, methods=["POST"], include_in_schema=False)
    return router
