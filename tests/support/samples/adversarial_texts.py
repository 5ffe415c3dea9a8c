"""Texts made to cost a search for personal data the most time: repetitions, near misses as dense as they go, findings
as dense as they go, and prose that has none."""

import random
from collections.abc import Callable

from stdnum import luhn, verhoeff
from stdnum.iso7064 import mod_11_10

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
REPEATED = (
    *(
        "1",
        "a",
        "A",
        "0",
        " ",
        "@",
        ".",
        "-",
        "+",
        "é",
        "1 ",
        "1-",
        "a@",
        "a.",
        "+1",
        "(1",
        "0.",
        "a@a.",
        "a@b.1 ",
        "Aa1",
    ),
    *("AA11 ", "1234 ", "0123 ", "4111 ", "4 ", "aaaaaa11a", "123-45-", "123.", "tel ", "12345678", "+1(1)", "ZZ 12 "),
    *(
        "+12 34,",
        "+1 1 1 1 1 1 1,",
        "012 34,",
        "012 3456 1234-12345 ",
        "a@b.png ",
        "a@b.c.d.e.f.1 ",
        "...a",
        "\\n1",
        "\\nA",
    ),
    *("GB 12 34 56 A ", "000-12-3456 ", "01.10.2024 ", "01.10.2024 12:00 ", "4111111111111111 ", "a@b.co "),
    "the quick brown fox jumps over the lazy dog and 12 more ",
    "THE QUICK BROWN FOX JUMPS OVER THE LAZY DOG AND 12 MORE ",
)


def adversarial_texts(size: int) -> dict[str, str]:
    """Texts of `size` characters, by what they consist of."""
    texts = {f"{unit!r} again and again": unit * (size // len(unit)) for unit in REPEATED}
    texts["an address of a thousand labels"] = "a@" + "b." * (size // 2)
    texts["a local part without end"] = ("a" * 64 + "@") * (size // 65)
    makers = _makers(random.Random(7))
    texts |= {name: _filled(make, size) for name, make in makers.items()}
    return texts


def _filled(make: Callable[[], str], size: int) -> str:
    pieces: list[str] = []
    length = 0
    while length < size:
        pieces.append(make())
        length += len(pieces[-1])
    return "".join(pieces)[:size]


def _makers(pick: random.Random) -> dict[str, Callable[[], str]]:
    def digits(count: int) -> str:
        return "".join(pick.choices("0123456789", k=count))

    def card() -> str:
        body = "4" + digits(14)
        return body + _other_digit(luhn.calc_check_digit(body))

    def card_group() -> str:  # every four of these in a row fail the Luhn check
        while True:
            group = "4" + digits(3)
            if luhn.checksum(group) == 1:
                return group + " "

    def iban(country: str, length: int, letters: int = 0) -> str:
        return country + "00" + "".join(pick.choices(LETTERS, k=letters)) + digits(length - 4 - letters)

    def aadhaar(right: bool) -> str:
        body = "2" + digits(10)
        check = str(verhoeff.calc_check_digit(body))
        return body + (check if right else _other_digit(check))

    def steuer_id() -> str:  # right check digit, wrong repetition
        body = "1122" + digits(6)
        return body + str(mod_11_10.calc_check_digit(body))

    def pesel() -> str:
        return f"{digits(2)}{pick.randint(1, 12):02}{pick.randint(1, 28):02}{digits(5)}"

    def codice_fiscale() -> str:
        return f"{''.join(pick.choices(LETTERS, k=6))}{digits(2)}A{digits(2)}H{digits(3)}{pick.choice(LETTERS)}"

    return {
        "cards with a wrong digit": lambda: card() + " ",
        "cards with a wrong digit, grouped": lambda: _grouped(card()) + ", ",
        "groups of which no four are a card": card_group,
        "short IBANs with wrong check digits": lambda: iban("NO", 15) + " ",
        "IBANs with letters and wrong check digits": lambda: iban("MT", 31, 20) + " ",
        "IBANs with wrong check digits, grouped": lambda: _grouped(iban("GB", 22, 4)) + " ",
        "beginnings of IBANs": lambda: "GT" + digits(2) + " ",
        "7 digits with a word": lambda: "x 7" + digits(6) + " ",
        "9 digits": lambda: digits(9) + " ",
        "9 digits with a word": lambda: "x " + digits(9) + " ",
        "10 digits, labelled as an order": lambda: "order " + digits(10) + " ",
        "12 digits, labelled as an order": lambda: "order " + aadhaar(right=True) + " ",
        "Aadhaar numbers with a wrong digit": lambda: aadhaar(right=False) + " ",
        "Aadhaar numbers with a wrong digit, grouped": lambda: _grouped(aadhaar(right=False)) + ",",
        "Steuer-IDs with a wrong repetition": lambda: steuer_id() + " ",
        "dates of birth with five digits": lambda: pesel() + " ",
        "CPFs with any digits": lambda: f"{digits(3)}.{digits(3)}.{digits(3)}-{digits(2)} ",
        "codici fiscali with any last letter": lambda: codice_fiscale() + " ",
        "8 digits and a letter": lambda: digits(8) + pick.choice(LETTERS) + " ",
    }


def _other_digit(digit: str) -> str:
    return str((int(digit) + 1) % 10)


def _grouped(number: str) -> str:
    return " ".join(number[place : place + 4] for place in range(0, len(number), 4))
