"""Whether a text gives a key away: any eight characters of it in a row, as they stand or as whoever decodes them reads
them. Decodes by the standard library, and knows nothing of how keys are taken out."""

import base64
import binascii
import html
import json
import re
from collections.abc import Iterator
from urllib.parse import unquote

PART = 8
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{8,}")


def leaks(text: str, key: str, secret_from: int = 0) -> list[str]:
    """The parts of the key that the text holds, of what is secret of it."""
    parts = {key[start : start + PART] for start in range(secret_from, len(key) - PART + 1)}
    readings = list(_readings(text))
    return sorted(part for part in parts if any(part in reading for reading in readings))


def _readings(text: str) -> Iterator[str]:
    yield text
    yield unquote(text)
    yield html.unescape(text)
    yield re.sub(r"\\u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), text).replace("\\/", "/")
    for found in _BASE64.findall(text):
        for skipped in range(4):
            run = found[skipped:].replace("-", "+").replace("_", "/")
            try:
                yield base64.b64decode(run[: len(run) // 4 * 4]).decode("latin-1")
            except (binascii.Error, ValueError):
                continue


def spellings(key: str, before: str, after: str) -> dict[str, str]:
    """The key with what stands around it, in every spelling."""
    said = f"{before}{key}{after}"
    return {
        "as it stands": said,
        "URL": "".join(one if one.isalnum() and index % 3 else f"%{ord(one):02X}" for index, one in enumerate(said)),
        "URL of a URL": "".join(f"%25{ord(one):02x}" for one in said),
        "JSON": "".join(f"\\u{ord(one):04x}" for one in said),
        "JSON in part": json.dumps(said.replace("/", "\\u002f")),
        "HTML": "".join(f"&#{ord(one)};" if one in "-_/+=.&<>" else one for one in html.escape(said)),
        "HTML, all of it": "".join(f"&#x{ord(one):x};" for one in said),
        "base64": base64.b64encode(said.encode()).decode(),
        "base64url": base64.urlsafe_b64encode(said.encode()).decode().rstrip("="),
    }
