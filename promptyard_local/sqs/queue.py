"""A standard queue of SQS in memory: what is delayed, what waits, what is in flight, and where it goes when it was
received too often.

Messages of a group come in the order in which they were sent, as far as none was given back, and the groups take
turns: so one that sends much does not keep the others waiting.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html
"""

import heapq
import re
from collections import OrderedDict
from dataclasses import dataclass, field
from uuid import uuid4

_RECEIPT = re.compile(r"[0-9a-f-]{36}:\d+")


@dataclass(slots=True)
class QueuedMessage:
    text: str
    group: str | None
    order: int
    id: str = field(default_factory=lambda: str(uuid4()))
    receives: int = 0
    visible_at: float = 0
    """Unix seconds: until then it is delayed or in flight."""
    receipt: str | None = None
    """Of the newest delivery."""


@dataclass(frozen=True, slots=True)
class Redrive:
    """Where messages go that were received so often without being deleted."""

    queue: "EmbeddedQueue"
    max_receives: int


class EmbeddedQueue:
    """Every method takes the time, in Unix seconds. Whoever calls holds a lock."""

    def __init__(self, name: str, visibility_seconds: int = 30, redrive: Redrive | None = None) -> None:
        self.name = name
        self.visibility_seconds = visibility_seconds
        self.redrive = redrive
        self._messages: dict[str, QueuedMessage] = {}
        """By id."""
        self._ready: OrderedDict[str | None, list[tuple[int, str]]] = OrderedDict()
        """By group, whose turn is next first: (order, id), a heap. May hold what is not there any more."""
        self._later: list[tuple[float, int, str]] = []
        """(visible at, order, id), a heap. May hold what has another time since."""
        self._sent = 0

    def send(self, text: str, group: str | None, delay_seconds: int, now: float) -> str:
        """Returns the message's id."""
        message = QueuedMessage(text, group, self._next())
        self._messages[message.id] = message
        self._place(message, now + delay_seconds, now)
        return message.id

    def take_in(self, message: QueuedMessage, now: float) -> None:
        """From a queue in which it was received too often. It keeps its id and its count."""
        message.order = self._next()
        message.receipt = None
        self._messages[message.id] = message
        self._place(message, now, now)

    def receive(self, count: int, visibility_seconds: int, now: float) -> list[QueuedMessage]:
        self._come_due(now)
        received: list[QueuedMessage] = []
        while len(received) < count and (message := self._pop()) is not None:
            if self.redrive is not None and message.receives >= self.redrive.max_receives:
                del self._messages[message.id]
                self.redrive.queue.take_in(message, now)
                continue
            message.receives += 1
            message.receipt = f"{message.id}:{message.receives}"
            self._place(message, now + visibility_seconds, now)
            received.append(message)
        return received

    def delete(self, receipt: str) -> bool:
        """False for what is no receipt. That of an earlier delivery deletes nothing, nor does one once more."""
        message = self._of(receipt)
        if message is not None and message.receipt == receipt:
            del self._messages[message.id]
        return _RECEIPT.fullmatch(receipt) is not None

    def give_back(self, receipt: str, seconds: int, now: float) -> bool:
        """To be visible after so long. False for a receipt that is none, or of an earlier delivery."""
        message = self._of(receipt)
        if message is None or message.receipt != receipt:
            return False
        self._place(message, now + seconds, now)
        return True

    def counts(self, now: float) -> tuple[int, int, int]:
        """(visible, in flight, delayed)."""
        hidden = [message for message in self._messages.values() if message.visible_at > now]
        delayed = sum(message.receipt is None for message in hidden)
        return len(self._messages) - len(hidden), len(hidden) - delayed, delayed

    def texts(self) -> list[str]:
        """Of all that is in it, in the order of their sending."""
        return [message.text for message in sorted(self._messages.values(), key=lambda message: message.order)]

    def _next(self) -> int:
        self._sent += 1
        return self._sent

    def _of(self, receipt: str) -> QueuedMessage | None:
        message_id, _, number = receipt.rpartition(":")
        message = self._messages.get(message_id)
        known = message is not None and number.isdigit() and 0 < int(number) <= message.receives
        return message if known else None

    def _place(self, message: QueuedMessage, visible_at: float, now: float) -> None:
        message.visible_at = visible_at
        if visible_at > now:
            heapq.heappush(self._later, (visible_at, message.order, message.id))
        else:
            message.visible_at = 0
            heapq.heappush(self._ready.setdefault(message.group, []), (message.order, message.id))

    def _come_due(self, now: float) -> None:
        while self._later and self._later[0][0] <= now:
            at, order, message_id = heapq.heappop(self._later)
            message = self._messages.get(message_id)
            if message is not None and message.order == order and message.visible_at == at:
                message.visible_at = 0
                heapq.heappush(self._ready.setdefault(message.group, []), (order, message_id))

    def _pop(self) -> QueuedMessage | None:
        """The next visible message of the group whose turn it is."""
        while self._ready:
            group, waiting = next(iter(self._ready.items()))
            if not waiting:
                del self._ready[group]
                continue
            order, message_id = heapq.heappop(waiting)
            message = self._messages.get(message_id)
            if message is not None and message.order == order and message.visible_at == 0:
                self._ready.move_to_end(group)
                return message
        return None
