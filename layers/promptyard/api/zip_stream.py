"""A ZIP archive that is sent while it is made: nothing of it is kept, however large it becomes."""

import zipfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import IO, cast

from anyio.to_thread import run_sync

MEDIA_TYPE = "application/zip"


class _Outbox:
    """What zipfile takes for a file that cannot be sought in: it then writes sizes and checksums after the data
    (APPNOTE.TXT §4.3.9)."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """There is nothing behind."""

    def take(self) -> bytes:
        taken = b"".join(self._parts)
        self._parts.clear()
        return taken


async def zip_stream(pieces: AsyncIterator[tuple[str, bytes]]) -> AsyncIterator[bytes]:
    """The archive of these (file name, piece of the file); the pieces of a file come one after another.

    When `pieces` fails the archive ends without its directory: nobody can take it for a whole one.
    """
    outbox = _Outbox()
    archive = zipfile.ZipFile(cast(IO[bytes], outbox), "w", zipfile.ZIP_DEFLATED)
    name, file = None, None
    try:
        async for piece_of, piece in pieces:
            if piece_of != name:
                if file is not None:
                    file.close()
                info = zipfile.ZipInfo(piece_of, datetime.now(UTC).timetuple()[:6])
                info.compress_type = zipfile.ZIP_DEFLATED
                name, file = piece_of, archive.open(info, "w", force_zip64=True)
            assert file is not None
            await run_sync(file.write, piece)
            yield outbox.take()
    finally:  # after a failure, what this writes is not sent
        if file is not None:
            file.close()
        archive.close()
    yield outbox.take()
