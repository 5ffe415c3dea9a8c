"""How quickly and how well personal data are found. `python -m tests.performance.pii`

What the search for known values takes before guards are served; for every pattern the slowest of the adversarial texts,
in milliseconds of processor time, and for all patterns together; then recall and precision on labelled lines of several
seeds.
"""

import time
from collections import Counter

from promptyard.domain.runs.metrics.pii.patterns import PATTERNS, Pattern
from promptyard.domain.runs.metrics.pii.scan import MAX_FINDINGS, PatternSearch, blind_kinds, scan
from tests.support.samples.adversarial_texts import adversarial_texts
from tests.support.samples.pii_lines import labelled_lines, recall_and_precision

SIZE = 1_000_000


def search_all(pattern: Pattern, text: str) -> None:
    search, position = PatternSearch(pattern, text), 0
    for _ in range(MAX_FINDINGS):
        found = search.after(position)
        if found is None:
            return
        position = found.end


def milliseconds(pattern: Pattern, text: str) -> float:
    """The best of three where it is slow, for other work on the machine only ever adds."""
    best = float("inf")
    for _ in range(3):
        start = time.thread_time()
        search_all(pattern, text)
        best = min(best, (time.thread_time() - start) * 1000)
        if best < 20:
            break
    return best


def main() -> None:
    for what in ("patterns compiled and known values searched for", "known values searched for again"):
        start = time.thread_time()
        blind_kinds()
        print(f"{(time.thread_time() - start) * 1000:7.1f} ms  {what}")

    texts = adversarial_texts(SIZE)
    print(f"{len(texts)} texts of {SIZE:,} characters; for each pattern the slowest")
    for pattern in PATTERNS:
        slowest, name = max((milliseconds(pattern, text), name) for name, text in texts.items())
        print(f"{slowest:7.1f} ms  {pattern.kind:18} {name}")
    start = time.thread_time()
    for text in texts.values():
        scan(text)
    print(f"{(time.thread_time() - start) * 1000 / len(texts):7.1f} ms  all patterns, mean over the texts")

    by_seed = {f"seed {seed}": labelled_lines(2_400, seed) for seed in range(1, 6)}
    every_line = [line for lines in by_seed.values() for line in lines]
    for name, lines in {**by_seed, "all": every_line}.items():
        recall, precision, missed = recall_and_precision(lines)
        kinds = ", ".join(f"{kind} {count}" for kind, count in Counter(line.kind for line in missed).items())
        print(f"{name}: {len(lines)} lines, recall {recall:.4f}, precision {precision:.4f}; missed: {kinds}")


if __name__ == "__main__":
    main()
