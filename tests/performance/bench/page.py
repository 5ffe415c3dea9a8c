"""What was measured, as tables, charts and the page `docs/performance.md`."""

from collections.abc import Sequence
from pathlib import Path

from tests.performance.bench.charts import COLOURS, MET, MISSED, TARGET, Bar, Group, bar_chart
from tests.performance.bench.figures import Figure, Summary, Verdict, verdicts
from tests.performance.bench.results import Results
from tests.performance.bench.store_use import RUN, Uses

DOCS = Path(__file__).parents[3] / "docs"
Table = list[list[str]]
HEAD = ["", "direct", "relay", "Promptyard", "÷ relay", "must hold", "met"]


def figures_table(made: Sequence[Verdict]) -> Table:
    table = [HEAD]
    for verdict in made:
        figure = verdict.figure
        table.append(
            [
                f"{figure.name}{f', {figure.unit}' if figure.unit else ''}",
                *(_cell(figure, of) for of in (verdict.direct, verdict.relay, verdict.promptyard)),
                "" if verdict.ratio is None or figure.unit == "streams" else f"{verdict.ratio:.2f} ×",
                str(figure.target or ""),
                "" if figure.target is None else {True: "yes", False: "**no**", None: "not known"}[verdict.met],
            ]
        )
    return table


def _cell(figure: Figure, of: Summary | None) -> str:
    if of is None:
        return "–"
    middle, low, high = (f"{value:,.{figure.digits}f}" for value in (of.median, of.low, of.high))
    shown = middle if low == high else f"{middle} ({low} to {high})"
    return f"{shown}, none in {of.lacking} rounds" if of.lacking else shown


def store_table(uses: Uses) -> Table:
    table = [["request", "about", "requests", "bytes", "write units", "read units"]]
    for (operation, about), use in sorted(uses.items(), key=lambda row: (-row[1].write_units, -row[1].read_units)):
        table.append(
            [operation, about, str(use.requests), f"{sum(use.sizes):,}", f"{use.write_units:g}", f"{use.read_units:g}"]
        )
    total = list(uses.values())
    sums = (sum(use.write_units for use in total), sum(use.read_units for use in total))
    size = sum(sum(use.sizes) for use in total)
    table.append(
        ["in all", "", str(sum(use.requests for use in total)), f"{size:,}", *(f"{units:g}" for units in sums)]
    )
    return table


def markdown(table: Table) -> str:
    head, *rows = table
    return "\n".join(["| " + " | ".join(row) + " |" for row in (head, ["---"] * len(head), *rows)])


def plain(table: Table) -> str:
    """For a terminal."""
    widths = [max(len(row[column]) for row in table) for column in range(len(table[0]))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in table)


def report(results: Results) -> str:
    parts = [results.machine(), plain(figures_table(verdicts(results.samples))).replace("**", "")]
    if results.store:
        parts.append(f"the store's requests for a run of 5 s\n{plain(store_table(results.store))}")
    if results.failures:
        parts.append("\n".join(f"{number} × {what}" for what, number in results.failures.most_common(20)))
    return "\n\n".join([*parts, *(["\n".join(results.cold_starts)] if results.cold_starts else [])])


def charts(made: Sequence[Verdict]) -> dict[str, str]:
    """SVG by file name."""
    by_key = {verdict.figure.key: verdict for verdict in made}
    ratios: list[Group] = []
    for verdict in made:
        target = verdict.figure.target
        if target is not None and target.of == "ratio" and verdict.ratio and verdict.ratio > 0:
            colour = MET if verdict.met else MISSED
            name = _whole_name(verdict.figure, made)
            ratios.append((name, [Bar(verdict.ratio, f"{verdict.ratio:.2f} × ({target})", colour, target.bound)]))
    key = {"holds": MET, "does not": MISSED, "what must hold": TARGET}
    drawn = {"against-the-relay.svg": ("Promptyard as a multiple of the relay", ratios, key)}
    for file, title, keys in (
        ("first-token.svg", "Added time to the first token, ms", ("first_p50", "streams_100_p50", "streams_300_p95")),
        ("throughput.svg", "Tokens and requests a second", ("tokens", "requests")),
    ):
        groups = [_group(by_key[key], made) for key in keys if key in by_key]
        used = {bar.colour for _, bars in groups for bar in bars}
        colours = {name: colour for name, colour in COLOURS.items() if colour in used}
        drawn[file] = (title, [group for group in groups if group[1]], colours)
    return {file: bar_chart(*of) for file, of in drawn.items() if of[1]}


def _group(verdict: Verdict, made: Sequence[Verdict]) -> Group:
    subjects = {"relay": verdict.relay, "Promptyard": verdict.promptyard}
    if not verdict.figure.added:
        subjects = {"direct": verdict.direct, **subjects}
    digits = verdict.figure.digits
    bars = [
        Bar(of.median, f"{of.median:,.{digits}f}", COLOURS[name])
        for name, of in subjects.items()
        if of and of.median > 0
    ]
    return _whole_name(verdict.figure, made), bars


def _whole_name(figure: Figure, made: Sequence[Verdict]) -> str:
    """A name that begins with … is short for the one before it."""
    if not figure.name.startswith("… "):
        return figure.name
    names = [verdict.figure.name for verdict in made]
    before = names[: names.index(figure.name)]
    whole = next((name for name in reversed(before) if not name.startswith("… ")), "")
    return f"{whole.partition(':')[0]}: {figure.name[2:]}"


def write(results: Results) -> None:
    folder = DOCS / "performance"
    folder.mkdir(exist_ok=True)
    made = verdicts(results.samples)
    drawn = charts(made)
    for file, svg in drawn.items():
        (folder / file).write_text(svg)
    (DOCS / "performance.md").write_text(page(results, made, list(drawn)))


def page(results: Results, made: Sequence[Verdict], drawn: Sequence[str]) -> str:
    bound = [verdict for verdict in made if verdict.figure.target is not None]
    parts = [
        _INTRODUCTION,
        f"{results.machine()}. Medians of the rounds, the lowest and the highest in brackets. What is *added* is over\n"
        "the direct call of the same round, whose own figure stands under *direct*, with the first delay of its pace.",
        f"{sum(verdict.met is True for verdict in bound)} of {len(bound)} bounds hold.",
        markdown(figures_table(made)),
        *(f"![{file.removesuffix('.svg').replace('-', ' ')}](performance/{file})" for file in drawn),
        _method(results),
    ]
    if results.failures:
        lines = "\n".join(f"- {number} × {what}" for what, number in results.failures.most_common(20))
        parts += ["## What failed", lines]
    if results.store:
        parts += [_STORE, markdown(store_table(results.store))]
    if results.cold_starts:
        parts += ["## Cold starts and packages", "\n".join(results.cold_starts)]
    return "\n\n".join(parts) + "\n"


_INTRODUCTION = """\
<!-- Made by `make bench-docs`. -->

# Performance

What Promptyard adds to a call, measured against the least that could stand in its place. *relay* is a FastAPI route
that hands the request to httpx and the answer's bytes back; *direct* is the provider itself. Promptyard is
`python -m promptyard_local` with its data on disk, authentication on, and a tenant with quotas, so every run is
metered. The provider is a fake one of our own, on bare asyncio. Client, relay, Promptyard and provider are a process
each, all on one machine, and each round measures them in turn. Every token of every answer is checked."""

_STORE = f"""\
## What a run asks of the store

A streamed run of {RUN.seconds:.0f} s, with a key and quotas, by a caller who was there before. Units are those of
DynamoDB on demand, computed from the items before and after each write, with their indexes."""


def _method(results: Results) -> str:
    sizes = results.sizes
    paced, compared = sizes.paced, sizes.compared
    many = f"; after {results.many_runs:,} runs, against a new server on the same data" if results.many_runs else ""
    return f"""\
## How it was measured

- *One caller*: {sizes.calls} short streams one after another on one connection.
- *Full speed*: three streams of {sizes.tokens:,} tokens, which the provider sends at once; tokens by the time from the
  request to the last of them. CPU is that of all the server's threads until it is quiet again.
- *Not streamed*: answers of 50 tokens, for {sizes.seconds:g} s.
- *100 and 300 streams*: {paced.tokens} tokens, one every {paced.interval_ms:g} ms, the first after
  {paced.first_ms:g} ms. The callers begin evenly over {sizes.spread_seconds:g} s. *Stretch* is the time from the
  request to the last token as a multiple of what the pace asks for. What has not ended after {sizes.patience:g} s has
  failed.
- *Calls of 50 ms*: {sizes.short_calls} answers, each given by the provider after 50 ms.
- *Compare*: the slowest target takes {compared.seconds:.1f} s, the others two thirds of that; at full speed,
  {sizes.compared_tokens:,} tokens a target against one stream of as many in all.
- *Memory*: resident, after the start and at most through all of the above{many}.
- *Opening*: the time in which a data directory with so many runs of 1 KB is ready."""
