"""Tool calls as every wire's dialect tells them, numbered and whole.

A call starts where a name comes, not where an id or an index changes. What has no name goes on with the call of its id,
else of its index, else with the last one.
"""

import json
from collections.abc import Mapping
from typing import Any

from promptyard.domain.models.provider_events import ToolCallDelta
from promptyard.providers.reading.surrogates import Joiner, whole
from promptyard.providers.reading.values import json_of, word_of

Key = int | str | None
"""What a dialect tells its calls apart by, an index as a rule; None where it gives nothing."""


class ToolCalls:
    def __init__(self) -> None:
        self._calls: list[_Call] = []
        self._by_key: dict[Key, _Call] = {}
        self._by_id: dict[str, _Call | None] = {}
        """None for an id that several calls were given."""
        self._headless: dict[Key, _Call] = {}
        """Came before any name did."""

    def __bool__(self) -> bool:
        return bool(self._calls) or any(call.arguments for call in self._headless.values())

    def piece(
        self, key: Key, identifier: Any, name: Any, arguments: Any, extra: Mapping[str, Any] | None = None
    ) -> list[ToolCallDelta]:
        """One piece, as a dialect sends it. An empty object stands for arguments that are still to come."""
        identifier, name, text = word_of(identifier), word_of(name), json_of(arguments)
        call = self._call(key, identifier, name, text)
        if call.number is None:
            call.identifier = call.identifier or identifier
            call.add(text)
            return []
        delta = ToolCallDelta(
            call.number,
            self._new_id(call, identifier),
            call.new_name(name),
            call.add(text),
            extra_content=extra or None,
        )
        return [delta] if delta != ToolCallDelta(call.number) else []

    def start(self, key: Key, identifier: Any, name: Any, otherwise: Any = None) -> list[ToolCallDelta]:
        """A call that its dialect says begins here. `otherwise` are its arguments if none follow."""
        call = self._begin(key)
        call.otherwise = json_of(otherwise) or "{}"
        return [ToolCallDelta(call.number or 0, self._new_id(call, word_of(identifier)), call.new_name(word_of(name)))]

    def whole(
        self, identifier: Any, name: Any, arguments: Any, extra: Mapping[str, Any] | None = None
    ) -> list[ToolCallDelta]:
        """A call in one piece, as whole answers and Gemini's streams have them."""
        call = self._begin(len(self._calls))
        text = call.add(whole(json_of(arguments))) or (call.otherwise if call.complete or arguments is None else "")
        call.settle(text)
        new_id = self._new_id(call, word_of(identifier))
        return [
            ToolCallDelta(call.number or 0, new_id, call.new_name(word_of(name)), text, extra_content=extra or None)
        ]

    def grow(self, key: Key, arguments: Any) -> list[ToolCallDelta]:
        """A piece of the arguments of a call that was started."""
        call = self._by_key.get(key)
        text = call.add(json_of(arguments)) if call else ""
        return [ToolCallDelta(call.number or 0, arguments=text)] if call and text else []

    def has(self, key: Key, identifier: Any = None) -> bool:
        """Whether the key's call was started, and as far as is told it is the one with that id."""
        call, given = self._by_key.get(key), word_of(identifier)
        return call is not None and (given is None or call.identifier in {None, given})

    def last_word(self, key: Key, arguments: Any) -> list[ToolCallDelta]:
        """The whole arguments, whatever came of them before."""
        call, text = self._by_key.get(key), json_of(arguments)
        if call is None or not text or text == call.arguments:
            return []
        return [call.settle(text)]

    def end_of(self, key: Key) -> list[ToolCallDelta]:
        call = self._by_key.get(key)
        return call.end() if call else []

    def end(self) -> list[ToolCallDelta]:
        """What the calls lack at their end: arguments, or a name that never came."""
        deltas = []
        for key, call in list(self._headless.items()):
            if call.arguments:
                deltas += self.piece(key, call.identifier, " ", "")
        return deltas + [delta for call in self._calls for delta in call.end()]

    def _call(self, key: Key, identifier: str | None, name: str | None, text: str) -> "_Call":
        of_id, of_key = self._by_id.get(identifier or ""), self._by_key.get(key)
        if name is None:
            return of_id or of_key or self._last_open(key, text) or self._headless.setdefault(key, _Call(None))
        here = of_key or of_id
        if here is None or here.is_over(name, identifier, text, same_key=of_key is not None):
            return self._begin(key)
        return here

    def _last_open(self, key: Key, text: str) -> "_Call | None":
        """The call that a piece without a name and of an unknown index goes on with."""
        last = self._calls[-1] if self._calls else None
        return last if last and (key is None or (text and not last.complete)) else None

    def _begin(self, key: Key) -> "_Call":
        call = self._headless.pop(key, None) or _Call(None)
        call.number = len(self._calls)
        self._calls.append(call)
        self._by_key[key] = call
        return call

    def _new_id(self, call: "_Call", identifier: str | None) -> str | None:
        """The id that a call is told by: the first that it was given, unless another call has that one already."""
        identifier = call.identifier or identifier
        if identifier is None or call.told_id:
            return None
        if identifier in self._by_id:
            self._by_id[identifier] = None
            return None
        self._by_id[identifier] = call
        call.identifier = identifier
        call.told_id = True
        return identifier


class _Call:
    def __init__(self, number: int | None) -> None:
        self.number = number
        self.identifier: str | None = None
        self.told_id = False
        self.name: str | None = None
        self.otherwise = "{}"
        self._empty_object = False
        self._pieces: list[str] = []
        self._untold: list[str] = []
        self._joiner = Joiner()

    @property
    def arguments(self) -> str:
        return "".join(self._pieces)

    @property
    def complete(self) -> bool:
        """Whether the arguments are whole, as far as can be told."""
        if not self._pieces:
            return self._empty_object
        try:
            json.loads(self.arguments, strict=False)
        except (ValueError, RecursionError):
            return False
        return True

    def is_over(self, name: str, identifier: str | None, text: str, *, same_key: bool) -> bool:
        """Whether a piece with this name begins another call. Some servers repeat name and id in every piece."""
        if self.name is None:
            return False
        if name != self.name:
            return True
        if not same_key or (identifier is not None and identifier != self.identifier is not None):
            return not (identifier == self.identifier and self._pieces and not self.complete)
        if self._pieces or self._empty_object:
            return self.complete and (bool(text.strip()) or identifier is None)
        return self.identifier is None

    def new_name(self, name: str | None) -> str | None:
        if name is None or self.name is not None:
            return None
        self.name = name
        return name.strip()

    def add(self, text: str) -> str:
        """What can be told of the arguments now."""
        if not self._pieces and text.strip() == "{}":
            self._empty_object = True
            return ""
        text = self._joiner.join(text)
        if text:
            self._pieces.append(text)
            self._untold.append(text)
        if self.number is None:
            return ""
        told = "".join(self._untold)
        self._untold.clear()
        return told

    def settle(self, text: str) -> ToolCallDelta:
        known = self.arguments
        self._joiner.rest()
        self._pieces = [text]
        number = self.number or 0
        if text.startswith(known):
            return ToolCallDelta(number, arguments=text[len(known) :])
        return ToolCallDelta(number, arguments=text, replaces=True)

    def end(self) -> list[ToolCallDelta]:
        rest = self._joiner.rest() or ("" if self.arguments.strip() else self.otherwise)
        if not rest:
            return []
        self._pieces.append(rest)
        return [ToolCallDelta(self.number or 0, arguments=rest)]
