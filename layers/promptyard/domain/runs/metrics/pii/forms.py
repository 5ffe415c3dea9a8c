"""Ways in which the same characters are written, so that whoever reads them reads the same."""

from collections.abc import Callable

_DIGITS = "0123456789"
_ARABIC = str.maketrans(_DIGITS, "٠١٢٣٤٥٦٧٨٩")
_FULL_WIDTH = str.maketrans({code: code + 0xFEE0 for code in range(0x21, 0x7F)})
_SEPARATORS = str.maketrans({" ": "\u00a0", "-": "\u2013"})

Form = Callable[[str], str]

FORMS: dict[str, Form] = {
    "digits of another script": lambda text: text.translate(_ARABIC),
    "full width": lambda text: text.translate(_FULL_WIDTH),
    "other blanks and dashes": lambda text: text.translate(_SEPARATORS),
    "zero-width characters": "\u200b".join,
    "soft hyphens": "\u00ad".join,
    "URL": lambda text: "".join(f"%{byte:02X}" for byte in text.encode()),
    "URL of a URL": lambda text: "".join(f"%25{byte:02x}" for byte in text.encode()),
    "HTML": lambda text: "".join(f"&#{ord(character)};" for character in text),
    "HTML, hexadecimal": lambda text: "".join(f"&#x{ord(character):x};" for character in text),
    "JSON": lambda text: "".join(f"\\u{ord(character):04x}" for character in text),
}
"""By name. Each changes all the characters that it has another form of."""
