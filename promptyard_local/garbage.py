"""When a serving process looks for garbage.

Nothing that a run is made of is in a cycle, so that it goes when its last user does. What the interpreter's collector
looks for is rare, then, and every stream stops while it looks: for 25 to 70 ms at each 50,000 new objects, as 300
streams began, and for 0.3 s at what ten such looks had left.
"""

import asyncio
import gc
import time

YOUNG = 10_000
"""New objects that are looked at whenever there are so many: some 5 ms."""
SELDOM = 1000
"""Looks at new objects before older ones are looked at in the middle of everything."""
MOMENT_SECONDS = 5.0
IDLE_SHARE = 0.05
"""Of a moment, what an idle process takes of a processor at most."""
WHOLE = 10
"""Looks at what is not old before all of it is looked at."""


async def collect_when_idle() -> None:
    """Until it is cancelled. What is there at its beginning stays, and is never looked at."""
    gc.freeze()
    gc.set_threshold(YOUNG, SELDOM, SELDOM)
    while True:
        worked = time.process_time()
        await asyncio.sleep(MOMENT_SECONDS)
        _, looks, older_looks = gc.get_count()
        if looks and time.process_time() - worked < IDLE_SHARE * MOMENT_SECONDS:
            gc.collect(2 if older_looks >= WHOLE else 1)
