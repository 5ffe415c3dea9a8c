"""The page docs/cost.md, made of what was counted and of the prices."""

from pathlib import Path
from textwrap import fill

from tests.performance.bench.page import Table, markdown
from tests.performance.cost import prices
from tests.performance.cost.bill import (
    METRICS_OF_A_PROVIDER,
    MONTH_HOURS,
    SCHEDULED_SECONDS,
    VCPU_MB,
    idle,
    month,
    runs_for,
    slowed_ms,
    total,
    traces,
)
from tests.performance.cost.counted import Counted, CountedRun
from tests.support.servers.packages import GROUPS

PAGE = Path(__file__).parents[3] / "docs" / "cost.md"
VOLUMES = {"none": 0, "1 thousand": 10**3, "1 million": 10**6, "1 billion": 10**9}
MEMORIES = (512, 1024, VCPU_MB)
MEMORY = GROUPS["run"]["memory"]
COMPARE_MEMORY = GROUPS["compare"]["memory"]
SCHEDULED_MEMORY = GROUPS["sweeper"]["memory"]
SNAPSHOT_GB = sum(group["memory"] for group in GROUPS.values() if group["mode"] != "scheduled") / 1024
BUSY = 0.5
"""How much of a server's processors is used on average."""


def text(paragraph: str) -> str:
    return fill(" ".join(paragraph.split()), 120, break_long_words=False, break_on_hyphens=False)


def dollars(amount: float) -> str:
    if amount == 0:
        return "0"
    return f"{amount:,.3f}" if amount < 1 else f"{amount:,.2f}" if amount < 1000 else f"{amount:,.0f}"


def page(counted: Counted) -> str:
    plain = counted.runs[0]
    return (
        "\n\n".join(
            [
                "<!-- Made by `python -m tests.performance.cost`. -->",
                "# What it costs",
                _INTRODUCTION,
                "## While nobody calls",
                markdown(_idle_table(counted)),
                _IDLE,
                "## A month",
                f"By part, in dollars a month, for runs of {_name(plain)}:",
                markdown(_parts_table(plain, counted)),
                "All lengths and prompts, in dollars a month:",
                markdown(_totals_table(counted)),
                _MONTH,
                "## What a run uses",
                markdown(_use_table(counted)),
                "## Memory of `run` and `compare`",
                _memory(counted),
                markdown(_memory_table(plain, counted)),
                _chosen(counted),
                "## From where on a server is cheaper",
                _server(plain, counted),
                markdown(_server_table(counted)),
                _SERVER,
                "## What changes it",
                _changes(plain, counted),
                markdown(_machines_table(plain, counted)),
                _MACHINES,
                "## Prices",
                f"us-east-1, {prices.AS_OF}, the first step of each, without what is free each month, without tax:",
                markdown(_price_table()),
            ]
        )
        + "\n"
    )


def _idle_table(counted: Counted) -> Table:
    bill = idle(counted, SCHEDULED_MEMORY)
    alarms = f"alarms: {counted.idle.alarms}, on {counted.idle.alarm_metrics} metrics"
    names = {"alarms": alarms, "dashboard": f"dashboard: {counted.idle.dashboards}"}
    rows = [[names.get(part, part), dollars(amount)] for part, amount in bill.items()]
    return [["", "dollars a month"], *rows, ["in all", dollars(total(bill))]]


def _parts_table(run: CountedRun, counted: Counted) -> Table:
    bills = [month(runs, run, counted, MEMORY, SCHEDULED_MEMORY) for runs in VOLUMES.values()]
    rows = [[part, *(dollars(bill[part]) for bill in bills)] for part in bills[0]]
    return [["runs a month", *VOLUMES], *rows, ["in all", *(dollars(total(bill)) for bill in bills)]]


def _totals_table(counted: Counted) -> Table:
    rows = [
        [
            _name(run),
            *(dollars(total(month(runs, run, counted, MEMORY, SCHEDULED_MEMORY))) for runs in VOLUMES.values()),
        ]
        for run in counted.runs
    ]
    return [["a run", *VOLUMES], *rows]


def _use_table(counted: Counted) -> Table:
    head = ["a run", "write units", "read units", "PUT", "GET", "kept in tables, KB", "in the bucket, KB", "answer, KB"]
    return [head, *(_use_row(run) for run in counted.runs)]


def _use_row(run: CountedRun) -> list[str]:
    sizes = (run.kept_item_bytes, run.kept_object_bytes, run.answer_bytes)
    counts = (run.write_units, run.read_units, run.puts, run.gets)
    return [_name(run), *(f"{count:g}" for count in counts), *(f"{size / 1000:.1f}" for size in sizes)]


def _memory(counted: Counted) -> str:
    cpu = counted.cpu
    return text(f"""\
Lambda gives one processor at {VCPU_MB:,} MB, and less in proportion. A run takes {cpu.until_provider_ms:g} ms of a
processor until the provider has its request, with botocore against a local store, and {cpu.short_run_ms:g} ms in
all; one that streams 250 tokens over 5 s takes {cpu.run_of_5_s_ms:g} ms ({cpu.machine}: another
processor than Lambda's). The process has {cpu.memory_mb:g} MB at most.""")


def _memory_table(run: CountedRun, counted: Counted) -> Table:
    head = ["MB", "a million runs of 5 s, Lambda's duration", "until the provider has the request, ms"]
    head += [f"busy with {targets} at 50 tokens a second" for targets in ("a run", "3 targets", "10 targets")]
    return [head, *(_memory_row(memory, run, counted) for memory in MEMORIES)]


def _memory_row(memory: int, run: CountedRun, counted: Counted) -> list[str]:
    duration = month(10**6, run, counted, memory, SCHEDULED_MEMORY)["Lambda, duration"]
    ahead = slowed_ms(counted.cpu.until_provider_ms, memory)
    share = slowed_ms(counted.cpu.run_of_5_s_ms, memory) / (run.seconds * 1000)
    return [f"{memory:,}", dollars(duration), f"{ahead:.0f}", *(f"{targets * share:.0%}" for targets in (1, 3, 10))]


def _chosen(counted: Counted) -> str:
    before = slowed_ms(counted.cpu.until_provider_ms, MEMORY) - slowed_ms(counted.cpu.until_provider_ms, VCPU_MB)
    return text(f"""\
`run` has {MEMORY} MB: it waits for a provider and not for its processor, so the most that more memory buys is
{before:.0f} ms before the first token, for three and a half times the price. `compare` has
{COMPARE_MEMORY} MB: ten targets in one process have to fit into its share of a processor, and its one duration is
paid once for all of them. What of a cold start is in the first request takes longer in the same proportion. Who minds
sets `memory = {{ run = {VCPU_MB}, compare = {VCPU_MB} }}`.""")


def _server(run: CountedRun, counted: Counted) -> str:
    runs, seconds = runs_for(prices.LITELLM_MONTH, run, counted, MEMORY, SCHEDULED_MEMORY), run.seconds
    return text(f"""\
An always-on LiteLLM costs {prices.LITELLM_MONTH:g} dollars a month, before its first call, by AWS's own estimate for
its guidance *Multi-Provider Generative AI Gateway*. For that money this takes {_rounded(runs)} runs of {seconds:g} s a
month, one every {MONTH_HOURS * 3600 / runs:.1f} s. Below, this is cheaper; above, that is, as long as its one size is
enough and somebody looks after it:""")


def _server_table(counted: Counted) -> Table:
    rows = [
        [_name(run), _rounded(runs_for(prices.LITELLM_MONTH, run, counted, MEMORY, SCHEDULED_MEMORY))]
        for run in counted.runs
    ]
    return [["a run", f"runs a month for {prices.LITELLM_MONTH:g} dollars"], *rows]


def _changes(run: CountedRun, counted: Counted) -> str:
    bill = month(10**6, run, counted, MEMORY, SCHEDULED_MEMORY)
    busy = counted.cpu.run_of_5_s_ms / 1000 / run.seconds
    return text(f"""\
Lambda's duration is {bill["Lambda, duration"] / total(bill):.0%} of a million runs of {run.seconds:g} s, and nearly
all of it is paid for waiting: a run uses {busy:.0%} of a processor. What serves
several requests in a process pays for the processor alone, and for standing there. With processors {BUSY:.0%}
busy on average:""")


def _machines_table(run: CountedRun, counted: Counted) -> Table:
    runs_a_core = BUSY * 1000 * MONTH_HOURS * 3600 / counted.cpu.run_of_5_s_ms
    lambda_run = month(1, run, counted, MEMORY, SCHEDULED_MEMORY)["Lambda, duration"]
    task = (prices.FARGATE_VCPU_HOUR + 2 * prices.FARGATE_GB_HOUR) * MONTH_HOURS
    instance = prices.MANAGED_INSTANCE_HOUR * (1 + prices.MANAGED_FEE) * MONTH_HOURS
    fargate, managed = 2 * task + prices.BALANCER_HOUR * MONTH_HOURS, 3 * instance
    return [
        ["", "at least, a month", "which take so many runs of 5 s a month", "cheaper than Lambda from, runs a month"],
        ["Lambda", "0", "any number", ""],
        [
            "two containers on Fargate (1 vCPU, 2 GB each) behind a load balancer",
            dollars(fargate),
            _rounded(2 * runs_a_core),
            _rounded(fargate / lambda_run),
        ],
        [
            "Lambda managed instances: three of 2 vCPU",
            dollars(managed),
            _rounded(6 * runs_a_core),
            _rounded(managed / lambda_run),
        ],
    ]


def _price_table() -> Table:
    rows = {
        "Lambda, arm64: a GB-second": prices.LAMBDA_GB_SECOND,
        "Lambda: a million requests": prices.LAMBDA_REQUEST * 10**6,
        "Lambda: a GB streamed, after the first 6 MB of an answer": prices.LAMBDA_STREAMED_GB,
        "Lambda: a GB of snapshots a month (`snap_start`)": prices.LAMBDA_SNAPSHOT_GB,
        "API Gateway, REST: a million requests, each 10 MB of a streamed answer": prices.GATEWAY_REQUEST * 10**6,
        "DynamoDB on demand: a million write units": prices.TABLE_WRITE_UNIT * 10**6,
        "DynamoDB on demand: a million read units": prices.TABLE_READ_UNIT * 10**6,
        "DynamoDB: a GB a month": prices.TABLE_GB,
        "DynamoDB: a GB of point-in-time recovery a month": prices.TABLE_BACKUP_GB,
        "S3: a million PUT": prices.BUCKET_PUT * 10**6,
        "S3: a million GET": prices.BUCKET_GET * 10**6,
        "S3: a GB a month": prices.BUCKET_GB,
        "CloudWatch Logs: a GB taken in": prices.LOG_GB,
        "CloudWatch: an alarm a month": prices.ALARM,
        "CloudWatch: a dashboard a month": prices.DASHBOARD,
        "CloudWatch: a metric a month": prices.METRIC,
        "X-Ray: a million traces": prices.TRACE * 10**6,
        "Secrets Manager: a secret a month": prices.SECRET,
        "Secrets Manager: 10,000 calls": prices.SECRET_CALL * 10**4,
        "Data out: a GB": prices.OUT_GB,
        "Fargate, arm64: a vCPU-hour": prices.FARGATE_VCPU_HOUR,
        "Fargate, arm64: a GB-hour": prices.FARGATE_GB_HOUR,
        "Application Load Balancer: an hour": prices.BALANCER_HOUR,
        "EC2, m7g.large: an hour": prices.MANAGED_INSTANCE_HOUR,
        "Lambda managed instances: of the instance's price": prices.MANAGED_FEE,
    }
    return [["", "dollars"], *([name, f"{price:.10f}".rstrip("0").rstrip(".")] for name, price in rows.items())]


def _name(run: CountedRun) -> str:
    return f"{run.seconds:g} s with a prompt of {_kilobytes(run.prompt_bytes)}"


def _kilobytes(size: int) -> str:
    return f"{size / 1000:g} KB"


def _rounded(number: float) -> str:
    """To two digits."""
    if number <= 0:
        return "0"
    unit = 10 ** max(0, len(str(int(number))) - 2)
    return f"{round(number / unit) * unit:,}"


_INTRODUCTION = text("""\
What a deployment with the default settings costs at AWS, beside what the providers take: counted requests, units and
bytes of runs of 50 tokens a second, times list prices, which stand at the end. `python -m tests.performance.cost
--write` counts anew; the prices are in `tests/performance/cost/prices.py`.""")

_IDLE = text(f"""\
An account has 10 alarms, 10 metrics and 3 dashboards a month for nothing. With `monitoring = false` cents are
left. Beside that: the stored data, {prices.SECRET:.2f} dollars for each secret (one for each tenant that stores
provider keys, one for each collector of a tenant, one for each key of the deployment), 1 dollar for a KMS key of
yours. `snap_start = true` adds {dollars(SNAPSHOT_GB * prices.LAMBDA_SNAPSHOT_GB)} dollars:
{prices.LAMBDA_SNAPSHOT_GB} for each GB of the functions' memory, used or not. A scheduled call is taken to last
{SCHEDULED_SECONDS} s.""")

_MONTH = text(f"""\
Runs come evenly over the month; a run's duration is billed as long as its provider answers. The prices of Lambda, API
Gateway and data fall at higher volumes, which is not counted. *Secrets Manager*: the provider's key is read again
after a minute, by each instance. *Metrics*: those of one provider, {METRICS_OF_A_PROVIDER} at {prices.METRIC:.2f}
dollars; each further provider has ten more, and none is paid for in an hour without runs. `tracing = true` adds
{dollars(traces(10**6) * prices.TRACE)} dollars a million runs, and {dollars(traces(44_000) * prices.TRACE)} a month for
the scheduled calls. A run that can be resumed writes more, as do many runs of one tenant at a time:
[scale.md](scale.md).""")

_SERVER = text("""\
A run that takes long keeps a function waiting, which a server does for nothing: the longer the answers, the sooner a
server is cheaper. It has to be large enough, and somebody has to look after it.""")

_MACHINES = text("""\
Nothing here makes those: the groups are ASGI apps, which any server runs, but who deploys them so also looks after
scaling, updates and a network.""")
