"""Arithmetic: from what is counted to dollars a month."""

from math import ceil

from tests.performance.cost import prices
from tests.performance.cost.counted import Counted, CountedRun

MONTH_HOURS = 730
MONTH_SECONDS = MONTH_HOURS * 3600
VCPU_MB = 1769
"""Of memory with which Lambda gives one whole processor: https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html"""
PLATFORM_LOG_BYTES = 900
"""What Lambda logs of an invocation in JSON: its start, its end and its report."""
ACCESS_LOG_BYTES = 480
"""A line of API Gateway's access log, as infra/promptyard_cdk/api.py has it."""
LOG_OVERHEAD_BYTES = 26
"""That CloudWatch adds to each event; five events a run."""
METRIC_LINE_BYTES = 680
"""A run's line of metrics, as layers/promptyard/aws/metric_lines.py has it."""
METRICS_OF_A_PROVIDER = 13
"""Of one whose runs succeed and, now and then, fail: six of those, four of these, and the three that alarms watch."""
TRACED_A_SECOND, TRACED_SHARE = 1, 0.05
"""X-Ray's default sampling."""
SCHEDULED_SECONDS = 0.2
"""That a scheduled call with nothing to do takes, assumed."""
GB = 1e9

Bill = dict[str, float]
"""Dollars a month by part."""


def slowed_ms(cpu_ms: float, memory_mb: int) -> float:
    """What so much work of one processor takes on a function's share of one."""
    return cpu_ms * max(1.0, VCPU_MB / memory_mb)


def lambda_seconds(run: CountedRun, counted: Counted, memory_mb: int) -> float:
    """Billed for a run: while the provider answers, and what is done before and after."""
    return run.seconds + slowed_ms(counted.cpu.short_run_ms, memory_mb) / 1000


def traces(calls: float) -> float:
    """X-Ray's, of so many calls, evenly over the month."""
    first = min(calls, TRACED_A_SECOND * MONTH_SECONDS)
    return first + TRACED_SHARE * (calls - first)


def idle(counted: Counted, scheduled_memory_mb: int) -> Bill:
    calls = sum(counted.idle.calls.values())
    units = counted.idle.calls["sweeper"] * counted.idle.sweep_read_units
    log_bytes = calls * (PLATFORM_LOG_BYTES + 3 * LOG_OVERHEAD_BYTES)
    seconds = calls * SCHEDULED_SECONDS
    return {
        "alarms": counted.idle.alarm_metrics * prices.ALARM,
        "dashboard": counted.idle.dashboards * prices.DASHBOARD,
        "scheduled calls: Lambda": calls * prices.LAMBDA_REQUEST
        + seconds * scheduled_memory_mb / 1024 * prices.LAMBDA_GB_SECOND,
        "scheduled calls: DynamoDB": units * prices.TABLE_READ_UNIT,
        "scheduled calls: logs": log_bytes / GB * prices.LOG_GB,
    }


def month(runs: float, run: CountedRun, counted: Counted, memory_mb: int, scheduled_memory_mb: int) -> Bill:
    """A month with so many runs, evenly spread, kept for that month."""
    seconds = lambda_seconds(run, counted, memory_mb)
    instances = ceil(runs * seconds / MONTH_SECONDS)
    streamed = max(0, run.answer_bytes - prices.STREAMED_FREE_BYTES)
    log_bytes = counted.cpu.log_bytes + METRIC_LINE_BYTES + PLATFORM_LOG_BYTES + ACCESS_LOG_BYTES
    log_bytes += 5 * LOG_OVERHEAD_BYTES
    kept = run.kept_item_bytes * (prices.TABLE_GB + prices.TABLE_BACKUP_GB) + run.kept_object_bytes * prices.BUCKET_GB
    return {
        "Lambda, duration": runs * seconds * memory_mb / 1024 * prices.LAMBDA_GB_SECOND,
        "Lambda, requests": runs * (prices.LAMBDA_REQUEST + streamed / GB * prices.LAMBDA_STREAMED_GB),
        "API Gateway": runs * max(1, ceil(run.answer_bytes / prices.GATEWAY_STEP_BYTES)) * prices.GATEWAY_REQUEST,
        "DynamoDB, writes": runs * run.write_units * prices.TABLE_WRITE_UNIT,
        "DynamoDB, reads": runs * run.read_units * prices.TABLE_READ_UNIT,
        "S3, requests": runs * (run.puts * prices.BUCKET_PUT + run.gets * prices.BUCKET_GET),
        "logs": runs * log_bytes / GB * prices.LOG_GB,
        "metrics": METRICS_OF_A_PROVIDER * prices.METRIC * min(1, runs / MONTH_HOURS),
        "Secrets Manager": min(runs, instances * MONTH_SECONDS / 60) * prices.SECRET_CALL,
        "data out": runs * (run.answer_bytes + run.prompt_bytes) / GB * prices.OUT_GB,
        "data kept for a month": runs * kept / GB,
        "idle": sum(idle(counted, scheduled_memory_mb).values()),
    }


def total(bill: Bill) -> float:
    return sum(bill.values())


def runs_for(dollars: float, run: CountedRun, counted: Counted, memory_mb: int, scheduled_memory_mb: int) -> int:
    """The most runs a month that cost no more; 0 where none do."""
    low, high = 0, 10**12
    while low < high:
        middle = (low + high + 1) // 2
        if total(month(middle, run, counted, memory_mb, scheduled_memory_mb)) <= dollars:
            low = middle
        else:
            high = middle - 1
    return low
