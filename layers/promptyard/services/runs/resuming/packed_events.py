"""Events that were told a while ago, in little more room than their texts take."""

import sys
from array import array
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate, pairwise
from typing import Any, Generic, TypeVar

Event = TypeVar("Event")
Other = TypeVar("Other")

Maker = Callable[[str], Event]
"""Makes an event of its text. Of events that are alike but for it, it is one and the same."""
Parts = Callable[[Event], tuple[Maker[Event], str]]
"""What an event can be made of again."""

LENGTH = 250
"""The most events that are packed together: a byte tells what makes one of them."""
_OVERHEAD = 400
"""Bytes of the objects, roughly."""


def as_it_is(_: str) -> Any:
    """Stands for the maker of an event that is kept as it is, with an empty text."""


def whole(_: object) -> tuple[Maker[Any], str]:
    """The parts of an event that is kept as it is."""
    return as_it_is, ""


class PackedEvents(Generic[Event]):
    """Their texts stand in one string: an object and a string for each take twenty times the room of a word."""

    __slots__ = ("_as_they_are", "_ends", "_makers", "_text", "_which")

    def __init__(self, events: Sequence[Event], parts: Parts[Event]) -> None:
        """One event or more, LENGTH at most."""
        makers, texts = zip(*map(parts, events), strict=True)
        places = {maker: place for place, maker in enumerate(dict.fromkeys(makers))}
        self._makers: tuple[Maker[Event], ...] = tuple(places)
        self._which = bytes([places[maker] for maker in makers])
        self._text = "".join(texts)
        self._ends = array("I", accumulate(map(len, texts), initial=0))
        self._as_they_are: Mapping[int, Event] = {}
        if as_it_is in places:
            self._as_they_are = {place: events[place] for place, maker in enumerate(makers) if maker is as_it_is}

    def __len__(self) -> int:
        return len(self._which)

    def unpacked(self) -> list[Event]:
        """Events that are equal to those that were packed, in their order."""
        makers, text = self._makers, self._text
        stretches = zip(self._which, pairwise(self._ends), strict=True)
        events = [makers[which](text[begin:end]) for which, (begin, end) in stretches]
        for place, event in self._as_they_are.items():
            events[place] = event
        return events

    def joined(self) -> list[Event]:
        """What comes to the same where texts of events that are alike are put together: one event of each kind, in the
        order of their firsts; but all of them, where some are kept as they are."""
        if self._as_they_are:
            return self.unpacked()
        texts: list[list[str]] = [[] for _ in self._makers]
        for which, (begin, end) in zip(self._which, pairwise(self._ends), strict=True):
            texts[which].append(self._text[begin:end])
        return [maker("".join(alike)) for maker, alike in zip(self._makers, texts, strict=True)]

    def changed(self, change: Callable[[int, Event], Other]) -> "PackedEvents[Event | Other]":
        """The same with something else for each event that is kept as it is: what is made of its place, from 0, and
        itself."""
        again: PackedEvents[Any] = object.__new__(PackedEvents)
        again._makers, again._which, again._text, again._ends = self._makers, self._which, self._text, self._ends
        again._as_they_are = {place: change(place, event) for place, event in self._as_they_are.items()}
        return again

    @property
    def size(self) -> int:
        """Bytes, without the events that are kept as they are."""
        return sum(map(sys.getsizeof, (self._text, self._which, self._ends))) + _OVERHEAD
