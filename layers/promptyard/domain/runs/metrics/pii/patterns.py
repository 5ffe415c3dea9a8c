"""The patterns of personal data, in the canonical form of a text: one row for each way in which one kind is written.

Every pattern runs in linear time on Python's own engine, because wherever there is a choice the next character decides
it: whether a repetition goes on, and which alternative is taken. What the engine comes back to fails at its first
character. A shape of which that is not so is `_taken`. Each repetition is bounded, so an attempt takes some steps for
each character that the pattern is long, and there are no more attempts than characters. A test walks the parsed
patterns and holds this.

Possessive quantifiers and atomic groups would say it in fewer words, but Python 3.11 matches them wrongly up to 3.11.4.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from promptyard.domain.runs.metrics.pii import national_ids as ids
from promptyard.domain.runs.metrics.pii import phones
from promptyard.domain.runs.metrics.pii.bank import (
    card_in_groups,
    iban_in_groups,
    is_card,
    is_card_with_exponent,
    is_iban,
)
from promptyard.domain.runs.metrics.pii.canonical import LATIN, OTHER_LETTER
from promptyard.domain.runs.metrics.pii.phones import PHONE_CUES

SEPARATORS = " -"
"""Between the groups of a number."""


@dataclass(frozen=True)
class Pattern:
    """How one kind is found: by its shape; `trim` says what of that belongs to it ("" for nothing); `check` whether it
    is valid; `cues` are words of which one must stand before it.

    `known` ends in a value that this row finds and no other row of its kind does. `needs` are texts without which the
    row finds nothing, so that most texts need not be searched for it.
    """

    kind: str
    known: str
    shape: str
    check: Callable[[str], bool] | None = None
    trim: Callable[[str], str] | None = None
    cues: frozenset[str] | None = None
    needs: str = ""

    @cached_property
    def regex(self) -> re.Pattern[str]:
        return re.compile(self.shape)


_DROP_SEPARATORS = str.maketrans("", "", f"{SEPARATORS}.")


def _bare(check: Callable[[str], bool]) -> Callable[[str], bool]:
    """A check of bare characters, for a shape with separators."""
    return lambda value: check(value.translate(_DROP_SEPARATORS))


def _taken(name: str, shape: str) -> str:
    """A shape of which the engine gives nothing back once it has found it: it never enters a lookahead again."""
    return f"(?=(?P<{name}>{shape}))(?P={name})"


def _not_behind(characters: str) -> str:
    """Stands behind a first character, like the other assertions: what must not come before that one."""
    return rf"(?<![{characters}].)"


def _first(characters: str) -> str:
    """A first character that goes on neither a word nor a number, nor what a hyphen or a decimal point ties to one.

    The engine skips to a character class much quicker than to an assertion, so the class comes first.
    """
    return rf"[{characters}]{_NO_NAME}(?<![A-Za-z0-9]-.)(?<![0-9]\..)"


_NO_WORD = _not_behind("A-Za-z0-9")
_NO_NAME = _not_behind("A-Za-z0-9_")
_END = r"(?![A-Za-z0-9_]|[-.][0-9])"
_WORD_END = "(?![A-Za-z0-9_])"
_PHONE_END = "(?![A-WYZa-wyz_])"  # an x may follow, which is how an extension is written
_FLOAT_END = r"(?![A-Za-z0-9_]|-[0-9]|\.(?!0(?![0-9]))[0-9])"  # a number that JSON writes as 1.0
_S = f"[{SEPARATORS}]{{1,2}}"
_S_OR_NONE = f"[{SEPARATORS}]{{0,2}}"
_S_OR_DOT = f"[.{SEPARATORS}]{{1,3}}"
_ONE = f"[{SEPARATORS}]"
_NOT_IN_GROUPS = f"(?<![0-9]{_ONE}.)(?<![0-9]{_ONE}{_ONE}.)"  # behind the first character, like those of _first

# E-mail: lengths by RFC 5321 section 4.5.3.1; at most six labels, the last of which ends in two letters.
# A label is of one script (RFC 6531, RFC 5892), so that what follows an address in a text without blanks is none of it.
_LOCAL = f"A-Za-z0-9{LATIN}._%+'-"
_LOCAL_OF_ANY = f"{OTHER_LETTER}{_LOCAL}"
_LABEL = f"(?:[A-Za-z0-9{LATIN}-]{{1,63}}|{OTHER_LETTER}[0-9{OTHER_LETTER}-]{{0,62}})"
_LABELS = rf"{_LABEL}\." + _taken("labels", rf"{_LABEL}(?:\.{_LABEL}){{0,4}}")
_DOMAIN = f"{_LABELS}(?<=[A-Za-z{LATIN}{OTHER_LETTER}]{{2}})"
_NOT_AN_IMAGE = "".join(rf"(?<!\.{suffix})" for suffix in ("png", "jpg", "gif", "svg", "jpeg", "webp"))  # icon@2x.png

# Telephone: groups behind separators, or in parentheses.
_P = f"[./{SEPARATORS}]"
_GROUP = rf"(?:{_P}{{1,2}}[0-9]{{1,10}}(?![0-9]))"
_AREA = r"\([0-9]{1,5}\)[0-9]{0,10}"
_GROUP_OR_AREA = rf"(?:{_P}{{0,2}}(?:{_AREA}|(?<=[^0-9])[0-9]{{1,12}})(?![0-9]))"

_DNI_LETTER = "[A-HJ-NP-TV-Za-hj-np-tv-z]"
_OMOCODIA = "[0-9L-NP-Vl-np-v]"  # a digit of a codice fiscale, or the letter that tells equal ones apart

_ID_CUES = frozenset({"national", "identity", "citizen", "personal", "social", "ssn", "tax", "taxpayer"})
_BSN_CUES = _ID_CUES | {"bsn", "burgerservicenummer", "burgerservice", "sofinummer"}
_AADHAAR_CUES = _ID_CUES | {"aadhaar", "aadhar", "uidai"}


def _in_punycode(address: str) -> bool:
    """Whether the last label is a script's own: its last character may be a digit."""
    return address.rpartition(".")[2].lower().startswith("xn--")


PATTERNS: tuple[Pattern, ...] = (
    Pattern("email", "ada@example.com", rf"(?<![{_LOCAL}])[{_LOCAL}]{{1,64}}@{_DOMAIN}{_NOT_AN_IMAGE}", needs="@"),
    Pattern(  # behind a row of dots or a rule, which would make its local part too long
        "email",
        f"{'.' * 70}ada@example.com",
        rf"[A-Za-z0-9{LATIN}](?<=[._-]{{3}}.)[{_LOCAL}]{{0,63}}@{_DOMAIN}{_NOT_AN_IMAGE}",
        needs="@",
    ),
    Pattern(
        "email",
        f"{OTHER_LETTER}@example.com",
        rf"(?<![{_LOCAL_OF_ANY}])[{_LOCAL_OF_ANY}]{{1,64}}@(?<={OTHER_LETTER}@){_DOMAIN}",
        needs="@",
    ),
    Pattern(
        "email",
        "ada@example.xn--fiqs8s",
        rf"(?<![{_LOCAL}])[{_LOCAL}]{{1,64}}@{_LABELS}(?<=[0-9][A-Za-z0-9]|[A-Za-z0-9][0-9])",
        _in_punycode,
        needs="xn--",
    ),
    Pattern(
        "iban",
        "DE89370400440532013000",
        rf"[A-Za-z]{_NO_WORD}[A-Za-z][0-9]{{2}}[A-Za-z0-9]{{11,30}}(?![A-Za-z0-9])",
        is_iban,
    ),
    Pattern(
        "iban",
        "DE89 3704 0044 0532 0130 00",
        rf"[A-Za-z]{_NO_WORD}[A-Za-z][0-9]{{2}}(?:{_S_OR_DOT}[A-Za-z0-9]{{4}}){{2,7}}"
        rf"(?:{_S_OR_DOT}[A-Za-z0-9]{{1,3}})?",
        _bare(is_iban),
        trim=iban_in_groups,
    ),
    Pattern(
        "card",
        "4111-1111-1111-1111",
        rf"{_first('2-6')}[0-9]{{3}}(?:{_S_OR_DOT}[0-9]{{4}}){{3}}"
        + _taken("code", rf"(?:{_S_OR_DOT}[0-9]{{3}}(?![0-9]))?")
        + _END,
        _bare(is_card),
        trim=card_in_groups,
    ),
    Pattern(
        "card",
        "3782 822463 10005",
        rf"{_first('3')}[0-9]{{3}}{_S_OR_DOT}[0-9]{{6}}{_S_OR_DOT}[0-9]{{4,5}}{_END}",
        _bare(is_card),
    ),
    Pattern("card", "4111111111111111", rf"{_first('1-6')}[0-9]{{11,18}}{_FLOAT_END}", is_card),
    Pattern(
        "card",
        "4.111111111111111e15",
        rf"{_first('1-6')}\.[0-9]{{10,18}}[Ee]\+?1[0-9]{_WORD_END}",
        is_card_with_exponent,
    ),
    Pattern(
        "fr_nir",
        "2 95 10 99 126 111 93",
        rf"{_first('1278')}{_S_OR_NONE}[0-9]{{2}}{_S_OR_NONE}(?:0[1-9]|1[0-2]|[2-9][0-9]){_S_OR_NONE}(?:[013-9][0-9]|2[0-9AB]){_S_OR_NONE}"
        rf"[0-9]{{3}}{_S_OR_NONE}[0-9]{{3}}{_S_OR_NONE}[0-9]{{2}}{_END}",
        _bare(ids.is_nir),
    ),
    Pattern(
        "us_ssn", "536-22-8726", rf"{_first('0-8')}[0-9]{{2}}({_S})[0-9]{{2}}\1[0-9]{{4}}{_END}", _bare(ids.is_ssn)
    ),
    Pattern("us_ssn", "ssn 536228726", rf"{_first('0-8')}[0-9]{{8}}{_END}", ids.is_ssn, cues=_ID_CUES),
    Pattern(
        "uk_nino",
        "AB 12 34 56 C",
        rf"[A-CEGHJ-PR-TW-Z]{_NO_NAME}[A-CEGHJ-NPR-TW-Z]{_S_OR_NONE}[0-9]{{2}}{_S_OR_NONE}[0-9]{{2}}{_S_OR_NONE}"
        rf"[0-9]{{2}}{_S_OR_NONE}[A-DT]{_WORD_END}",
        _bare(ids.is_nino),
    ),
    Pattern("de_steuer_id", "86095742719", rf"{_first('1-9')}[0-9]{{10}}{_END}", ids.is_steuer_id),
    Pattern(
        "de_steuer_id",
        "86 095 742 719",
        rf"{_first('1-9')}[0-9]({_S})(?:[0-9]{{3}}\1){{2}}[0-9]{{3}}{_END}",
        _bare(ids.is_steuer_id),
    ),
    Pattern(
        "es_dni",
        "54.362.315-K",
        rf"{_first('0-9')}[0-9](\.?)[0-9]{{3}}\1[0-9]{{3}}-?{_DNI_LETTER}{_WORD_END}",
        _bare(ids.is_dni),
    ),
    Pattern("es_nie", "X-5253868-R", rf"[XYZxyz]{_NO_NAME}-?[0-9]{{7}}-?{_DNI_LETTER}{_WORD_END}", _bare(ids.is_nie)),
    Pattern(
        "it_codice_fiscale",
        "RCCMNL83S18D969H",
        rf"[A-Za-z]{_NO_NAME}[A-Za-z]{{5}}{_OMOCODIA}{{2}}[A-EHLMPR-Ta-ehlmpr-t]{_OMOCODIA}{{2}}"
        rf"[A-Za-z]{_OMOCODIA}{{3}}[A-Za-z]{_WORD_END}",
        ids.is_codice_fiscale,
    ),
    Pattern(
        "br_cpf",
        "390.533.447-05",
        rf"{_first('0-9')}[0-9]{{2}}(\.?)[0-9]{{3}}\1[0-9]{{3}}-?[0-9]{{2}}{_END}",
        _bare(ids.is_cpf),
    ),
    Pattern(  # not where it may be a part of a card number
        "in_aadhaar",
        "2341 2341 2346",
        rf"{_first('2-9')}{_NOT_IN_GROUPS}[0-9]{{3}}({_S})[0-9]{{4}}\1[0-9]{{4}}(?!{_S}[0-9]){_END}",
        _bare(ids.is_aadhaar),
    ),
    Pattern(
        "in_aadhaar", "aadhaar 234123412346", rf"{_first('2-9')}[0-9]{{11}}{_END}", ids.is_aadhaar, cues=_AADHAAR_CUES
    ),
    Pattern("pl_pesel", "44051401359", rf"{_first('0-9')}[0-9]{{10}}{_END}", ids.is_pesel),
    Pattern("nl_bsn", "bsn 111222333", rf"{_first('0-9')}[0-9]{{8}}{_END}", ids.is_bsn, cues=_BSN_CUES),
    Pattern(
        "phone",
        "+44 (0)20 7946 0000",
        rf"\+{_not_behind('A-Za-z0-9+')}[1-9][0-9]{{0,14}}\)?{_GROUP_OR_AREA}{{0,6}}",
        trim=phones.international_phone,
    ),
    Pattern(
        "phone",
        "0044 20 7946 0000",
        rf"{_first('0')}{_NOT_IN_GROUPS}0[1-9][0-9]{{0,2}}(?=[^0-9])"
        + _taken("groups", f"{_GROUP_OR_AREA}{{1,6}}")
        + _PHONE_END,
        trim=phones.international_phone,
    ),
    Pattern(
        "phone",
        "(020) 7946 0000",
        rf"{_first('0')}{_NOT_IN_GROUPS}[1-9][0-9]{{0,9}}(?![0-9])"
        + _taken("groups", rf"(?:\)[ -]?[0-9]{{2,8}}(?![0-9]))?{_GROUP}{{0,4}}")
        + _PHONE_END,
        trim=phones.national_phone,
    ),
    Pattern(  # North America: neither area nor exchange begins with 0 or 1, the trunk prefix is 1
        "phone",
        "(206) 555-0143",
        rf"[2-9]{_NO_NAME}(?<![A-Za-z02-9][-.].)(?<![02-9] .)[0-9]{{2}}"
        r"(?:\) {0,2}|[ .-]{1,2})[2-9][0-9]{2}[ .-]{1,2}[0-9]{4}"
        r"(?![0-9]|-[0-9])",
    ),
    Pattern(
        "phone", "96 1286-5707", rf"{_first('1-9')}[0-9](?:\) {{0,2}}| {{1,2}})[0-9]{{4,5}}-[0-9]{{4}}{_END}"
    ),  # Brazil
    Pattern("phone", "tel 3420837783", rf"{_first('0-9')}[0-9]{{6,11}}{_END}", cues=PHONE_CUES),
    Pattern(
        "phone",
        "tel 609 141 777",
        rf"{_first('1-9')}{_NOT_IN_GROUPS}[0-9]{{1,3}}\)?"
        + _taken("groups", rf"(?:{_P}[0-9]{{2,4}}(?![0-9])){{2,4}}")
        + _END,
        trim=phones.not_a_date,
        cues=PHONE_CUES,
    ),
)
