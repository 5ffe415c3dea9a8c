"""How fast those are refused who are refused again and again: each answer takes half a millisecond of a processor, and
who asks as fast as answers come would have all of it. Who is refused seldom waits for nothing."""

import asyncio

INTERVAL_SECONDS = 0.01
"""Between two refusals of one name."""
LONGEST_SECONDS = 5.0
"""A refusal that would wait for longer is told at once: five hundred wait already, and take memory."""
MAX_REMEMBERED = 1_000


class RefusalPace:
    """For one event loop."""

    def __init__(self) -> None:
        self._next: dict[str, float] = {}

    async def wait(self, name: str) -> None:
        """Until the next refusal of that name is due."""
        now = asyncio.get_running_loop().time()
        due = max(now, self._next.pop(name, now))
        late = due - now > LONGEST_SECONDS
        if len(self._next) >= MAX_REMEMBERED:
            del self._next[next(iter(self._next))]
        self._next[name] = due if late else due + INTERVAL_SECONDS
        if due > now and not late:
            await asyncio.sleep(due - now)
