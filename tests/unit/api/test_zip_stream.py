"""An archive that is sent while it is made."""

import io
import os
import zipfile
from collections.abc import AsyncIterator

import pytest

from promptyard.api.zip_stream import zip_stream


async def pieces(*given: tuple[str, bytes]) -> AsyncIterator[tuple[str, bytes]]:
    for piece in given:
        yield piece


async def test_pieces_of_a_file_come_together() -> None:
    sent = [part async for part in zip_stream(pieces(("a.jsonl", b"1\n"), ("a.jsonl", b"2\n"), ("b.jsonl", b"")))]
    archive = zipfile.ZipFile(io.BytesIO(b"".join(sent)))
    assert archive.testzip() is None
    assert {name: archive.read(name) for name in archive.namelist()} == {"a.jsonl": b"1\n2\n", "b.jsonl": b""}


async def test_nothing_is_a_whole_archive_too() -> None:
    sent = [part async for part in zip_stream(pieces())]
    assert zipfile.ZipFile(io.BytesIO(b"".join(sent))).namelist() == []


async def test_what_was_sent_is_not_kept() -> None:
    noise = os.urandom(1 << 20)
    sizes = [len(part) async for part in zip_stream(pieces(*[("noise", noise)] * 8))]
    assert all(size < 2 * len(noise) for size in sizes)
    assert sum(sizes) >= 8 * len(noise)


async def test_one_that_was_cut_opens_nowhere() -> None:
    async def failing() -> AsyncIterator[tuple[str, bytes]]:
        yield "a", b"1"
        raise OSError("gone")

    sent: list[bytes] = []

    async def send() -> None:
        async for part in zip_stream(failing()):
            sent.append(part)

    with pytest.raises(OSError, match="gone"):
        await send()
    assert sent
    with pytest.raises(zipfile.BadZipFile):
        zipfile.ZipFile(io.BytesIO(b"".join(sent)))
