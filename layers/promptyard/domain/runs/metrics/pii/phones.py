"""Telephone numbers. They have no check digit: what tells them is how they are written, or a word before them."""

import re

_CUES_BY_LANGUAGE = """
    tel phone telephone ph mobile cell fax call text sms ring dial whatsapp contact reach
    telefon telefonnummer handy handynummer mobil rufnummer anrufen telefoon telefoonnummer mobiel bel
    téléphone tél portable appelez appeler appelle joindre
    teléfono telefono móvil movil celular llama llame llamar llámame llámeme telefone telemóvel ligue ligar liga
    cellulare chiama chiamami chiamare chiami
    telefonu telefonie kom komórka komórkę komórki zadzwoń dzwoń dzwonić telefoniczny
"""
PHONE_CUES = frozenset(_CUES_BY_LANGUAGE.split())
"""English; German, Dutch; French; Spanish, Portuguese; Italian; Polish."""

_MIN_DIGITS = 9
_MAX_NATIONAL_DIGITS = 11
_MAX_INTERNATIONAL_DIGITS = 15  # ITU-T E.164
_DATE = re.compile(
    r"[0-9]{1,2}([./-])[0-9]{1,2}\1(?:(?:19|20)[0-9]{2}|[0-9]{2})(?![0-9]|\1)"
    r"|(?:19|20)[0-9]{2}([./-])[0-9]{1,2}\2[0-9]{1,2}(?![0-9])"
)
_DROP_SEPARATORS = str.maketrans("", "", " -./()+")
_LAST_GROUP = re.compile(r"(?P<separator>[^0-9()]*)\(?[0-9]+\)?\Z")


def international_phone(text: str) -> str:
    """Groups that follow + or 00: as many as E.164 allows digits, "" where they are too few for a number."""
    return _groups_that_fit(text, _MAX_INTERNATIONAL_DIGITS)


def national_phone(text: str) -> str:
    """Groups that begin with the trunk prefix 0; "" for a date or too few digits. In one piece it has ten at least:
    shorter numbers with leading zeros are mostly something else."""
    if _begins_as_a_date(text) or (text.isdigit() and len(text) == _MIN_DIGITS):
        return ""
    return _groups_that_fit(text, _MAX_NATIONAL_DIGITS)


def not_a_date(text: str) -> str:
    return "" if _begins_as_a_date(text) else text


def _begins_as_a_date(text: str) -> bool:
    """In one of the orders that are written with digits alone."""
    return bool(_DATE.match(text))


def _groups_that_fit(text: str, most: int) -> str:
    """Without the groups at the end that a blank parts from a number already long enough; "" where something else does,
    for then the whole is not a number to dial."""
    while (digits := len(text.translate(_DROP_SEPARATORS))) > most:
        last = _LAST_GROUP.search(text)
        if last is None or last["separator"].strip():
            return ""
        text = text[: last.start()]
    return text if digits >= _MIN_DIGITS else ""
