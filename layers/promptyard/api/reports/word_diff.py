"""Which words of an answer another one has not, and the other way round."""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

from promptyard.api.reports.markup import Markup, joined, tag

_WORDS = re.compile(r"\s*\S+\s*|\s+")
"""With the blanks behind them; the first one with those before it as well."""
Operation = tuple[str, int, int, int, int]
"""As difflib has them."""

_MOST = 600
"""Words of either answer up to which they are matched; matching takes their product at worst. Longer ones are shown as
replaced whole."""


def word_diff(before: str, after: str) -> Markup:
    """`after`, with what is new marked as inserted, and what is gone marked as deleted where it stood."""
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    pieces: list[Markup] = []
    for operation, low, high, new_low, new_high in _without_islands(_operations(old, new)):
        if operation == "equal":
            pieces.append(joined("".join(new[new_low:new_high]), _blanks_to_add(new[new_high - 1], old[high - 1])))
            continue
        if high > low:
            pieces.append(tag("del", "".join(old[low:high])))
        if new_high > new_low:
            pieces.append(tag("ins", "".join(new[new_low:new_high])))
    return joined(pieces)


def _blanks_to_add(word: str, other: str) -> str:
    """What keeps a word from what follows it: the blanks of the other answer, where this one ends with it."""
    return "" if word[-1].isspace() else other[len(other.rstrip()) :]


def _operations(old: Sequence[str], new: Sequence[str]) -> Sequence[Operation]:
    if max(len(old), len(new)) > _MOST:
        return [("replace", 0, len(old), 0, len(new))]
    words = ([word.strip() for word in old], [word.strip() for word in new])
    return SequenceMatcher(None, *words, autojunk=False).get_opcodes()


def _without_islands(operations: Sequence[Operation]) -> list[Operation]:
    """A single word that stayed between two changes is read as changed with them."""
    found: list[Operation] = []
    for index, operation in enumerate(operations):
        _, low, high, new_low, new_high = operation
        between = 0 < index < len(operations) - 1
        if found and found[-1][0] == "replace" and (operation[0] != "equal" or (between and high - low == 1)):
            found[-1] = ("replace", found[-1][1], high, found[-1][3], new_high)
        else:
            found.append(("equal" if operation[0] == "equal" else "replace", low, high, new_low, new_high))
    return found
