"""Against python-stdnum, which implements the same rules independently."""

import random
import re
from collections.abc import Callable
from importlib.resources import files

import pytest
import stdnum
from stdnum import iban, luhn, verhoeff
from stdnum.br import cpf
from stdnum.de import idnr
from stdnum.es import dni, nie
from stdnum.fr import nir
from stdnum.in_ import aadhaar
from stdnum.iso7064 import mod_11_10, mod_97_10
from stdnum.it import codicefiscale
from stdnum.nl import bsn
from stdnum.pl import pesel
from stdnum.us import ssn

from promptyard.domain.runs.metrics.pii import bank, checksums, national_ids

DIGITS = "0123456789"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
Check = Callable[[str], bool]


def numbers(shape: str, count: int = 4_000) -> list[str]:
    """Random ones: `#` is a digit, `@` a letter, anything else itself."""
    pick = random.Random(shape)
    choices = {"#": DIGITS, "@": LETTERS}
    return ["".join(pick.choice(choices.get(character, character)) for character in shape) for _ in range(count)]


@pytest.mark.parametrize(
    ("check", "oracle", "shape"),
    [
        (checksums.luhn, luhn.is_valid, "################"),
        (checksums.luhn, luhn.is_valid, "###############"),
        (checksums.verhoeff, verhoeff.is_valid, "############"),
        (checksums.iso7064_mod_11_10, mod_11_10.is_valid, "###########"),
        (checksums.iso7064_mod_97_10, mod_97_10.is_valid, "####@@##########"),
        (national_ids.is_cpf, cpf.is_valid, "#########0#"),
        (national_ids.is_bsn, bsn.is_valid, "1########"),
        (national_ids.is_pesel, pesel.is_valid, "####1######"),
        (national_ids.is_pesel, pesel.is_valid, "##21#######"),
        (national_ids.is_dni, dni.is_valid, "########@"),
        (national_ids.is_nie, nie.is_valid, "X#######@"),
        (national_ids.is_nie, nie.is_valid, "Z#######@"),
        (national_ids.is_ssn, ssn.is_valid, "###0#00##"),
        (national_ids.is_ssn, ssn.is_valid, "#66######"),
    ],
)  # fmt: skip
def test_a_check_agrees_on_random_numbers(check: Check, oracle: Check, shape: str) -> None:
    samples = numbers(shape)
    valid = [number for number in samples if check(number)]
    assert valid == [number for number in samples if oracle(number)]
    assert 0 < len(valid) < len(samples)


def test_steuer_ids_agree_on_numbers_with_the_right_check_digit() -> None:
    bodies = [number[:10] for number in numbers("##########", 12_000) if number[0] != "0"]
    samples = [body + mod_11_10.calc_check_digit(body) for body in bodies]
    valid = [number for number in samples if national_ids.is_steuer_id(number)]
    # stdnum has no rule against three in a row
    expected = [number for number in samples if idnr.is_valid(number) and not _three_in_a_row(number[:10])]
    assert valid == expected
    assert len(valid) > 100


def _three_in_a_row(digits: str) -> bool:
    return any(digit * 3 in digits for digit in DIGITS)


def test_aadhaar_numbers_agree() -> None:
    bodies = numbers("###########")
    samples = [body + verhoeff.calc_check_digit(body) for body in bodies]
    valid = [number for number in samples if national_ids.is_aadhaar(number)]
    assert valid == [number for number in samples if aadhaar.is_valid(number) or _palindrome(number)]
    assert 0 < len(valid) < len(samples)


def _palindrome(number: str) -> bool:
    """stdnum refuses these on the word of a list that UIDAI does not publish."""
    return number == number[::-1] and number[0] not in "01"


@pytest.mark.parametrize("department", ["75", "2A", "2B", "97"])
def test_nir_agree_on_the_key(department: str) -> None:
    for body in numbers(f"18505{department}######", 500):
        digits = body.replace("2A", "19").replace("2B", "18")
        right = 97 - int(digits) % 97
        for key in (right, right % 97 + 1):
            number = f"{body}{key:02}"
            assert national_ids.is_nir(number) is nir.is_valid(number) is (key == right)


def test_codici_fiscali_agree_on_the_last_letter() -> None:
    for body in numbers("@@@@@@85T10H50#", 300):
        right = [letter for letter in LETTERS if national_ids.is_codice_fiscale(body + letter)]
        assert right == [codicefiscale.calc_check_digit(body)]
    assert national_ids.is_codice_fiscale("RSSMRA85T10A562S")
    assert national_ids.is_codice_fiscale("rssmra85t10a562s")


@pytest.mark.parametrize(
    ("nino", "given"),
    [("AB123456C", True), ("QQ123456T", False), ("GB123456A", False), ("ZZ123456A", False), ("ZZ123456T", True)],
)
def test_ninos(nino: str, given: bool) -> None:
    assert national_ids.is_nino(nino) is given


def test_the_countries_lengths_are_the_registrys() -> None:
    """stdnum carries the SWIFT registry's own structures."""
    registry = (files(stdnum) / "iban.dat").read_text(encoding="utf-8")
    lengths = {
        line[:2]: 4 + sum(map(int, re.findall(r"(\d+)!", line))) for line in registry.splitlines() if "bban=" in line
    }
    assert lengths == bank._IBAN_LENGTHS


@pytest.mark.parametrize(
    "number",
    ["DE89370400440532013000", "GB29NWBK60161331926819", "NO9386011117947", "MT84MALT011000012345MTLCAST001S",
     "FR1420041010050500013M02606", "BR1800360305000010009795493C1", "PL61109010140000071219812874"],
)  # fmt: skip
def test_ibans(number: str) -> None:
    assert iban.is_valid(number)
    assert bank.is_iban(number)
    assert bank.is_iban(number.lower())
    assert not bank.is_iban(number[:-1])
    assert not bank.is_iban(number + "0")
    for wrong in range(10):
        changed = number[:6] + str(wrong) + number[7:]
        assert bank.is_iban(changed) is (changed == number)


@pytest.mark.parametrize(
    ("number", "card"),
    [
        ("4111111111111111", True), ("4222222222222", True), ("5555555555554444", True), ("2223003122003222", True),
        ("378282246310005", True), ("30569309025904", True), ("6011111111111117", True), ("3530111333300000", True),
        ("6759649826438453", True), ("4111111111111112", False), ("41111111111111", False), ("1234567812345670", False),
        ("0000000000000000", False), ("9999999999999995", False),
    ],
)  # fmt: skip
def test_cards(number: str, card: bool) -> None:
    assert bank.is_card(number) is card


CARD_LENGTHS: tuple[tuple[str, int, int, set[int]], ...] = (
    ("none", 0, 1799, set()),
    ("JCB", 1800, 1800, {15}),
    ("none", 1801, 2130, set()),
    ("JCB", 2131, 2131, {15}),
    ("none", 2132, 2199, set()),
    ("Mir", 2200, 2204, {16, 17, 18, 19}),
    ("none", 2205, 2220, set()),
    ("Mastercard", 2221, 2720, {16}),
    ("none", 2721, 2999, set()),
    ("Diners Club", 3000, 3059, {14, 15, 16, 17, 18, 19}),
    ("none", 3060, 3094, set()),
    ("Diners Club", 3095, 3095, {14, 15, 16, 17, 18, 19}),
    ("none", 3096, 3399, set()),
    ("American Express", 3400, 3499, {15}),
    ("JCB", 3500, 3599, {16, 17, 18, 19}),
    ("Diners Club", 3600, 3699, {14, 15, 16, 17, 18, 19}),
    ("American Express", 3700, 3799, {15}),
    ("Diners Club", 3800, 3999, {14, 15, 16, 17, 18, 19}),
    ("Visa", 4000, 4999, {13, 16, 19}),
    ("Maestro", 5000, 5099, {12, 13, 14, 15, 16, 17, 18, 19}),
    ("Mastercard", 5100, 5599, {16}),
    ("Maestro, Discover, UnionPay, RuPay", 5600, 6999, {12, 13, 14, 15, 16, 17, 18, 19}),
    ("none", 7000, 9999, set()),
)


def test_the_table_of_issuers_has_every_number_once() -> None:
    assert [low for _, low, _, _ in CARD_LENGTHS] == [0, *(high + 1 for _, _, high, _ in CARD_LENGTHS)][:-1]


@pytest.mark.parametrize(("issuer", "low", "high", "lengths"), CARD_LENGTHS)
def test_the_lengths_of_an_issuers_cards(issuer: str, low: int, high: int, lengths: set[int]) -> None:
    for head in (low, high):
        for length in range(11, 21):
            body = f"{head:04}" + "7" * (length - 5)
            assert bank.is_card(body + luhn.calc_check_digit(body)) is (length in lengths), (issuer, head, length)
