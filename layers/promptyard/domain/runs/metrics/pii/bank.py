"""Payment cards and bank accounts: who issues which numbers, and how long they are."""

from itertools import islice

from promptyard.domain.runs.metrics.pii.checksums import iso7064_mod_97_10, luhn

_ANY_MAESTRO = range(12, 20)
_CARD_RANGES: tuple[tuple[int, int, range], ...] = (
    # First four digits from, to; lengths. Issuer identification numbers as the schemes publish them.
    (1800, 1800, range(15, 16)),  # JCB
    (2131, 2131, range(15, 16)),  # JCB
    (2200, 2204, range(16, 20)),  # Mir
    (2221, 2720, range(16, 17)),  # Mastercard
    (3000, 3059, range(14, 20)),  # Diners Club
    (3095, 3095, range(14, 20)),  # Diners Club
    (3400, 3499, range(15, 16)),  # American Express
    (3500, 3599, range(16, 20)),  # JCB
    (3600, 3699, range(14, 20)),  # Diners Club
    (3700, 3799, range(15, 16)),  # American Express
    (3800, 3999, range(14, 20)),  # Diners Club
    (4000, 4999, range(13, 20, 3)),  # Visa
    (5000, 5099, _ANY_MAESTRO),
    (5100, 5599, range(16, 17)),  # Mastercard
    (5600, 6999, _ANY_MAESTRO),  # Maestro, Discover, UnionPay, RuPay
)


def is_card(digits: str) -> bool:
    """A number with an issuer's first digits, that issuer's length, and a right Luhn digit."""
    if not luhn(digits):
        return False
    head = int(digits[:4])
    return any(low <= head <= high and len(digits) in lengths for low, high, lengths in _CARD_RANGES)


def is_card_with_exponent(text: str) -> bool:
    """A number as programs write large ones: 4.1e15, with all of its digits."""
    mantissa, _, exponent = text.lower().partition("e")
    digits = mantissa.replace(".", "")
    return is_card(digits.ljust(int(exponent) + 1, "0")) and len(digits) <= int(exponent) + 1


def card_in_groups(text: str) -> str:
    """Four groups of four and perhaps three digits more, which may be the card's or the security code that follows."""
    return text if is_card("".join(filter(str.isdigit, text))) else text[: _end_of(text, 16)]


def _end_of(text: str, count: int) -> int | None:
    """Where that many letters and digits have come; None where there are not as many."""
    places = (place + 1 for place, character in enumerate(text) if character.isalnum())
    return next(islice(places, count - 1, None), None)


# The SWIFT IBAN registry (release 101): countries by the length of the whole IBAN.
_COUNTRIES_BY_LENGTH = {
    15: "NO",
    16: "BE",
    18: "DK FI FK FO GL NL SD",
    19: "MK SI",
    20: "AT BA EE KZ LT LU MN XK",
    21: "CH HR LI LV",
    22: "BG BH CR DE GB GE IE ME RS VA",
    23: "AE GI IL IQ OM SO TL",
    24: "AD CZ ES MD PK RO SA SE SK TN VG",
    25: "LY PT ST",
    26: "IS TR",
    27: "BI DJ FR GR IT MC MR SM",
    28: "AL AZ BY CY DO GT HN HU LB NI PL SV",
    29: "BR EG PS QA UA",
    30: "JO KW MU YE",
    31: "MT SC",
    32: "LC",
    33: "RU",
}
_IBAN_LENGTHS = {country: length for length, names in _COUNTRIES_BY_LENGTH.items() for country in names.split()}


def is_iban(text: str) -> bool:
    """The country's length (ISO 13616) and right check digits, which are read after the account."""
    text = text.upper()
    return len(text) == _IBAN_LENGTHS.get(text[:2]) and iso7064_mod_97_10(text[4:] + text[:4])


def iban_in_groups(text: str) -> str:
    """What of a row of groups of four belongs to the IBAN it begins with; "" where that would cut through a group."""
    length = _IBAN_LENGTHS.get(text[:2].upper())
    end = None if length is None else _end_of(text, length)
    return "" if end is None or text[end : end + 1].isalnum() else text[:end]
