"""Kinds of personal data in all the forms in which they are written, whole and streamed."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptyard.domain.runs.metrics.pii import scan
from promptyard.domain.runs.metrics.pii.canonical import OTHER_LETTER, canonical
from promptyard.domain.runs.metrics.pii.forms import FORMS, Form
from promptyard.domain.runs.metrics.pii.patterns import PATTERNS, Pattern
from promptyard.domain.runs.metrics.pii.scan import PiiSearch, blind_kinds
from promptyard.domain.runs.metrics.pii.window import PiiWindow

KNOWN = [pattern for pattern in PATTERNS if "." * 9 not in pattern.known]


def separated(by: str) -> Form:
    return lambda text: text.replace(" ", by).replace("-", by)


BETWEEN_GROUPS = {
    "tabs": separated("\t"),
    "double blanks": separated("  "),
    "no-break blanks": separated("\u00a0"),
    "narrow no-break blanks": separated("\u202f"),
    **{f"dash U+{ord(dash):04X}": separated(dash) for dash in "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\uff0d"},
}
MORE_FORMS: dict[str, Form] = {
    "a URL in JSON": lambda text: FORMS["JSON"](FORMS["URL"](text)),
    "JSON in JSON": lambda text: FORMS["JSON"](text).replace("\\", "\\\\"),
    "program text": lambda text: "".join(f"\\x{ord(one):02x}" if one < "\x80" else one for one in text),
    "word joiners and marks": "\u2060\u0336".join,
    "full width in a URL": lambda text: FORMS["URL"](FORMS["full width"](text)),
    "mathematical digits": lambda text: text.translate(
        {ord("0") + value: 0x1D7CE + value for value in range(10)}  # as pairs of surrogates in JSON
    ),
}


def found(text: str) -> list[tuple[str, str]]:
    return [(finding.kind, text[finding.start : finding.end]) for finding in PiiSearch(text)]


@pytest.mark.parametrize("form", [*FORMS.items(), *MORE_FORMS.items()], ids=lambda pair: pair[0])
@pytest.mark.parametrize("pattern", KNOWN, ids=lambda pattern: f"{pattern.kind} {pattern.known}")
def test_every_kind_is_found_in_every_form_in_its_place(pattern: Pattern, form: tuple[str, Form]) -> None:
    [(_, value)] = [one for one in found(pattern.known) if one[0] == pattern.kind]
    written = form[1](value)
    cue = pattern.known.removesuffix(value)
    assert found(f"Zoë: {cue}{written}, and more") == [(pattern.kind, written)]


IN_GROUPS = {
    "card": ["4111 1111 1111 1111", "3782 822463 10005"],
    "iban": ["DE89 3704 0044 0532 0130 00", "de89 3704 0044 0532 0130 00"],
    "us_ssn": ["536-22-8726"],
    "uk_nino": ["AB 12 34 56 C"],
    "de_steuer_id": ["86 095 742 719"],
    "fr_nir": ["2 95 10 99 126 111 93"],
    "in_aadhaar": ["2341 2341 2346"],
    "phone": ["+44 20 7946 0000", "0044 20 7946 0000", "206-555-0143"],
}


@pytest.mark.parametrize("form", BETWEEN_GROUPS.items(), ids=lambda pair: pair[0])
@pytest.mark.parametrize(("kind", "value"), [(kind, value) for kind, values in IN_GROUPS.items() for value in values])
def test_numbers_in_groups_are_found_whatever_parts_the_groups(kind: str, value: str, form: tuple[str, Form]) -> None:
    written = form[1](value)
    assert found(f"It is {written}, and more") == [(kind, written)]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("card", "4111.1111.1111.1111"),
        ("card", "4111 - 1111 - 1111 - 1111"),
        ("card", "3782.822463.10005"),
        ("card", "4111111111111111.0"),
        ("card", "4.111111111111111e+15"),
        ("iban", "de89.3704.0044.0532.0130.00"),
        ("iban", "gb82west12345698765432"),
        ("iban", "gb82 west 1234 5698 7654 32"),
        ("email", "иван@пример.рф"),
        ("email", "用户@例子.广告"),
        ("email", "अजय@डाटा.भारत"),
        ("email", "ada@bücher.example"),
        ("email", "ada@xn--bcher-kva.example"),
        ("email", "ada@xn--fsqu00a.xn--0zwm56d"),
        ("email", "ada%40example.com"),
        ("email", "ada&#64;example&period;com"),
        ("email", "ada\\u0040example.com"),
        ("email", "ada&commat;example.com"),
        ("email", "ada%2540example.com"),
    ],
)
def test_forms_of_one_kind(kind: str, value: str) -> None:
    [(_, written)] = found(f"It is {value} and more")
    assert written == value.removesuffix(".0")
    assert found(f"It is {value} and more")[0][0] == kind


@pytest.mark.parametrize("times", range(1, 7))
def test_escapes_of_escapes_are_read_four_deep(times: int) -> None:
    """Each level costs a pass over the text, so that there is an end to it."""
    escaped = "%" + "25" * (times - 1) + "40"
    assert len(found(f"It is ada{escaped}example.com")) == (times <= 4)


@pytest.mark.parametrize(
    "text",
    [
        "50% of 4111 and 20%25 more",
        "AT&T; R&D &amp; more",
        r"C:\new\table\users\x41",
        r"\usepackage{xcolor} \textbf{a}",
        "10² m² and 4111 1111 1111 111²",
        "Ünïcödé prose — with dashes – and “quotes”… 东京タワーは高い。",
    ],
)
def test_what_is_no_personal_data_in_any_form(text: str) -> None:
    assert found(text) == []


@given(st.text(st.sampled_from("aé東\u0301\u200b\u00ad%40&#64;\\u0040xn \t\n1٣４\ud83d\udfd2\x00"), max_size=60))
def test_every_character_knows_where_it_stood(text: str) -> None:
    form = canonical(text)
    places = [(form.start(place), form.end(place + 1)) for place in range(len(form.text))]
    assert all(start < end for start, end in places)
    assert all(one[1] <= following[0] for one, following in pairwise(places))
    assert all(form.place(start) == place for place, (start, _) in enumerate(places))
    assert form.start(len(form.text)) == len(text)


@given(st.text(st.characters(exclude_categories=("Cs",)), max_size=40))
def test_the_canonical_form_is_read_as_it_is(text: str) -> None:
    plain = canonical(text).text
    if not set(plain) & set("\\%&"):
        assert canonical(plain).text == plain


pieces_of_text = st.lists(
    st.one_of(
        st.tuples(st.sampled_from([*FORMS.values(), *MORE_FORMS.values(), str]), st.sampled_from(KNOWN)).map(
            lambda pair: pair[0](pair[1].known)
        ),
        st.sampled_from([form("4111 1111 1111 1111") for form in BETWEEN_GROUPS.values()]),
        st.sampled_from(
            [" and ", "\n", ", ", "%", "\\", "&", "%2", "&#6", "\\u00", "\u200b" * 30, "gb82 west ", "東京"]
        ),
        st.text("0123456789 .-@aZé%\\&;u\u200b", max_size=20),
    ),
    max_size=5,
).map("".join)


@settings(max_examples=150, deadline=None)
@given(pieces_of_text, st.lists(st.integers(0, 5_000), max_size=40))
def test_however_a_form_is_cut_the_same_leaves_and_the_same_is_found_before_it_does(text: str, cuts: list[int]) -> None:
    window, findings, released = PiiWindow(), [], ""
    expected = list(PiiSearch(text))
    bounds = sorted({cut % (len(text) + 1) for cut in cuts} | {0, len(text)})
    for start, end in pairwise(bounds):
        findings += window.push(text[start:end])
        released += window.release()
        assert all(finding in findings for finding in expected if finding.start < len(released))
    findings += window.close()
    released += window.release()
    assert released == text
    assert findings == expected


def test_what_hides_without_end_is_left_to_the_end_of_the_answer() -> None:
    window = PiiWindow()
    for _ in range(20):
        window.push("4" + "\u200b" * 1_000)
    assert not window.complete
    assert len(window._text) < 20_000


@pytest.mark.parametrize("cut", range(30))
def test_nothing_leaves_of_what_is_encoded(cut: int) -> None:
    text = "See data:text/plain;base64,YWRhQGV4YW1wbGUuY29t and more. "
    window, released = PiiWindow(), ""
    for piece in (text[:cut], text[cut:], "And more words. "):
        window.push(piece)
        released += window.release()
    assert text.startswith(released)
    assert "YWRh"[:1] not in released.partition("base64,")[2]
    assert not window.complete


def test_a_form_that_is_not_read_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert blind_kinds() == []
    monkeypatch.setitem(scan.FORMS, "of a kind that nobody knows", lambda text: text[::-1])
    assert blind_kinds() != []


def test_letters_of_every_script_are_letters() -> None:
    assert canonical("ждя東京").text == OTHER_LETTER * 5
    assert canonical("éß").text == "éß"
