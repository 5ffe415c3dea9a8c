"""How many tokens a text has, without a tokenizer: on the safe side of those that providers count with, and near them
for ordinary text.

The weights are fitted to eight tokenizers (OpenAI's cl100k and o200k, Claude 2's, Gemini's, DeepSeek's, Qwen's,
Mistral's v1 and Tekken): `tests/unit/domain/models/test_token_counts.py` holds what those count for each kind of text.
English comes out 1.1 to 1.4 times what they count, code, JSON and schemas up to 1.7 times, scripts that the newest
vocabularies hold and older ones do not, more: which vocabulary a model has, providers do not tell.

`data/cjk_tokens.json` holds the Chinese, Japanese and Korean characters that none of them makes more than one token of,
and those of two; all others are three somewhere.
"""

import json
import math
import re
from collections import Counter
from functools import cache, lru_cache
from importlib.resources import files

_PIECES = re.compile(r" ?[A-Z]?[a-z]+| ?[A-Z]+| ?[^\sA-Za-z0-9]| +|.", re.DOTALL)
"""Words (a capital begins one), runs of capitals, single marks and letters of other scripts, each with the blank before
it, as vocabularies hold them; digits, line ends and further blanks for themselves."""

_SHORT_WORD = 5
"""Letters of a word that most vocabularies hold whole."""
_LETTERS_PER_TOKEN = 2
"""Of what a word has more."""
_RARE_PAIR = 1.4
"""Tokens more for each pair of letters that English words hardly have: there vocabularies break words apart."""
_RARE_CAPITALS = 0.8
"""The same of capitals, two of which are mostly one token."""
_BLANKS_PER_TOKEN = 8

_PAIRS_BY_FIRST = (
    "abcdefghiklmnprstuvwxy bacegijlmorstuy cacehiklmnoprstuvy dabcdeghilmorsuvy "
    "eabcdefghiklmnopqrstuvwxy faefilorstuy gaceghilmnoprstu haeilmnortuy iabcdefgiklmnoprstuvxz jaeiou "
    "kaeilnostu lacdefgilmorstuvy mabcdeilmopstu nacdefgiklmnoprstuvy oabcdefghijklmnoprstuvwy "
    "pacdeghilmoprstuy qu rabcdefgiklmnoprstuvwy sacdefhiklmnoprstuvwy tabcdefhiklmnoprstuwxy "
    "uabcdefgiklmnprstx vaeio waehilnorsw xaceipt yaegimnoprstw zaei"
)
"""The pairs of letters of which English words are made but for one in seventy: a first letter, and its second ones."""
_COMMON_PAIRS = frozenset(row[0] + second for row in _PAIRS_BY_FIRST.split() for second in row[1:])

_BY_CODE_POINT = (
    (0x370, 1.0),  # Latin letters with marks
    (0x400, 1.5),  # Greek
    (0x530, 1.0),  # Cyrillic
    (0x5D0, 2.0),
    (0x600, 1.4),  # Hebrew letters
    (0x621, 2.0),
    (0x64B, 1.25),  # Arabic letters
    (0x800, 2.0),  # others of two bytes
    (0x900, 3.0),
    (0x980, 1.4),  # Devanagari
    (0xE00, 3.0),
    (0xE80, 2.0),  # Thai
    (0x2010, 3.0),  # scripts of India, South-East Asia, the Caucasus, Africa
    (0x2028, 1.0),  # dashes and quotation marks
    (0x3000, 3.0),
    (0x3040, 1.0),  # their punctuation
    (0xFF00, 3.0),  # Chinese, Japanese, Korean
    (0xFFF0, 2.2),  # their wide forms
    (0x10000, 3.0),
)
"""Tokens of one character below that code point; of those beyond, emoji among them, one for each of their bytes."""


def count_tokens(text: str) -> int:
    """At least as many as a provider's tokenizer is known to make of such a text."""
    pieces = Counter(_PIECES.findall(text))
    return math.ceil(sum(_tokens(piece) * number for piece, number in pieces.items()))


@lru_cache(maxsize=10_000)
def _tokens(piece: str) -> float:
    bare = piece.lstrip(" ")
    if not bare:
        return 1 + len(piece) // _BLANKS_PER_TOKEN
    if bare.isascii() and bare.isalpha():
        return _of_capitals(bare.lower()) if bare.isupper() else _of_word(bare.lower())
    return _of_character(bare)


def _of_word(word: str) -> float:
    return min(len(word), 1 + _RARE_PAIR * _rare_pairs(word) + max(0, len(word) - _SHORT_WORD) / _LETTERS_PER_TOKEN)


def _of_capitals(word: str) -> float:
    return min(len(word), (len(word) + 1) // 2 + _RARE_CAPITALS * _rare_pairs(word))


def _rare_pairs(word: str) -> int:
    return sum(word[at : at + 2] not in _COMMON_PAIRS for at in range(len(word) - 1))


@cache
def _cjk_tokens() -> dict[str, float]:
    data = json.loads(files("promptyard.domain.models").joinpath("data/cjk_tokens.json").read_bytes())
    return {character: float(tokens) for tokens, characters in data.items() for character in characters}


def _of_character(character: str) -> float:
    if character.isascii():
        return 1
    known = _cjk_tokens().get(character)
    return known or next((weight for limit, weight in _BY_CODE_POINT if ord(character) < limit), 4.0)
