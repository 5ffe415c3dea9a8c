"""Values live for a fixed time, and no more of them than fit."""

from promptyard.services.ttl_cache import TtlCache
from tests.support.doubles.account_doubles import Clock


def test_a_value_lives_until_its_time_counted_from_when_its_reading_began() -> None:
    clock = Clock()
    cache: TtlCache[str, int] = TtlCache(60, 10, clock)
    began = clock()
    clock.seconds += 5
    cache.put("a", 1, began)
    clock.seconds = began + 59.9
    assert cache.get("a") == 1
    clock.seconds = began + 60
    assert cache.get("a") is None


def test_the_oldest_makes_room() -> None:
    cache: TtlCache[int, int] = TtlCache(60, 3, Clock())
    for key in range(3):
        cache.put(key, key, 1000)
    cache.put(0, 9, 1000)  # anew, so no longer the oldest
    cache.put(3, 3, 1000)
    assert [cache.get(key) for key in range(4)] == [9, None, 2, 3]


def test_dropped_is_gone() -> None:
    cache: TtlCache[str, int] = TtlCache(60, 3, Clock())
    cache.put("a", 1, 1000)
    cache.drop("a")
    cache.drop("b")
    assert cache.get("a") is None
