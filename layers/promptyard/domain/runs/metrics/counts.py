"""Measures that the run itself brings: its latency and the provider's token counts."""

from promptyard.domain.runs.metrics.types import MetricInput, MetricResult


def latency(run: MetricInput) -> MetricResult:
    """Milliseconds from the request's sending to the last token."""
    return _known("latency", run.latency_ms, "The run has no latency: it did not end.")


def ttft(run: MetricInput) -> MetricResult:
    """Milliseconds from the request's sending to the first of the answer, whatever it is."""
    return _known("ttft", run.ttft_ms, "The run has no time to the first token.")


def cost(run: MetricInput) -> MetricResult:
    """US dollars, of the run alone."""
    known = None if run.cost_usd is None else float(run.cost_usd)
    return _known("cost", known, "What the run cost is not known.")


def prompt_tokens(run: MetricInput) -> MetricResult:
    """All input tokens, cached ones included."""
    return _known("prompt_tokens", run.usage.input_tokens, "The provider reported no prompt tokens.")


def response_tokens(run: MetricInput) -> MetricResult:
    """All output tokens, reasoning included."""
    return _known("response_tokens", run.usage.output_tokens, "The provider reported no response tokens.")


def all_tokens(run: MetricInput) -> MetricResult:
    return _known("all_tokens", run.usage.total_tokens, "The provider did not report both prompt and response tokens.")


def document_tokens(run: MetricInput) -> MetricResult:
    """Tokens of those documents that stand in the prompt.

    Providers count the prompt as a whole, so this is the documents' share of it: the reported prompt tokens times the
    documents' part of its UTF-8 bytes (byte-level tokenisers come closer to even over bytes than over characters).
    The result says that it is an estimate. A document that is not in the prompt was not sent and costs no tokens;
    when none is, there is nothing to measure.
    """
    name = "document_tokens"
    prompt, total = run.prompt or "", run.usage.input_tokens
    sent = [document for document in run.documents if document and document in prompt]
    if not sent:
        return MetricResult.skipped(name, "None of the run's documents stands word for word in the prompt.")
    if total is None:
        return MetricResult.skipped(name, "The provider reported no prompt tokens to take the documents' share of.")
    share = min(1.0, sum(_bytes(document) for document in sent) / _bytes(prompt))
    return MetricResult(
        name,
        round(total * share),
        details={"estimated": True, "documents_in_prompt": len(sent), "documents": len(run.documents)},
    )


def _known(name: str, number: float | None, else_why: str) -> MetricResult:
    return MetricResult.skipped(name, else_why) if number is None else MetricResult(name, number)


def _bytes(text: str) -> int:
    return len(text.encode(errors="surrogatepass"))
