"""Writes promptyard_cli/client/synchronous: the client without asyncio, word for word from `asynchronous` beside it."""

import re
from pathlib import Path

from scripts.formatting import formatted

CLIENT = Path(__file__).parent.parent / "promptyard_cli" / "client"
SOURCE, MADE = CLIENT / "asynchronous", CLIENT / "synchronous"
WORDS = (
    (r"^...The client for asyncio.*$", '"""The client without asyncio: scripts/make_client.py makes it."""'),
    (r"\bclient\.asynchronous\b", "client.synchronous"),
    (r"^import asyncio\n(?=import time\n)", ""),
    (r"^import asyncio\n((?:import json\n)?)", r"\1import time\n"),
    (r"\basyncio\.sleep\b", "time.sleep"),
    (r"\basync (?=def|with|for)", ""),
    (r"\bawait ", ""),
    (r"\b__a(?=enter__|exit__|iter__|next__)", "__"),
    (r"\basynccontextmanager\b", "contextmanager"),
    (r"\bAsync(?=[A-Z])", ""),
    (r"\ba(?=close\(|read\(|iter_raw\()", ""),
)  # fmt: skip


def main() -> None:
    MADE.mkdir(exist_ok=True)
    for name, text in texts().items():
        (MADE / name).write_text(text)


def texts() -> dict[str, str]:
    """By the file's name."""
    return {
        file.name: formatted(_without_asyncio(file.read_text()), MADE / file.name)
        for file in sorted(SOURCE.glob("*.py"))
    }


def _without_asyncio(text: str) -> str:
    for pattern, word in WORDS:
        text = re.sub(pattern, word, text, flags=re.MULTILINE)
    return text


if __name__ == "__main__":
    main()
