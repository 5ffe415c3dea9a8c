import time

import pytest

from promptyard.domain.runs.metrics.citations import PASSAGE_WORDS
from promptyard.domain.runs.metrics.registry import compute
from promptyard.domain.runs.metrics.types import MetricInput, MetricResult
from promptyard.domain.runs.run_metrics import MetricStatus

RIVERS = (
    "The Danube rises in the Black Forest and flows for 2850 kilometres into the Black Sea. "
    "It passes through Vienna, Budapest and Belgrade, more capitals than any other river."
)
MOUNTAINS = (
    "Mont Blanc is the highest mountain of the Alps. Its summit lies 4806 metres above the sea, on the border "
    "of France and Italy."
)


def cite(answer: str, *documents: str) -> MetricResult:
    return compute("citations", MetricInput(output=answer, documents=documents))


def test_an_answer_from_one_document_is_supported_by_that_one() -> None:
    result = cite("The Danube passes through Vienna and Budapest. It flows into the Black Sea.", MOUNTAINS, RIVERS)
    assert result.score == 1.0
    assert result.details == {
        "documents": [{"index": 1, "share": 1.0}],
        "sentences": 2,
        "supported_sentences": 2,
    }


def test_each_document_gets_its_share() -> None:
    result = cite(
        "The Danube rises in the Black Forest. Mont Blanc is the highest mountain of the Alps.", RIVERS, MOUNTAINS
    )
    assert result.score == pytest.approx(1.0)
    assert [document["index"] for document in result.details["documents"]] == [0, 1]
    assert sum(document["share"] for document in result.details["documents"]) == pytest.approx(1.0)


def test_a_sentence_that_no_document_supports_lowers_the_score_by_its_words() -> None:
    # content words: danube passes through vienna | bridges were built from limestone
    result = cite("The Danube passes through Vienna. Bridges were built from limestone.", RIVERS)
    assert result.score == pytest.approx(4 / 9)
    assert result.details["supported_sentences"] == 1


def test_an_answer_from_nowhere_scores_zero_which_is_a_measurement() -> None:
    result = cite("Photosynthesis converts sunlight into chemical energy.", RIVERS, MOUNTAINS)
    assert (result.status, result.score) == (MetricStatus.COMPLETED, 0.0)
    assert result.details["documents"] == []


def test_a_number_that_is_not_in_the_passage_is_not_supported() -> None:
    assert cite("The Danube flows for 2850 kilometres into the Black Sea.", RIVERS).score == 1.0
    assert cite("The Danube flows for 2950 kilometres into the Black Sea.", RIVERS).score == 0.0


def test_words_gathered_from_all_over_a_long_document_support_nothing() -> None:
    filler = "lorem ipsum dolor amet " * PASSAGE_WORDS
    scattered = f"astronomers {filler} discovered {filler} seventeen {filler} comets {filler} yesterday"
    sentence = "Astronomers discovered seventeen comets yesterday."
    assert cite(sentence, scattered).score == 0.0
    assert cite(sentence, f"{filler} {sentence} {filler}").score == 1.0


@pytest.mark.parametrize("before", range(0, PASSAGE_WORDS * 2, 7))
def test_wherever_a_sentence_stands_some_passage_holds_it_whole(before: int) -> None:
    assert cite("Astronomers discovered comets.", "lorem " * before + "Astronomers discovered comets.").score == 1.0


def test_inflected_words_count_as_the_same() -> None:
    assert cite("The mountains' highest summits.", "Summit of the highest mountain").score == 1.0


def test_scripts_without_blanks_are_compared_by_character() -> None:
    document = "多瑙河发源于黑森林,流入黑海。"
    assert cite("多瑙河流入黑海。", document).score == 1.0
    assert cite("光合作用转化阳光。", document).score == 0.0


def test_of_documents_that_support_a_sentence_equally_the_first_is_named() -> None:
    assert cite("The Danube passes through Vienna.", RIVERS, RIVERS).details["documents"] == [
        {"index": 0, "share": 1.0}
    ]


@pytest.mark.parametrize("answer", ["", "Yes.", "—"])
def test_an_answer_that_says_nothing_has_no_score(answer: str) -> None:
    result = cite(answer, RIVERS)
    assert (result.status, result.score) == (MetricStatus.SKIPPED, None)


def test_without_documents_there_is_no_score() -> None:
    result = cite("The Danube flows.")
    assert (result.status, result.error_message) == (MetricStatus.SKIPPED, "The run has no documents.")


def test_long_answers_and_documents_take_seconds_at_most() -> None:
    start = time.thread_time()
    cite("The Danube passes through Vienna and nothing else. " * 5_000, (RIVERS + MOUNTAINS) * 2_000)
    assert time.thread_time() - start < 20
