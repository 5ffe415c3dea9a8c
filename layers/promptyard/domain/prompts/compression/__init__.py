"""Rules that make a model answer in fewer words: one text file a level, put before the prompt as system text.

What each level drops:

- `lite`: greetings, closings, restatements of the question, filler, repetition. Sentences stay whole.
- `full`: also articles and connectives where the sense stays plain, introductions, summaries, needless examples;
  lists rather than prose.
- `ultra`: also whole sentences: fragments, symbols, abbreviations that any reader of the field knows.

None of them drops facts, code, numbers, units, names, warnings, conditions, or the form that was asked for.
"""

from enum import StrEnum
from functools import cache
from importlib.resources import files

RULES_VERSION = "2026-11-21"
"""Changes with any word of the rules, so that measured savings can be told apart by it."""


class Intensity(StrEnum):
    LITE = "lite"
    FULL = "full"
    ULTRA = "ultra"


@cache
def rules(intensity: Intensity) -> str:
    """The level's text."""
    return files(__name__).joinpath(f"{intensity.value}.txt").read_text(encoding="utf-8").strip()


def savings_percent(raw: int | float | None, compressed: int | float | None) -> float | None:
    """How much less the second is, in percent of the first, to one decimal; negative where it is more.

    0 where either is 0 (an arm that returned nothing saved nothing), None where either is not known.
    """
    if raw is None or compressed is None:
        return None
    if raw == 0 or compressed == 0:
        return 0.0
    return round(100 * (raw - compressed) / raw, 1)
