"""Levenshtein's distance: how many characters must be put in, taken out or replaced to make one text of another.

Hyyrö's form (2003) of Myers' algorithm: a column of the table is two numbers of as many bits as the shorter text has
characters, so that two texts of 100,000 characters take a second or two.
"""

MAX_CHARACTERS = 100_000


def distance(one: str, other: str) -> int:
    """In characters (code points)."""
    if len(one) < len(other):
        one, other = other, one
    if not other:
        return len(one)
    places: dict[str, int] = {}
    for number, character in enumerate(other):
        places[character] = places.get(character, 0) | 1 << number
    everything, top = (1 << len(other)) - 1, len(other) - 1
    up, down, found = everything, 0, len(other)
    for character in one:
        match = places.get(character, 0)
        # `^ everything` rather than `~`: a negative number is made of its complement at each use.
        zero = (((match & up) + up) ^ up) | match | down
        increased = down | (zero | up) ^ everything
        decreased = up & zero
        if increased >> top & 1:
            found += 1
        elif decreased >> top & 1:
            found -= 1
        increased = increased << 1 | 1
        up = (decreased << 1 | (zero | increased) ^ everything) & everything
        down = increased & zero & everything
    return found


def similarity(one: str, other: str) -> float:
    """1 for the same text, 0 where no character can stay: 1 − distance / the longer length."""
    longer = max(len(one), len(other))
    return 1.0 if not longer else 1 - distance(one, other) / longer
