"""Words as the Penn Treebank has them (Robert MacIntyre's script): punctuation and the parts of contractions, too."""

import re
from collections.abc import Sequence

_QUOTE = re.compile(r"``|''|\"")
_BEFORE_OPENING = re.compile(r"[\s(\[{<]")
_RULES: Sequence[tuple[re.Pattern[str], str]] = (
    (re.compile(r"\.{3}"), " ... "),
    (re.compile(r"[:,](?!\d)"), r" \g<0> "),
    (re.compile(r"[;@#$%&]"), r" \g<0> "),
    # The last full stop alone, and not that of an abbreviation such as e.g.
    (re.compile(r"([^.])(?<!\b[A-Za-z]\.[A-Za-z])(\.)([\])}>'\s]*)$"), r"\1 \2\3 "),
    (re.compile(r"[?!]"), r" \g<0> "),
    (re.compile(r"[\][(){}<>]"), r" \g<0> "),
    (re.compile(r"--"), " -- "),
    (re.compile(r"^|$"), " "),
    (re.compile(r"([^'])' "), r"\1 ' "),
    (re.compile(r"'([sSmMdD]) "), r" '\1 "),
    (re.compile(r"('ll|'LL|'re|'RE|'ve|'VE|n't|N'T) "), r" \1 "),
    (re.compile(r"\b(can)(not)|\b(gim)(me)|\b(gon)(na)|\b(got)(ta)|\b(lem)(me)", re.IGNORECASE), "contraction"),
    (
        re.compile(r"\b(d)('ye)|\b(more)('n)|\b(wan)(na)(?= )|(?<!\w)('t)(is)|(?<!\w)('t)(was)", re.IGNORECASE),
        "contraction",
    ),
)


def treebank(text: str) -> list[str]:
    text = " ".join(text.split())
    if not text:
        return []
    text = _QUOTE.sub(_quote, text)
    for pattern, replacement in _RULES:
        text = pattern.sub(_parted if replacement == "contraction" else replacement, text)
    return text.split()


def _quote(mark: re.Match[str]) -> str:
    start = mark.start()
    opens = mark[0] == "``" or start == 0 or _BEFORE_OPENING.match(mark.string[start - 1]) is not None
    return " `` " if opens else " '' "


def _parted(contraction: re.Match[str]) -> str:
    return "".join(f" {part} " for part in contraction.groups() if part)
