"""What every run is measured by, whatever its metrics."""

COST, LATENCY, TTFT, TOKENS, FAILURES = "cost_usd", "latency_ms", "ttft_ms", "tokens", "failures"
OUTPUT_TOKENS = "output_tokens"
SPENT = "spent_usd"
"""As `cost_usd`, but also of what failed, and with what the judges cost."""
