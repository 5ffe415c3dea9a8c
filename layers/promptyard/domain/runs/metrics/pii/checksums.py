"""Check digits. Every function takes the bare characters, without separators, and assumes ASCII digits."""

from collections.abc import Sequence
from operator import mul

_PLAIN = bytes.maketrans(b"0123456789", bytes(range(10)))
_DOUBLED = bytes.maketrans(b"0123456789", bytes([0, 2, 4, 6, 8, 1, 3, 5, 7, 9]))


def luhn(digits: str) -> bool:
    """ISO/IEC 7812-1 annex B: every second digit from the right is doubled and its digits added."""
    raw = digits.encode()
    return (sum(raw[-1::-2].translate(_PLAIN)) + sum(raw[-2::-2].translate(_DOUBLED))) % 10 == 0


def weighted_sum(digits: str, weights: Sequence[int]) -> int:
    """The digits times their weights; what goes beyond the shorter of the two is not counted."""
    raw = digits.encode()[: len(weights)]
    total: int = sum(map(mul, raw, weights))
    return total - ord("0") * sum(weights[: len(raw)])


_LETTERS_AS_NUMBERS = str.maketrans({letter: str(int(letter, 36)) for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"})


def iso7064_mod_97_10(text: str) -> bool:
    """ISO/IEC 7064 MOD 97-10 over capital letters (A = 10 … Z = 35) and digits."""
    return int(text.translate(_LETTERS_AS_NUMBERS)) % 97 == 1


def iso7064_mod_11_10(digits: str) -> bool:
    """ISO/IEC 7064 MOD 11,10, the hybrid system: one check digit at the end."""
    product = 10
    for digit in digits[:-1]:
        product = (int(digit) + product) % 10 or 10
        product = 2 * product % 11
    return (int(digits[-1]) + product) % 10 == 1


# Verhoeff (1969): multiplication in the dihedral group D5, and the permutation by position from the right.
_D5 = (
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9),
    (1, 2, 3, 4, 0, 6, 7, 8, 9, 5),
    (2, 3, 4, 0, 1, 7, 8, 9, 5, 6),
    (3, 4, 0, 1, 2, 8, 9, 5, 6, 7),
    (4, 0, 1, 2, 3, 9, 5, 6, 7, 8),
    (5, 9, 8, 7, 6, 0, 4, 3, 2, 1),
    (6, 5, 9, 8, 7, 1, 0, 4, 3, 2),
    (7, 6, 5, 9, 8, 2, 1, 0, 4, 3),
    (8, 7, 6, 5, 9, 3, 2, 1, 0, 4),
    (9, 8, 7, 6, 5, 4, 3, 2, 1, 0),
)
_PERMUTATIONS = (
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9),
    (1, 5, 7, 6, 2, 8, 3, 0, 9, 4),
    (5, 8, 0, 3, 7, 9, 6, 1, 4, 2),
    (8, 9, 1, 6, 0, 4, 3, 5, 2, 7),
    (9, 4, 5, 3, 1, 2, 6, 8, 7, 0),
    (4, 2, 8, 6, 5, 7, 3, 9, 0, 1),
    (2, 7, 9, 3, 8, 0, 6, 4, 1, 5),
    (7, 0, 4, 6, 9, 1, 3, 2, 5, 8),
)


def verhoeff(digits: str) -> bool:
    state = 0
    for position, digit in enumerate(reversed(digits)):
        state = _D5[state][_PERMUTATIONS[position % 8][int(digit)]]
    return state == 0
