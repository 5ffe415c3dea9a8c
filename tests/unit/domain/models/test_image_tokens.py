"""An image counts what its provider's documents say, or a little more."""

import base64
import struct
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptyard.domain.models.image_sizes import Size, size_of
from promptyard.domain.models.image_tokens import image_tokens
from promptyard.domain.models.messages import ImageUrl

SIGNATURES = (b"", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", b"GIF89a", b"\xff\xd8\xff", b"RIFF\x00\x00\x00\x00WEBPVP8X")
WEBP_LIMIT, LIMIT = 16_384, 65_535
sides = st.integers(1, WEBP_LIMIT - 1)


def png(width: int, height: int) -> bytes:
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))


def gif(width: int, height: int) -> bytes:
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0, 0, 0)


def jpeg(width: int, height: int, *before: bytes, frame: int = 0xC0) -> bytes:
    segments = b"".join(b"\xff\xe1" + struct.pack(">H", 2 + len(data)) + data for data in before)
    return b"\xff\xd8" + segments + bytes([0xFF, frame]) + struct.pack(">HBHHB", 17, 8, height, width, 3) + bytes(9)


def webp(chunk: bytes, data: bytes) -> bytes:
    return b"RIFF" + struct.pack("<I", 12 + len(data)) + b"WEBP" + chunk + struct.pack("<I", len(data)) + data


def lossy(width: int, height: int) -> bytes:
    return webp(b"VP8 ", b"\x30\x01\x00\x9d\x01\x2a" + struct.pack("<HH", width, height) + bytes(8))


def lossless(width: int, height: int) -> bytes:
    return webp(b"VP8L", b"\x2f" + struct.pack("<I", (width - 1) | (height - 1) << 14) + bytes(8))


def extended(width: int, height: int) -> bytes:
    return webp(b"VP8X", bytes(4) + struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3])


def url_of(image: bytes, media_type: str = "image/png") -> str:
    return f"data:{media_type};base64,{base64.b64encode(image).decode()}"


def counted(model: str, size: Size, detail: str | None = None) -> int:
    return image_tokens(ImageUrl.model_validate({"url": url_of(png(*size)), "detail": detail}), model)


@pytest.mark.parametrize("write", [png, gif, jpeg, lossy, lossless, extended])
@given(width=sides, height=sides)
def test_the_size_is_read_of_every_format(write: Callable[[int, int], bytes], width: int, height: int) -> None:
    assert size_of(url_of(write(width, height))) == (width, height)


@given(st.lists(st.binary(max_size=300), max_size=4), st.sampled_from([0xC0, 0xC1, 0xC2, 0xCF]))
def test_what_stands_before_a_jpegs_frame_is_passed_over(before: list[bytes], frame: int) -> None:
    assert size_of(url_of(jpeg(640, 480, *before, frame=frame))) == (640, 480)


@given(st.sampled_from(SIGNATURES), st.binary(max_size=64))
def test_what_is_no_image_has_no_size_and_no_error(signature: bytes, rest: bytes) -> None:
    size = size_of(url_of(signature + rest))
    assert size is None or min(size) > 0


@pytest.mark.parametrize(
    "url",
    ["https://images.example/1.png", "data:image/png;base64,A", "data:image/png;base64", "data:image/svg+xml,<svg/>"],
)
def test_elsewhere_is_no_size(url: str) -> None:
    assert size_of(url) is None


@pytest.mark.parametrize(
    ("model", "size", "detail", "told"),
    [
        ("gpt-4o", (1024, 1024), "high", 765),
        ("openai/gpt-4o-2024-11-20", (2048, 4096), "high", 1_105),
        ("gpt-4o", (4096, 8192), "low", 85),
        ("gpt-4.1", (150, 150), None, 255),
        ("gpt-4o-mini", (1024, 1024), None, 2_833 + 4 * 5_667),
        ("gpt-5-2025-08-07", (1024, 1024), "high", 70 + 4 * 140),
        ("o3", (1024, 1024), "high", 75 + 4 * 150),
        ("gpt-4.1-mini", (1024, 1024), None, 1_659),
        ("gpt-4.1-mini", (1800, 2400), None, 2_353),
        ("gpt-5.4-nano", (1024, 1024), None, 2_520),
        ("o4-mini", (1024, 1024), None, 1_762),
        ("gpt-5.2", (1024, 1024), None, 1_024),
        ("gpt-5.4", (1920, 1080), "high", 60 * 34),
        ("gpt-5.5", (4000, 3000), "original", 10_000),
        ("claude-sonnet-4-5-20250929", (1000, 1000), None, 1_296),
        ("anthropic.claude-3-haiku-20240307-v1:0", (200, 200), None, 64),
        ("claude-sonnet-4-6", (4000, 3000), None, 1_561),
        ("claude-opus-4-7", (2576, 1456), None, 4_784),
        ("gemini-2.5-flash", (384, 384), None, 258),
        ("gemini-2.0-flash", (960, 540), None, 6 * 258),
        ("gemini-2.0-flash", (1980, 1380), None, 7 * 258),
        ("gemini-3-pro-preview", (4000, 3000), None, 1_120),
    ],
)
def test_a_documented_image_counts_what_is_documented_or_a_sixth_more(
    model: str, size: Size, detail: str | None, told: int
) -> None:
    assert told <= counted(model, size, detail) <= told * 7 / 6


@pytest.mark.parametrize(
    "model", ["gpt-4o", "gpt-4o-mini", "gpt-5-mini", "gpt-6", "claude-opus-4-8", "gemini-2.5-pro", ""]
)
@given(size=st.tuples(sides, sides), detail=st.sampled_from([None, "auto", "high", "original"]))
def test_an_image_of_unknown_size_counts_as_much_as_any(model: str, size: Size, detail: str | None) -> None:
    unknown = ImageUrl.model_validate({"url": "https://images.example/1.png", "detail": detail})
    assert 0 < counted(model, size, detail) <= image_tokens(unknown, model)
