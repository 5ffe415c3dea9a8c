import random

import pytest
from faker import Faker

from promptyard.domain.runs.metrics.registry import compute
from promptyard.domain.runs.metrics.types import MetricInput
from promptyard.domain.runs.run_metrics import MetricStatus

LOCALES = ("en_US", "de_DE", "fr_FR", "pl_PL", "ja_JP")


def pairs(count: int) -> list[tuple[str, str]]:
    """References and answers: equal, near, far, in part the same, empty, with numbers, marks and letters beyond a–z."""
    pick = random.Random(11)
    made = []
    for index in range(count):
        fake = Faker(LOCALES[index % len(LOCALES)])
        fake.seed_instance(index)
        reference = f"{fake.paragraph(nb_sentences=3)} {fake.date()} {fake.name()}, {fake.pyfloat():.3f}!"
        words = reference.split()
        answer = pick.choice(
            (
                reference,
                reference.upper(),
                " ".join(pick.sample(words, len(words))),
                " ".join(pick.sample(words, len(words) // 2) + fake.sentence().split()),
                fake.paragraph(),
                " ".join(words[:3] * 4),
                reference + "\n",
                "",
                "—!?",
            )
        )
        made.append((reference, answer))
    return made


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the libraries that rouge-score imports
def test_rouge_1_is_what_the_reference_implementation_computes() -> None:
    from rouge_score.rouge_scorer import RougeScorer  # type: ignore[import-untyped]

    scorer = RougeScorer(["rouge1"], use_stemmer=False)
    for reference, answer in pairs(300):
        expected = scorer.score(reference, answer)["rouge1"]
        result = compute("rouge_1", MetricInput(output=answer, reference=reference))
        assert result.score == expected.fmeasure, (reference, answer)
        assert result.details == {"precision": expected.precision, "recall": expected.recall}


def test_the_pairs_reach_from_nothing_in_common_to_all() -> None:
    scores = [compute("rouge_1", MetricInput(output=answer, reference=wanted)).score for wanted, answer in pairs(300)]
    known = [score for score in scores if isinstance(score, float)]
    assert len(known) == 300
    assert {0.0, 1.0} <= set(known)
    assert len(set(known)) > 50


def test_a_reference_in_another_script_has_no_rouge() -> None:
    result = compute("rouge_1", MetricInput(output="東京です", reference="東京です"))
    assert result.status is MetricStatus.SKIPPED
    assert result.score is None


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_exact_match_is_the_accuracy_that_nltk_computes() -> None:
    """Equality of strings, as the evaluation libraries have it by default: nothing is stripped or folded."""
    from nltk.metrics.scores import accuracy  # type: ignore[import-untyped]

    seen = set()
    for reference, answer in pairs(200):
        result = compute("exact_match", MetricInput(output=answer, reference=reference))
        assert result.score == accuracy([reference], [answer])
        seen.add(result.score)
    assert seen == {0.0, 1.0}


@pytest.mark.parametrize("answer", ["42 ", "42\n", "Forty-two", "４２", ""])
def test_exact_match_forgives_nothing(answer: str) -> None:
    assert compute("exact_match", MetricInput(output=answer, reference="42")).score == 0.0


@pytest.mark.parametrize("metric", ["rouge_1", "exact_match"])
@pytest.mark.parametrize("run", [MetricInput(output="a"), MetricInput(reference="a")])
def test_without_an_answer_or_a_reference_there_is_no_score(metric: str, run: MetricInput) -> None:
    result = compute(metric, run)
    assert (result.status, result.score) == (MetricStatus.SKIPPED, None)
    assert "reference" in (result.error_message or "") or "answer" in (result.error_message or "")
