"""What changed from one version of a prompt to another."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Literal

from promptyard.domain.models.messages import FilePart, ImagePart, Message, TextPart
from promptyard.domain.prompts.prompt import PromptVersion

CONTEXT_LINES = 3
MAX_MATCHED_LINES = 2_000
"""Lines of either side, after what is equal at both ends is set aside, up to which they are matched line by line. The
matcher takes 0.7 s for 2,000 at worst and 40 s for 8,000; what is longer is shown as replaced whole."""

Opcode = tuple[str, int, int, int, int]


@dataclass(frozen=True, slots=True)
class MessageChange:
    """One message of a chat in both versions. An index is None where the message is not there."""

    change: Literal["same", "changed", "added", "removed"]
    from_index: int | None
    to_index: int | None
    diff: str
    """Unified; empty for the same message."""


@dataclass(frozen=True, slots=True)
class PromptDiff:
    text: str
    """Unified diff of the whole template; of a chat, the messages under each other with their roles as headings."""
    messages: list[MessageChange] | None
    """None between two texts; a text beside a chat is one message of the user's."""
    variables_added: list[str]
    variables_removed: list[str]
    settings: dict[str, tuple[Any, Any]]
    """`default_model` and parameters that differ, before and after, None where there is none."""


def diff(old: PromptVersion, new: PromptVersion) -> PromptDiff:
    lines = _LineDiffs()
    messages = None
    if "chat" in {old.type, new.type}:
        before = [_rendered(message) for message in old.content.as_messages()]
        after = [_rendered(message) for message in new.content.as_messages()]
        text = lines.unified("\n\n".join(before), "\n\n".join(after))
        messages = list(_message_changes(lines, before, after))
    else:
        text = lines.unified(old.content.text or "", new.content.text or "")
    had, has = dict.fromkeys(old.content.variables()), dict.fromkeys(new.content.variables())
    return PromptDiff(
        text=text,
        messages=messages,
        variables_added=[name for name in has if name not in had],
        variables_removed=[name for name in had if name not in has],
        settings=_changed_settings(old, new),
    )


def _changed_settings(old: PromptVersion, new: PromptVersion) -> dict[str, tuple[Any, Any]]:
    before, after = _settings(old), _settings(new)
    names = list(dict.fromkeys([*before, *after]))
    return {name: (before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name)}


def _settings(version: PromptVersion) -> dict[str, Any]:
    parameters = version.parameters.given() if version.parameters else {}
    return {"default_model": version.default_model} | parameters


def _rendered(message: Message) -> str:
    """A message as text: its role, its parts, and what else it holds as JSON."""
    parts = [message.content] if isinstance(message.content, str) else message.content or []
    lines = [f"[{message.role}]"]
    for part in parts:
        match part:
            case str():
                lines.append(part)
            case TextPart():
                lines.append(part.text)
            case ImagePart():
                lines.append(f"![]({_in_short(part.image_url.url)})")
            case FilePart():
                file = part.file.model_dump(exclude_none=True)
                lines.append(json.dumps({name: _in_short(value) for name, value in file.items()}, ensure_ascii=False))
    rest = message.model_dump(mode="json", exclude={"role", "content"}, exclude_none=True)
    if rest:
        lines.append(json.dumps(rest, ensure_ascii=False, sort_keys=True))
    return "\n".join(lines)


def _in_short(url: str) -> str:
    """The content of a data URL by its length and what tells it from others: nobody reads its characters."""
    head, comma, data = url.partition(",")
    if not (comma and head.startswith("data:")):
        return url
    return f"{head},… {len(data):,} characters, SHA-256 {hashlib.sha256(data.encode()).hexdigest()[:16]}"


def _message_changes(lines: "_LineDiffs", before: list[str], after: list[str]) -> Iterator[MessageChange]:
    for tag, low, high, new_low, new_high in lines.opcodes(before, after):
        if tag == "equal":
            for index in range(high - low):
                yield MessageChange("same", low + index, new_low + index, "")
            continue
        both = min(high - low, new_high - new_low)
        for index in range(both):
            old, new = low + index, new_low + index
            yield MessageChange("changed", old, new, lines.unified(before[old], after[new]))
        for old in range(low + both, high):
            yield MessageChange("removed", old, None, lines.unified(before[old], None))
        for new in range(new_low + both, new_high):
            yield MessageChange("added", None, new, lines.unified(None, after[new]))


class _LineDiffs:
    """The line diffs of one pair of versions, which share a bound on how much is matched."""

    def __init__(self) -> None:
        self._left = 2 * MAX_MATCHED_LINES

    def unified(self, old: str | None, new: str | None) -> str:
        """Hunks in the unified format, without file names; empty for equal texts. None is a text that is not there."""
        before = [] if old is None else old.split("\n")
        after = [] if new is None else new.split("\n")
        return "\n".join(_hunks(self.opcodes(before, after), before, after))

    def opcodes(self, before: Sequence[str], after: Sequence[str]) -> list[Opcode]:
        """As difflib has them: how to turn one sequence into the other."""
        shorter = min(len(before), len(after))
        head = next((index for index in range(shorter) if before[index] != after[index]), shorter)
        tails = range(shorter - head)
        tail = next((index for index in tails if before[-1 - index] != after[-1 - index]), shorter - head)
        old_end, new_end = len(before) - tail, len(after) - tail
        found: list[Opcode] = [("equal", 0, head, 0, head)]
        for tag, low, high, new_low, new_high in self._matched(before[head:old_end], after[head:new_end]):
            found.append((tag, head + low, head + high, head + new_low, head + new_high))
        found.append(("equal", old_end, len(before), new_end, len(after)))
        return [code for code in found if code[1] < code[2] or code[3] < code[4]]

    def _matched(self, before: Sequence[str], after: Sequence[str]) -> Sequence[Opcode]:
        lines = max(len(before), len(after))
        if lines > MAX_MATCHED_LINES or lines > self._left:
            return [("replace", 0, len(before), 0, len(after))]
        self._left -= lines
        return SequenceMatcher(None, before, after).get_opcodes()


def _hunks(opcodes: Sequence[Opcode], before: Sequence[str], after: Sequence[str]) -> Iterator[str]:
    for group in _grouped(opcodes):
        (_, low, _, new_low, _), (_, _, high, _, new_high) = group[0], group[-1]
        yield f"@@ -{_range(low, high)} +{_range(new_low, new_high)} @@"
        for tag, start, end, new_start, new_end in group:
            if tag == "equal":
                yield from (f" {line}" for line in before[start:end])
            else:
                yield from (f"-{line}" for line in before[start:end])
                yield from (f"+{line}" for line in after[new_start:new_end])


def _grouped(opcodes: Sequence[Opcode]) -> Iterator[list[Opcode]]:
    """Changes with their context, apart where more than twice the context lies between them."""
    group: list[Opcode] = []
    for code in opcodes:
        tag, low, high, _, new_high = code
        if tag == "equal" and high - low > 2 * CONTEXT_LINES:
            yield from _with_changes(group, code)
            group = [(tag, high - CONTEXT_LINES, high, new_high - CONTEXT_LINES, new_high)]
        elif tag == "equal" and not group:
            kept = min(high - low, CONTEXT_LINES)
            group = [(tag, high - kept, high, new_high - kept, new_high)]
        else:
            group.append(code)
    if group and group[-1][0] == "equal":
        yield from _with_changes(group[:-1], group[-1])
    else:
        yield from _with_changes(group)


def _with_changes(group: list[Opcode], after: Opcode | None = None) -> Iterator[list[Opcode]]:
    """The group with the context `after` it, if it holds a change at all."""
    if any(tag != "equal" for tag, *_ in group):
        context = [] if after is None else [_first_lines(after)]
        yield [*group, *context]


def _first_lines(code: Opcode) -> Opcode:
    tag, low, high, new_low, _ = code
    kept = min(high - low, CONTEXT_LINES)
    return (tag, low, low + kept, new_low, new_low + kept)


def _range(low: int, high: int) -> str:
    """A hunk's range as `diff -u` writes it: an empty one stands after the line before it."""
    length = high - low
    if length == 1:
        return str(low + 1)
    return f"{low + 1 if length else low},{length}"
