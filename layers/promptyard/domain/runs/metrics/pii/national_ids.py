"""National identity numbers: what makes each valid, beyond its shape. Every function takes the bare characters."""

from collections import Counter
from datetime import date

from promptyard.domain.runs.metrics.pii.checksums import iso7064_mod_11_10, verhoeff, weighted_sum

# HMRC, National Insurance Manual NIM39110: prefixes that are not used. ZZ … T is never issued either, and is what test
# data use for that reason: whoever tries a guard with it should see it work.
_UNUSED_NINO_PREFIXES = frozenset({"BG", "GB", "KN", "NK", "NT", "TN", "ZZ"})


def is_ssn(digits: str) -> bool:
    """United States: no check digit; area 000, 666 and 900–999, group 00 and serial 0000 are never issued (SSA)."""
    area, group, serial = digits[:3], digits[3:5], digits[5:]
    return area not in ("000", "666") and area < "900" and group != "00" and serial != "0000"


def is_nino(text: str) -> bool:
    """United Kingdom, National Insurance number."""
    if text[-1] == "T":
        return text.startswith("ZZ")
    return text[:2] not in _UNUSED_NINO_PREFIXES


def is_steuer_id(digits: str) -> bool:
    """Germany, Identifikationsnummer (§ 139b AO): of the first ten digits exactly one stands twice or three times, in
    the latter case not three times in a row, and the others once."""
    body = digits[:10]
    different = len(set(body))
    if different not in (8, 9) or not iso7064_mod_11_10(digits):
        return False
    most, times = Counter(body).most_common(1)[0]
    return times == 11 - different and most * 3 not in body


def is_nir(text: str) -> bool:
    """France, numéro d'inscription au répertoire (INSEE): the key is 97 less the rest by 97; Corsica's departments 2A
    and 2B count as 19 and 18."""
    body = text[:13].replace("2A", "19").replace("2B", "18")
    return 97 - int(body) % 97 == int(text[13:])


_DNI_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"


def is_dni(text: str) -> bool:
    """Spain, documento nacional de identidad: eight digits and the letter of their rest by 23."""
    return _DNI_LETTERS[int(text[:8]) % 23] == text[8].upper()


def is_nie(text: str) -> bool:
    """Spain, número de identidad de extranjero: X, Y, Z stand for 0, 1, 2 before seven digits, then as a DNI."""
    return is_dni(str("XYZ".index(text[0].upper())) + text[1:])


_CODICE_EVEN = {
    character: int(character, 36) % 10 if character.isdigit() else ord(character) - ord("A")
    for character in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
}
_CODICE_ODD = dict(
    zip(
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16,
         10, 22, 25, 24, 23),
        strict=True,
    )
)  # fmt: skip


def is_codice_fiscale(text: str) -> bool:
    """Italy (D.M. 23/12/1976): the last letter is the sum of tables for the odd and even places by 26."""
    body = text[:15].upper()
    total = sum(map(_CODICE_ODD.__getitem__, body[::2])) + sum(map(_CODICE_EVEN.__getitem__, body[1::2]))
    return total % 26 == ord(text[15].upper()) - ord("A")


_CPF_FIRST = tuple(range(10, 1, -1))
_CPF_SECOND = tuple(range(11, 1, -1))


def is_cpf(digits: str) -> bool:
    """Brazil, cadastro de pessoas físicas: two check digits mod 11; eleven equal digits pass but are never issued."""
    return (
        weighted_sum(digits, _CPF_FIRST) * 10 % 11 % 10 == int(digits[9])
        and weighted_sum(digits, _CPF_SECOND) * 10 % 11 % 10 == int(digits[10])
        and digits != digits[0] * 11
    )


def is_aadhaar(digits: str) -> bool:
    """India (UIDAI): twelve digits, not beginning with 0 or 1, the last of them Verhoeff's."""
    return digits[0] not in "01" and verhoeff(digits)


_PESEL_WEIGHTS = (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)
_PESEL_CENTURIES = {0: 1900, 2: 2000, 4: 2100, 6: 2200, 8: 1800}


def is_pesel(digits: str) -> bool:
    """Poland: a date of birth whose month also tells the century, and a check digit."""
    if weighted_sum(digits, _PESEL_WEIGHTS) % 10:
        return False
    century, month = divmod(int(digits[2:4]), 20)
    return _is_date(_PESEL_CENTURIES[century * 2] + int(digits[:2]), month, int(digits[4:6]))


_BSN_WEIGHTS = (9, 8, 7, 6, 5, 4, 3, 2, -1)


def is_bsn(digits: str) -> bool:
    """Netherlands, burgerservicenummer: the eleven test with the last digit's weight negative."""
    return weighted_sum(digits, _BSN_WEIGHTS) % 11 == 0 and digits != "000000000"


def _is_date(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True
