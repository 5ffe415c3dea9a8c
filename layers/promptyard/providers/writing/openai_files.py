"""Images and files in OpenAI's form, for adapters of other forms."""

import base64
import binascii
from dataclasses import dataclass

from promptyard.domain.errors import InvalidRequest
from promptyard.domain.models.messages import FilePart, ImagePart

Loc = tuple[str | int, ...]

_SAME_TYPE = {"image/jpg": "image/jpeg", "image/pjpeg": "image/jpeg", "application/x-pdf": "application/pdf"}
_EXTENSIONS = {"application/pdf": "pdf", "text/plain": "txt", "text/markdown": "md", "text/html": "html"}


@dataclass(frozen=True, slots=True)
class InlineData:
    """The content of a base64 `data:` URL; `data` is still base64."""

    media_type: str
    data: str

    @property
    def url(self) -> str:
        return f"data:{self.media_type};base64,{self.data}"

    def content(self) -> bytes:
        return base64.b64decode(self.data)


def inline_image(part: ImagePart, loc: Loc) -> InlineData | None:
    """The image in the part's `data:` URL, None for an http(s) URL. Raises InvalidRequest when it is not base64."""
    if not part.image_url.url.startswith("data:"):
        return None
    inline = _inline(part.image_url.url)
    if inline is None:
        raise InvalidRequest("an image's data: URL is data:image/<type>;base64,<data>", loc=(*loc, "image_url", "url"))
    return inline


def check_image_type(inline: InlineData, taken: tuple[str, ...], api: str, loc: Loc) -> None:
    """Raises InvalidRequest for an image of another type than those, which are as `png`."""
    if inline.media_type.removeprefix("image/") not in taken:
        raise InvalidRequest(f"{api} takes {', '.join(taken)} images", loc=(*loc, "image_url", "url"))


def sent_url(url: str) -> str:
    """An image's URL as providers know it: `image/jpg` is no media type."""
    inline = _inline(url) if url.startswith("data:") else None
    return url if inline is None or inline.media_type not in _SAME_TYPE.values() else inline.url


def inline_file(part: FilePart, loc: Loc) -> InlineData | None:
    """A file's content, a PDF or a text; None for one that the provider has. Raises InvalidRequest for another kind."""
    if part.file.file_data is None:
        return None
    inline = _inline(part.file.file_data)
    if inline is None:
        raise InvalidRequest("file_data is data:<media type>;base64,<data>", loc=(*loc, "file", "file_data"))
    if inline.media_type != "application/pdf" and not inline.media_type.startswith("text/"):
        raise InvalidRequest(
            f"a file is a PDF or a text (application/pdf, text/…), not {inline.media_type}",
            loc=(*loc, "file", "file_data"),
        )
    return inline


def file_name(part: FilePart, inline: InlineData) -> str:
    return part.file.filename or f"file.{extension(inline)}"


def extension(inline: InlineData) -> str:
    return _EXTENSIONS.get(inline.media_type, "txt")


def _inline(url: str) -> InlineData | None:
    header, comma, data = url.removeprefix("data:").partition(",")
    media_type, *settings = header.split(";")
    data = "".join(data.split())
    data += "=" * (-len(data) % 4)
    try:
        well_formed = comma and "base64" in settings and base64.b64decode(data, validate=True)
    except binascii.Error:
        well_formed = False
    if not well_formed:
        return None
    media_type = media_type.lower()
    return InlineData(_SAME_TYPE.get(media_type, media_type), data)
