import time
from itertools import pairwise

import pytest

from promptyard.domain.runs.metrics.pii.canonical import OTHER_LETTER
from promptyard.domain.runs.metrics.pii.patterns import PATTERNS
from promptyard.domain.runs.metrics.pii.scan import MAX_FAILURES, MAX_FINDINGS, Finding, PatternSearch, PiiSearch, scan
from promptyard.domain.runs.metrics.registry import compute
from promptyard.domain.runs.metrics.types import MetricInput
from promptyard.domain.runs.run_metrics import MetricStatus
from tests.support.samples.adversarial_texts import adversarial_texts
from tests.support.samples.pii_lines import KINDS, LOCALES, labelled_lines, recall_and_precision


def found(text: str) -> list[tuple[str, str]]:
    return [(finding.kind, text[finding.start : finding.end]) for finding in PiiSearch(text)]


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("Write to jane.o'neil+x@mail.example.co.uk.", "email", "jane.o'neil+x@mail.example.co.uk"),
        ("mailto:jörg@müller.de", "email", "jörg@müller.de"),
        ("邮箱是jan@example.com。", "email", "jan@example.com"),
        ("IBAN DE89 3704 0044 0532 0130 00 PAID TODAY", "iban", "DE89 3704 0044 0532 0130 00"),
        ("de89370400440532013000,", "iban", "de89370400440532013000"),
        ("BE68 5390 0754 7034 PAID", "iban", "BE68 5390 0754 7034"),
        ("card 4111111111111111 12/29", "card", "4111111111111111"),
        ("4111-1111-1111-1111", "card", "4111-1111-1111-1111"),
        ("3782 822463 10005", "card", "3782 822463 10005"),
        ("4111 1111 1111 1111 123 is card and code", "card", "4111 1111 1111 1111"),
        ("order 4711 4111 1111 1111 1111", "card", "4111 1111 1111 1111"),
        ("SSN 536-22-8726.", "us_ssn", "536-22-8726"),
        ("ssn: 536228726", "us_ssn", "536228726"),
        ("NI AB 12 34 56 C", "uk_nino", "AB 12 34 56 C"),
        ("86095742719", "de_steuer_id", "86095742719"),
        ("86 095 742 719", "de_steuer_id", "86 095 742 719"),
        ("2 95 10 99 126 111 93", "fr_nir", "2 95 10 99 126 111 93"),
        ("54362315K", "es_dni", "54362315K"),
        ("54.362.315-K", "es_dni", "54.362.315-K"),
        ("X-5253868-R", "es_nie", "X-5253868-R"),
        ("RCCMNL83S18D969H", "it_codice_fiscale", "RCCMNL83S18D969H"),
        ("390.533.447-05", "br_cpf", "390.533.447-05"),
        ("2341 2341 2346", "in_aadhaar", "2341 2341 2346"),
        ("Aadhaar: 234123412346", "in_aadhaar", "234123412346"),
        ("44051401359", "pl_pesel", "44051401359"),
        ("BSN: 111222333", "nl_bsn", "111222333"),
        ("+44 (0)20 7946 0000 or", "phone", "+44 (0)20 7946 0000"),
        ("0049 170 1234567", "phone", "0049 170 1234567"),
        ("(020) 7946 0000", "phone", "020) 7946 0000"),
        ("01.02.20.24.12", "phone", "01.02.20.24.12"),
        ("1-800-555-0199", "phone", "800-555-0199"),
        ("(206) 555-0143 x12", "phone", "206) 555-0143"),
        ("96 1286-5707", "phone", "96 1286-5707"),
        ("Tel.: 609 141 777", "phone", "609 141 777"),
        ("Chiamami: 3420837783", "phone", "3420837783"),
        (f"Index {'.' * 70}ada@example.com", "email", "ada@example.com"),
        (f"{'-' * 500}ada@example.com", "email", "ada@example.com"),
        (r'{"note": "Card:\n4111111111111111"}', "card", "4111111111111111"),
        (r"Card:\t4111-1111-1111-1111", "card", "4111-1111-1111-1111"),
        (r"print('pay\nDE89370400440532013000')", "iban", "DE89370400440532013000"),
        (r"to:\r\nDE89 3704 0044 0532 0130 00", "iban", "DE89 3704 0044 0532 0130 00"),
        (r"\nAB123456C", "uk_nino", "AB123456C"),
        (r"\nX5253868R", "es_nie", "X5253868R"),
        (r"\nRCCMNL83S18D969H", "it_codice_fiscale", "RCCMNL83S18D969H"),
        (r"\n+44 20 7946 0000", "phone", "+44 20 7946 0000"),
        (r"\n206-555-0143", "phone", "206-555-0143"),
    ],
)
def test_what_is_personal(text: str, kind: str, value: str) -> None:
    assert found(text) == [(kind, value)]


@pytest.mark.parametrize(
    "text",
    [
        "2024-05-17 12:30:00",
        "17.05.2024 13.45",
        "01.02.2024 12:30",
        "Tel. on 1988-12-03",
        "4111111111111112",
        "DE88 3704 0044 0532 0130 00",
        "DE8937040044053201300",
        "ORD-536-22-8726",
        "536-22-8726-1",
        "000-12-3456",
        "609 141 777",
        "3420837783",
        "111222333",
        "234123412346",
        "$1,234,567.89 and 1 234 567,89 €",
        "-33.868820, 151.209290",
        "192.168.100.200",
        "550e8400-e29b-41d4-a716-446655440000",
        "978-3-16-148410-0",
        "@handle and user@localhost and a@b",
        "icon@2x.png lodash@4.17.21",
        "3.4111111111111111",
        "abc4111111111111111",
        "n4111111111111111",
        r"\b4111111111111111",
        "",
    ],
)
def test_what_is_not(text: str) -> None:
    assert found(text) == []


def test_findings_come_left_to_right_and_do_not_overlap() -> None:
    text = "a@b.co 4111111111111111 +44 20 7946 0000 DE89370400440532013000"
    findings = list(PiiSearch(text))
    assert [finding.kind for finding in findings] == ["email", "card", "phone", "iban"]
    assert all(one.end <= following.start for one, following in pairwise(findings))


def test_searching_from_a_place_does_not_forget_what_stands_before_it() -> None:
    text = "x4111111111111111 phone 5272868387"
    assert list(PiiSearch(text, 1)) == [Finding("phone", 24, 34)]


LINES = labelled_lines(2_400, seed=1)


def test_the_labelled_lines_are_what_they_claim_to_be() -> None:
    personal = [line for line in LINES if line.kind]
    assert len(LINES) >= 2_000
    assert len(personal) == len(LINES) / 2
    assert len({line.locale for line in LINES}) == len(LOCALES) >= 8
    assert {line.kind for line in personal} == set(KINDS)
    assert len({line.text for line in LINES}) > 0.98 * len(LINES)
    assert labelled_lines(50, seed=1) == labelled_lines(50, seed=1)


def test_recall_and_precision_on_labelled_lines() -> None:
    recall, precision, _ = recall_and_precision(LINES)
    assert recall >= 0.95
    assert precision >= 0.95


@pytest.mark.parametrize("kind", KINDS)
def test_no_kind_is_carried_by_the_others(kind: str) -> None:
    of_kind = [line for line in LINES if line.kind == kind]
    recall, _, _ = recall_and_precision(of_kind)
    assert recall >= 0.85


def test_crafted_texts_take_time_in_proportion_to_their_length() -> None:
    """The bound is generous, for a loaded machine; tests/performance/pii.py measures."""
    size = 50_000
    for name, text in adversarial_texts(size).items():
        start = time.thread_time()
        scan(text)
        assert time.thread_time() - start < 3, name


def test_a_scan_of_ordinary_text_is_complete() -> None:
    assert scan("Call +44 20 7946 0000 " + "or not. " * 1_000).complete
    assert scan("").complete


def test_a_scan_that_met_too_many_findings_says_that_there_may_be_more() -> None:
    result = scan("a@b.co " * (MAX_FINDINGS + 1))
    assert (len(result.findings), result.complete) == (MAX_FINDINGS, False)


def test_a_scan_that_met_too_many_near_misses_says_so() -> None:
    near_misses = "4111111111111112 " * MAX_FAILURES
    assert not scan(near_misses).complete
    assert scan(near_misses[: -17 * 2]).complete
    behind = scan(near_misses + "a@b.co")
    assert [finding.kind for finding in behind.findings] == ["email"], "the other patterns go on"


def test_the_metric_counts_findings_on_both_sides_and_quotes_none() -> None:
    result = compute("pii_violation", MetricInput(prompt="I am a@b.co, 4111111111111111", output="Hello a@b.co"))
    assert result.score == 3
    assert result.details == {"prompt": {"email": 1, "card": 1}, "response": {"email": 1}}


def test_the_metric_looks_at_what_it_is_given() -> None:
    assert compute("pii_violation", MetricInput(prompt="a@b.co")).details == {"prompt": {"email": 1}}
    clean = compute("pii_violation", MetricInput(output="Nothing here."))
    assert (clean.score, clean.status, clean.details) == (0, MetricStatus.COMPLETED, {"response": {}})


def test_a_count_at_a_limit_says_that_there_may_be_more() -> None:
    result = compute("pii_violation", MetricInput(output="a@b.co " * (MAX_FINDINGS + 1)))
    assert (result.score, result.details["complete"], result.inconclusive) == (MAX_FINDINGS, False, True)


def test_too_many_near_misses_and_nothing_found_is_an_error_and_not_zero() -> None:
    result = compute("pii_violation", MetricInput(output="4111111111111112 " * MAX_FAILURES))
    assert (result.status, result.score, result.inconclusive) == (MetricStatus.ERROR, None, True)
    assert result.error_message


def test_no_row_of_the_table_is_dead() -> None:
    rare = [
        "ssn 536228726",
        "86 095 742 719",
        "3782 822463 10005",
        "BSN 111222333",
        "...a@b.co",
        f"{OTHER_LETTER}@b.co",
    ]
    rare += ["ada@example.xn--fiqs8s", "4.111111111111111e15"]
    texts = [line.text for line in LINES] + rare
    dead = [pattern for pattern in PATTERNS if not any(PatternSearch(pattern, text).after(0) for text in texts)]
    assert dead == []
