"""Labelled lines for the detection of personal data: half hold one value, half hold what only looks like one.

Values come from Faker's locales, and where Faker makes none, or not by the country's rule, from python-stdnum's check
digits. The forms are those in which such values turn up (sentences, records, tables, lists), some with a word that
says what the value is and some without; near misses stand in the same forms, also in the ones that announce a value.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from faker import Faker
from stdnum import verhoeff
from stdnum.iso7064 import mod_11_10

from promptyard.domain.runs.metrics.pii.scan import PiiSearch

LOCALES = ("en_US", "en_GB", "de_DE", "fr_FR", "es_ES", "it_IT", "pt_BR", "pl_PL", "nl_NL", "en_IN")
LAST_MOMENT = datetime(2026, 1, 1)  # Faker ends at the present moment by itself, which is never the same twice
KINDS = ("email", "phone", "card", "iban", "id")


@dataclass(frozen=True)
class Line:
    """`text[start:end]` is the value, of `kind`; a near miss has `kind` None and no value."""

    text: str
    locale: str
    kind: str | None = None
    start: int = 0
    end: int = 0


# Forms without a word of any language that says what the value is.
PLAIN_FORMS = (
    "{name}, {value}, {street}",
    "{name};{value};{date}",
    "{value}",
    "{filler} {value}. {filler}",
    "| {name} | {value} | {street} |",
    "({value})",
    "<td>{name}</td><td>{value}</td>",
    "- {value}\n- {filler}",
    '"{name}","{value}","{company}"',
    "{filler}\n{value}\n{name}",
)

# Sentences and labels by language and kind; `near` are for values that announce something else.
FORMS: dict[str, dict[str, tuple[str, ...]]] = {
    "en": {
        "email": (
            "Please write to {value} before Friday.",
            "{name} can be reached at {value}; ask for details.",
            "E-mail: {value}",
        ),
        "phone": (
            "Call me at {value} after six.",
            "My mobile is {value}, thanks.",
            "Phone: {value}",
            "You can reach {name} on {value}.",
        ),
        "card": (
            "Charge it to {value}, it expires 09/29.",
            "Card number: {value}",
            "I paid with my card {value} on {date}.",
        ),
        "iban": (
            "Please transfer the deposit to {value}.",
            "IBAN: {value}",
            "My account is {value} at {company}.",
        ),
        "id": (
            "My social security number is {value}.",
            "National ID: {value}",
            "{name}'s identity number is {value}, born {date}.",
        ),
        "near": (
            "Order {value} has shipped.",
            "Your reference is {value}.",
            "Version {value} was released on {date}.",
            "The total was {value} for {company}.",
        ),
    },
    "de": {
        "email": ("Bitte schreiben Sie an {value}, danke.", "E-Mail: {value}"),
        "phone": ("Rufen Sie mich unter {value} an.", "Telefon: {value}", "Erreichbar ist {name} unter {value}."),
        "card": ("Bitte belasten Sie meine Karte {value}.", "Kreditkarte {value}, gültig bis 09/29"),
        "iban": ("Überweisen Sie den Betrag auf {value}.", "Meine IBAN lautet {value}."),
        "id": ("Meine Steuer-ID ist {value}.", "Identifikationsnummer: {value}"),
        "near": ("Die Bestellung {value} wurde versandt.", "Rechnungsnummer {value} vom {date}", "Az.: {value}"),
    },
    "fr": {
        "email": ("Écrivez à {value} pour confirmer.", "Courriel : {value}"),
        "phone": ("Vous pouvez me joindre au {value}.", "Tél. : {value}", "Le numéro de {name} est le {value}."),
        "card": ("Débitez la carte {value} s'il vous plaît.", "Carte bancaire : {value}"),
        "iban": ("Virez l'acompte sur {value}.", "IBAN : {value}"),
        "id": ("Mon numéro de sécurité sociale est {value}.", "NIR : {value}, né le {date}"),
        "near": ("La commande {value} est partie.", "Facture n° {value} du {date}", "Votre référence : {value}"),
    },
    "es": {
        "email": ("Escríbeme a {value} cuando puedas.", "Correo: {value}"),
        "phone": ("Llámame al {value} por la tarde.", "Teléfono: {value}", "El número de {name} es {value}."),
        "card": ("Cárguelo a la tarjeta {value}.", "Tarjeta: {value}"),
        "iban": ("Haz la transferencia a {value}.", "Cuenta: {value}"),
        "id": ("Mi DNI es {value}.", "Documento de identidad: {value}"),
        "near": ("El pedido {value} ha salido.", "Factura {value} de {date}", "Su referencia es {value}."),
    },
    "it": {
        "email": ("Scrivimi a {value} appena puoi.", "Posta elettronica: {value}"),
        "phone": ("Chiamami al {value} stasera.", "Tel. {value}", "Il cellulare di {name} è {value}."),
        "card": ("Addebiti sulla carta {value}.", "Carta di credito: {value}"),
        "iban": ("Il bonifico va su {value}.", "IBAN {value}"),
        "id": ("Il mio codice fiscale è {value}.", "C.F. {value}"),
        "near": ("L'ordine {value} è partito.", "Fattura {value} del {date}", "Pratica numero {value}"),
    },
    "pt": {
        "email": ("Escreva para {value}, por favor.", "E-mail: {value}"),
        "phone": ("Ligue para {value} amanhã.", "Telefone: {value}", "O número de {name} é {value}."),
        "card": ("Pode cobrar no cartão {value}.", "Cartão: {value}"),
        "iban": ("Transfira o valor para {value}.", "Conta: {value}"),
        "id": ("Meu CPF é {value}.", "CPF: {value}"),
        "near": ("O pedido {value} foi enviado.", "Nota fiscal {value} de {date}", "Protocolo {value}"),
    },
    "pl": {
        "email": ("Proszę pisać na {value}.", "Adres: {value}"),
        "phone": ("Proszę dzwonić pod numer {value}.", "Tel.: {value}", "{name} ma komórkę {value}."),
        "card": ("Proszę obciążyć kartę {value}.", "Numer karty: {value}"),
        "iban": ("Przelew proszę wysłać na {value}.", "Konto: {value}"),
        "id": ("Mój PESEL to {value}.", "PESEL {value}"),
        "near": ("Zamówienie {value} zostało wysłane.", "Faktura {value} z dnia {date}", "Numer sprawy: {value}"),
    },
    "nl": {
        "email": ("Mail me op {value} graag.", "E-mailadres: {value}"),
        "phone": ("Bel me op {value} na zessen.", "Telefoonnummer: {value}", "Het nummer van {name} is {value}."),
        "card": ("Schrijf het af van kaart {value}.", "Creditcard: {value}"),
        "iban": ("Maak het over naar {value}.", "Rekening: {value}"),
        "id": ("Mijn BSN is {value}.", "Burgerservicenummer: {value}"),
        "near": ("Bestelling {value} is verzonden.", "Factuur {value} van {date}", "Uw kenmerk: {value}"),
    },
}


def labelled_lines(count: int, seed: int) -> list[Line]:
    """`count` lines, half of them near misses, spread evenly over locales and kinds; the same for the same seed."""
    makers = [_Maker(locale, seed) for locale in LOCALES]
    lines: list[Line] = []
    for index in range(count // 2):
        maker = makers[index % len(makers)]
        lines.append(maker.positive(KINDS[index // len(makers) % len(KINDS)]))
        lines.append(maker.near_miss())
    return lines


class _Maker:
    def __init__(self, locale: str, seed: int) -> None:
        self._locale = locale
        self._forms = FORMS[locale[:2]]
        self._fake = Faker(locale)
        self._fake.seed_instance(f"{locale}-{seed}")
        self._random = random.Random(f"{locale}-{seed}")
        # Without IBANs in the locale Faker makes British ones that are a character too short.
        self._accounts = Faker("en_GB" if locale in ("en_US", "en_IN") else locale)
        self._accounts.seed_instance(f"{locale}-{seed}-accounts")

    def positive(self, kind: str) -> Line:
        value = getattr(self, f"_{kind}")()
        before, after = self._around(kind)
        return Line(before + value + after, self._locale, kind, len(before), len(before) + len(value))

    def near_miss(self) -> Line:
        make = self._random.choice((self._order, self._moment, self._failed_checksum, self._other))
        kind = self._random.choice(("near", "card", "iban", "id")) if make == self._failed_checksum else "near"
        before, after = self._around(kind)
        return Line(before + make() + after, self._locale)

    def _around(self, kind: str) -> tuple[str, str]:
        """What stands before and after the value: half the time nothing in it says what the value is."""
        forms = self._random.choice((self._forms[kind], PLAIN_FORMS))
        before, after = self._random.choice(forms).split("{value}")
        return self._fill(before), self._fill(after)

    def _fill(self, form: str) -> str:
        fake = self._fake
        return form.format(
            name=fake.name(),
            street=fake.street_name(),
            date=fake.date(end_datetime=LAST_MOMENT),
            company=fake.company(),
            filler=fake.sentence(),
        )

    # Values

    def _email(self) -> str:
        return self._random.choice((self._fake.email, self._fake.company_email, self._fake.free_email))()

    def _phone(self) -> str:
        return str(self._fake.phone_number())

    def _card(self) -> str:
        number = str(self._fake.credit_card_number())
        if len(number) != 16:
            return number
        return self._random.choice((number, _grouped(number, 4, " "), _grouped(number, 4, "-")))

    def _iban(self) -> str:
        number = str(self._accounts.iban())
        return self._random.choice((number, _grouped(number, 4, " ")))

    def _id(self) -> str:
        fake, pick = self._fake, self._random
        match self._locale:
            case "de_DE":
                return _steuer_id(pick)
            case "es_ES":
                return _dni(pick)
            case "pt_BR":
                return pick.choice((fake.cpf, fake.ssn))()
            case "en_IN":
                return _aadhaar(pick)
            case _:
                return str(fake.ssn())

    # Near misses

    def _order(self) -> str:
        fake = self._fake
        return fake.numerify(
            self._random.choice(
                ("#########", "##########", "%#######", "ORD-20##-######", "INV/20##/####", "#%%-#######-#######",
                 "PO %#####", "1Z###W##03########", "%##-##-##", "RMA#%####", "SN-####-####-####", "%############")
            )
        )  # fmt: skip

    def _moment(self) -> str:
        return str(
            self._fake.date_time(end_datetime=LAST_MOMENT).strftime(
                self._random.choice(
                    ("%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y %H:%M", "%m-%d-%Y", "%Y%m%d%H%M%S", "%d.%m.%Y %H:%M:%S",
                     "%Y-%m-%dT%H:%M:%SZ", "%d %m %Y", "%d-%m-%y %H.%M")
                )
            )
        )  # fmt: skip

    def _failed_checksum(self) -> str:
        make: Callable[[], str] = self._random.choice((self._card, self._iban, self._id))
        if make == self._id and self._locale in ("en_US", "en_GB"):  # no check digit, but numbers that are not given
            never = {"en_US": ("000-%#-####", "666-%#-####", "%##-00-####"), "en_GB": ("QQ ## ## ## A", "BG######C")}
            return str(self._fake.numerify(self._random.choice(never[self._locale])))
        value = make()
        for place in reversed(range(len(value))):  # one changed digit fails every one of the checks
            if value[place].isdigit():
                return value[:place] + str((int(value[place]) + self._random.randint(1, 9)) % 10) + value[place + 1 :]
        raise AssertionError(f"{value} has no digit")

    def _other(self) -> str:
        fake, pick = self._fake, self._random
        return str(
            pick.choice(
                (
                    fake.isbn13, fake.ean13, fake.uuid4, fake.ipv4, fake.sha1, fake.mac_address,
                    lambda: f"@{fake.user_name()}",
                    lambda: f"{fake.user_name()}@localhost",
                    lambda: fake.numerify("%.##.#"),
                    lambda: fake.numerify("% ### ###,##") + " €",
                    lambda: fake.numerify("$%,###,###.##"),
                    lambda: fake.numerify("-%#.######, %#.######"),
                    lambda: fake.numerify("node@%#.%.%"),
                    lambda: fake.numerify("icon@%x.png"),
                    lambda: fake.numerify("%## x %## x %## mm"),
                )
            )()
        )  # fmt: skip


def _grouped(number: str, size: int, separator: str) -> str:
    return separator.join(number[place : place + size] for place in range(0, len(number), size))


def _steuer_id(pick: random.Random) -> str:
    """§ 139b AO: one of the first ten digits twice or three times, not in a row, the others at most once."""
    times = pick.choice((2, 3))
    digits = pick.sample("0123456789", 11 - times)
    while True:
        body = digits + [digits[0]] * (times - 1)
        pick.shuffle(body)
        text = "".join(body)
        if text[0] != "0" and digits[0] * 3 not in text:
            return text + str(mod_11_10.calc_check_digit(text))


def _dni(pick: random.Random) -> str:
    letters = "TRWAGMYFPDXBNJZSQVHLCKE"
    number = pick.randrange(10**8)
    if pick.random() < 0.3:
        number %= 3 * 10**7
        return f"{'XYZ'[number // 10**7]}{number % 10**7:07}{letters[number % 23]}"
    return f"{number:08}{letters[number % 23]}"


def _aadhaar(pick: random.Random) -> str:
    body = str(pick.randrange(2 * 10**10, 10**11))
    number = body + verhoeff.calc_check_digit(body)
    return pick.choice((number, _grouped(number, 4, " ")))


def recall_and_precision(lines: list[Line]) -> tuple[float, float, list[Line]]:
    """Of the planted values the part that a finding overlaps, of the findings the part that overlaps a planted value,
    and the lines whose value was missed."""
    missed: list[Line] = []
    found = wrong = 0
    for line in lines:
        overlapping = [
            bool(line.kind) and finding.start < line.end and line.start < finding.end
            for finding in PiiSearch(line.text)
        ]
        found += any(overlapping)
        wrong += overlapping.count(False)
        if line.kind and not any(overlapping):
            missed.append(line)
    return found / (found + len(missed)), found / (found + wrong), missed
