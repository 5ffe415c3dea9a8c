"""Texts of many kinds with what eight tokenizers make of them, measured once: none of these is installed here."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FILE = Path(__file__).parents[2] / "fixtures" / "token_counts.json"


@dataclass(frozen=True)
class CountedText:
    text: str
    counts: dict[str, int]
    """By tokenizer."""

    @property
    def most(self) -> int:
        return max(self.counts.values())


@cache
def counted_texts() -> dict[str, CountedText]:
    return {kind: CountedText(**fields) for kind, fields in json.loads(_FILE.read_text()).items()}
