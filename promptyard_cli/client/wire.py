"""What goes over the wire: made by scripts/make_client_types.py from the OpenAPI document. Answers may have
further fields at any time."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

Action = Literal["block", "report", "reportAndBlock"]


class AssistantMessage(TypedDict):
    """What to put, as it is, into the next request's `messages`. `replay` is what the provider wants back (signed or
    encrypted reasoning), and is sent to where it came from alone. Of a run that did not succeed it is the text."""

    role: Literal["assistant"]
    content: str | None
    tool_calls: NotRequired[list[ToolCall]]
    reasoning_content: NotRequired[str]
    replay: NotRequired[list[Replayed]]


class BenchmarkAnswer(TypedDict):
    """A benchmark. One of `prompt_id`, `version_ids` and `template` is its prompt; none: the rows' own messages."""

    id: str
    name: str
    dataset_id: str
    dataset_version: int | None
    prompt_id: str | None
    version_ids: list[str]
    template: str | list[Message] | None
    targets: list[BenchmarkTargetAnswer]
    intensities: list[Intensity | Literal["raw", "brief"]]
    repeats: int
    judge_twice: int
    metrics: list[MetricSpec]
    baseline: str | None
    gates: list[Gate]
    budget_usd: float | None
    concurrency: int
    provider_concurrency: dict[str, int]
    watch: Watch | None
    webhook_url: str | None
    created_at: str
    created_by: str
    updated_at: str


class BenchmarkChanges(TypedDict):
    """What is to change; what is left out stays, and what is null is taken away. A prompt, versions or a template take
    the place of what there was of these. Runs that have begun stay as they are."""

    name: NotRequired[str | None]
    dataset_id: NotRequired[str | None]
    dataset_version: NotRequired[int | None]
    prompt_id: NotRequired[str | None]
    version_ids: NotRequired[list[str] | None]
    template: NotRequired[str | list[Message] | None]
    targets: NotRequired[list[BenchmarkTarget] | None]
    intensities: NotRequired[list[Intensity | Literal["raw", "brief"]] | None]
    preset: NotRequired[Literal["compression"] | None]
    repeats: NotRequired[int | None]
    judge_twice: NotRequired[int | None]
    metrics: NotRequired[list[MetricSpec] | None]
    baseline: NotRequired[str | None]
    gates: NotRequired[list[Gate] | None]
    budget_usd: NotRequired[float | str | None]
    concurrency: NotRequired[int | None]
    provider_concurrency: NotRequired[dict[str, int] | None]
    watch: NotRequired[WatchRequest | None]
    webhook_url: NotRequired[str | None]


class BenchmarkDoneEvent(TypedDict):
    """The last event: how the run ended."""

    done: Literal[True]
    id: str
    status: BenchmarkStatus
    cells: CountsAnswer
    cost_usd: float | None
    passed: bool | None
    failed_gates: list[str]
    error: str | None


class BenchmarkPageAnswer(TypedDict):
    items: list[BenchmarkAnswer]
    total: int | None
    limit: int
    offset: int
    next_cursor: str | None


class BenchmarkProgressEvent(TypedDict):
    """How far the run has come. `seconds_left` goes by the pace that was seen, and is null before any was."""

    id: str
    status: BenchmarkStatus
    cells: CountsAnswer
    cost_usd: float | None
    seconds_left: float | None


class BenchmarkReport(TypedDict):
    sentence: str
    benchmark_id: str
    benchmark: str
    run_id: str
    status: BenchmarkStatus
    started_at: str | None
    dataset_version: int
    rows: int
    repeats: int
    baseline: str
    main_metric: str
    passed: bool | None
    columns: list[ColumnSummary]
    comparisons: list[PairedComparison]
    gates: list[GateVerdict]
    frontier: list[str]
    compression: list[CompressionSavings]
    poison: list[PoisonRow]
    judges: dict[str, JudgeRepeatability | None]
    changed_rows: list[ChangedRow]


class BenchmarkRunAnswer(TypedDict):
    """A benchmark run. `cost_usd` is of the cells so far, null where the cost of any is not known; `passed` is null
    until it has ended, where it did not end as it should, and where there are no gates. `trigger` is what started it,
    `created_by` who did, or who made the benchmark."""

    id: str
    benchmark_id: str
    name: str
    status: BenchmarkStatus
    cells: CountsAnswer
    cost_usd: float | None
    estimate_usd: float | None
    budget_usd: float | None
    passed: bool | None
    failed_gates: list[str]
    dataset_id: str
    dataset_version: int
    row_count: int
    repeats: int
    columns: list[ColumnAnswer]
    baseline: str
    version_id: str | None
    request_id: str | None
    trigger: Literal["api", "event", "schedule", "dataset", "prompt", "import"]
    error: str | None
    created_at: str
    created_by: str
    started_at: str | None
    ended_at: str | None


class BenchmarkRunPageAnswer(TypedDict):
    items: list[BenchmarkRunAnswer]
    total: int | None
    limit: int
    offset: int
    next_cursor: str | None


BenchmarkStatus = Literal["queued", "running", "completed", "failed", "cancelled", "over_budget"]


class BenchmarkTarget(TypedDict):
    """A model, or whose it is; of a prompt's version with a default model, neither need be named. Its key is one that
    is stored: the tenant's, or the deployment's."""

    provider: NotRequired[str | None]
    model: NotRequired[str | None]
    parameters: NotRequired[Parameters]
    custom_base_url: NotRequired[str | None]


class BenchmarkTargetAnswer(TypedDict):
    provider: str | None
    model: str | None
    parameters: Parameters
    custom_base_url: str | None


class ChangedRow(TypedDict):
    """A row, and where it changed most against the baseline."""

    row: int
    column: str | None
    metric: str | None
    difference: float | None
    scores: list[float | None]
    input: NotRequired[str | None]
    baseline_answer: NotRequired[str | None]
    answer: NotRequired[str | None]


class Citation(TypedDict):
    """A source that the answer names. `text` is what is cited of it."""

    url: NotRequired[str | None]
    title: NotRequired[str | None]
    text: NotRequired[str | None]


class CollectorAnswer(TypedDict):
    """Of its headers the names: their values are secrets."""

    endpoint: str
    headers: list[str]
    content: bool
    updated_at: str


class CollectorRequest(TypedDict):
    """A collector that takes OTLP over HTTP in JSON. It takes the place of the one that there is, headers and all."""

    endpoint: str
    headers: NotRequired[dict[str, str]]
    content: NotRequired[bool]


class ColumnAnswer(TypedDict):
    name: str
    version_id: str | None
    target: BenchmarkTargetAnswer
    intensity: Intensity | Literal["raw", "brief"]


class ColumnSummary(TypedDict):
    column: str
    index: int
    intensity: Intensity | Literal["raw", "brief"]
    n: int
    cells: int
    failures: int
    poison: int
    missing: int
    metrics: dict[str, MetricSummary]
    latency_ms: MeasureSummary
    ttft_ms: MeasureSummary
    tokens: MeasureSummary
    output_tokens: MeasureSummary
    cost_usd: MeasureSummary
    total_cost_usd: float | None
    latency_curve: list[float]


class CompareAnswer(TypedDict):
    comparison_id: str
    results: list[CompareResult]


class CompareRequest(TypedDict):
    """The same prompt on several targets at once."""

    events: NotRequired[list[Literal["reasoning", "tool_calls"]]]
    on_disconnect: NotRequired[Literal["cancel", "continue"]]
    resumable: NotRequired[bool]
    playground_id: NotRequired[str | None]
    reference: NotRequired[str | None]
    documents: NotRequired[list[str] | None]
    on_unsupported: NotRequired[Literal["error", "drop"]]
    prompt_text: NotRequired[str | None]
    messages: NotRequired[list[Message] | None]
    prompt_id: NotRequired[str | None]
    system: NotRequired[str | None]
    variables: NotRequired[dict[str, str | int | float | bool] | None]
    targets: list[CompareTarget]
    parameters: NotRequired[Parameters]


class CompareResult(TypedDict):
    """A target's run. Of one that failed before it was sent, `provider` and `model` are as they were named."""

    index: int
    id: str
    output: str | None
    model_id: str
    label: NotRequired[str]
    provider: str | None
    model: str | None
    status: RunStatus
    latency_ms: int | None
    ttft_ms: int | None
    first_text_ms: NotRequired[int | None]
    tokens: Tokens | None
    usage_source: UsageSource
    cost_usd: float | None
    cost_source: NotRequired[Literal["list", "provider"]]
    unpriced: NotRequired[list[str]]
    finish_reason: FinishReason | None
    finish_word: NotRequired[str]
    reasoning: NotRequired[str | None]
    citations: NotRequired[list[Citation] | None]
    tool_calls: list[ToolCall] | None
    message: NotRequired[AssistantMessage | None]
    error: ErrorBody | None
    cut: NotRequired[dict[str, int]]
    dropped: NotRequired[list[str]]
    created_at: str
    metrics: NotRequired[list[MetricScore]]
    moderation: NotRequired[ModerationOutcome]


class CompareTarget(TypedDict):
    """One target; its `parameters` override the shared ones field by field."""

    provider: NotRequired[str | None]
    model: NotRequired[str | None]
    parameters: NotRequired[Parameters]
    llm_blueprint_id: NotRequired[str | None]
    provider_key: NotRequired[str | None]
    custom_base_url: NotRequired[str | None]


class ComparisonRecord(TypedDict):
    """The runs of a comparison in their order, and the ids of the fastest, the cheapest and the longest of those
    that succeeded. `outcome` is `clean` when every run has output tokens, `broken` when none has, else `partial`;
    null while one is going on."""

    comparison_id: str
    outcome: Outcome | None
    fastest: str | None
    cheapest: str | None
    longest: str | None
    runs: list[RunRecord]


class CompressionSavings(TypedDict):
    """What a level of compression saves against the same target without it, in percent of the means, negative where it
    takes more; and what that does to quality."""

    column: str
    raw: str
    intensity: Intensity | Literal["raw", "brief"]
    output_tokens: Saving
    tokens: Saving
    cost_usd: Saving
    quality: dict[str, QualityDifference]


class CountsAnswer(TypedDict):
    """Cells: `failed` are those that the model gave no answer to, `poison` those that could not be run at all."""

    total: int
    done: int
    failed: int
    poison: int


class DatasetAnswer(TypedDict):
    """A dataset. `latest_version` is a number, null before the first; `created_by` is what a run names as its
    `caller`."""

    id: str
    name: str
    description: str
    playgroundId: str | None
    latest_version: int | None
    created_at: str
    created_by: str
    updated_at: str


class DatasetPageAnswer(TypedDict):
    items: list[DatasetAnswer]
    total: int | None
    limit: int
    offset: int
    next_cursor: str | None


class DatasetVersionAnswer(TypedDict):
    """A version of a dataset, which never changes. `mapping`: what became of each field of the file. `variables`: the
    names of the rows' variables, at most 500. `skipped`: rows that their source had archived."""

    id: str
    dataset_id: str
    number: int
    format: Literal["jsonl", "csv", "json"] | Literal["runs", "promptfoo", "openai-evals"]
    row_count: int
    bytes: int
    mapping: dict[str, str]
    variables: list[str]
    skipped: int
    created_at: str
    created_by: str


class DaySums(TypedDict):
    runs: int
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    cost_usd: float
    unpriced_runs: int
    platform_units: int
    day: str


class DefinedBenchmark(TypedDict):
    """`webhook_secret` is there where the webhook is new, and shown this once: `whsec_` and the key of the signatures,
    in base64."""

    id: str
    name: str
    dataset_id: str
    dataset_version: int | None
    prompt_id: str | None
    version_ids: list[str]
    template: str | list[Message] | None
    targets: list[BenchmarkTargetAnswer]
    intensities: list[Intensity | Literal["raw", "brief"]]
    repeats: int
    judge_twice: int
    metrics: list[MetricSpec]
    baseline: str | None
    gates: list[Gate]
    budget_usd: float | None
    concurrency: int
    provider_concurrency: dict[str, int]
    watch: Watch | None
    webhook_url: str | None
    created_at: str
    created_by: str
    updated_at: str
    webhook_secret: NotRequired[str]


DiffAnswer = TypedDict(
    "DiffAnswer",
    {
        "prompt_id": "str",
        "from": "int",
        "to": "int",
        "text": "str",
        "messages": "list[MessageChangeAnswer] | None",
        "variables_added": "list[str]",
        "variables_removed": "list[str]",
        "settings": "dict[str, SettingChange]",
        "cut": NotRequired["dict[str, int]"],
    },
)


class EndpointSums(TypedDict):
    runs: int
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    cost_usd: float
    unpriced_runs: int
    platform_units: int
    endpoint: str


class ErrorBody(TypedDict):
    """Also a run's own error."""

    code: str
    message: str
    retryable: bool
    provider_status: NotRequired[int]


ErrorResolution = Literal["ootbMetricName", "intervention", "guardCondition"]


class FileContent(TypedDict):
    """A file: its content, or the id under which the provider has it."""

    filename: NotRequired[str | None]
    file_data: NotRequired[str | None]
    file_id: NotRequired[str | None]


class FilePart(TypedDict):
    type: NotRequired[Literal["file"]]
    file: FileContent
    cache_control: NotRequired[dict[str, Any] | None]


FinishReason = Literal["stop", "length", "tool", "filter", "error"]


class FunctionName(TypedDict):
    name: str


class Gate(TypedDict):
    """What a benchmark run must hold to pass, of every column but the baseline: exactly one of `value`,
    `baseline_times` and `verdict`."""

    metric: str
    op: NotRequired[Literal[">=", "<=", ">", "<"] | None]
    value: NotRequired[float | None]
    baseline_times: NotRequired[float | None]
    stat: NotRequired[Literal["mean", "median", "p95", "pass_all"]]
    verdict: NotRequired[Literal["better", "not_worse"] | None]


class GateVerdict(TypedDict):
    gate: Gate
    column: str
    passed: bool
    observed: float | None
    bound: float | None
    words: str


class HistoryPage(TypedDict):
    """`total` is null where it is not kept: with a filter that is no single indexed id."""

    items: list[RunRecord]
    total: int | None
    limit: int
    offset: int
    next_cursor: str | None


class ImagePart(TypedDict):
    type: NotRequired[Literal["image_url"]]
    image_url: ImageUrl
    cache_control: NotRequired[dict[str, Any] | None]


class ImageUrl(TypedDict):
    url: str
    detail: NotRequired[Literal["auto", "low", "high", "original"] | None]


class ImportAnswer(TypedDict):
    """What was made. `benchmark` is null where the file held rows alone, `run` where it held no results. It has a
    column for each run of theirs, and its report is there in a moment."""

    dataset: DatasetAnswer
    version: DatasetVersionAnswer
    benchmark: BenchmarkAnswer | None
    run: BenchmarkRunAnswer | None
    left_out: list[LeftOutAnswer]
    notes: list[str]


Intensity = Literal["lite", "full", "ultra"]


class JudgeRepeatability(TypedDict):
    """How a judge scored a sample of answers the second time."""

    n: int
    same: float
    mean_difference: float
    deviation: float | None


class KeyAnswer(TypedDict):
    """A key without what makes it one: `prefix` is how it begins. `last_used_at` is exact to about a minute, null for
    one that was never used."""

    id: str
    name: str
    role: Role
    prefix: str
    created_at: str
    created_by: str | None
    expires_at: str | None
    last_used_at: str | None
    quotas: QuotasAnswer


class KeyPage(TypedDict):
    items: list[KeyAnswer]
    total: int
    limit: int
    offset: int
    next_cursor: str | None


class KeyRequest(TypedDict):
    """`expires_at` is ISO 8601, in UTC where it has no offset; without it the key lasts until it is revoked."""

    name: str
    role: NotRequired[Literal["viewer", "member", "admin"]]
    expires_at: NotRequired[str | None]
    quotas: NotRequired[Quotas]


class KeySums(TypedDict):
    """`key` is an API key's id or a token's subject; null where nobody had to say who it was."""

    runs: int
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    cost_usd: float
    unpriced_runs: int
    platform_units: int
    key: str | None


class LeftInArchiveAnswer(TypedDict):
    """`count` things of a kind that were not imported, for one reason; `ids` are the first 20 of them, and none where
    the whole kind stays in the archive."""

    kind: str
    reason: str
    count: int
    ids: list[str]


class LeftOutAnswer(TypedDict):
    """What was not taken, and why."""

    file: str
    line: int
    name: str
    reason: str


class MeasureSummary(TypedDict):
    """One measure of one column. Intervals are for 95 %; whatever so few rows do not give is None."""

    n: int
    mean: float | None
    interval: list[float] | None
    method: Literal["t", "wilson"] | None
    median: float | None
    median_interval: list[float | None]
    p95: float | None
    p95_interval: list[float | None]


class Message(TypedDict):
    """One message. `content` is None only beside tool calls, or where an assistant said nothing.

    An assistant's message may come as a provider or its SDK gave it. What has no place in our own fields is kept as it
    came where a provider may want it back: see `carried`."""

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: NotRequired[str | list[TextPart | ImagePart | FilePart] | None]
    name: NotRequired[str | None]
    tool_calls: NotRequired[list[ToolCall] | None]
    tool_call_id: NotRequired[str | None]
    annotations: NotRequired[Any]
    audio: NotRequired[Any]
    prefix: NotRequired[Any]
    reasoning: NotRequired[str]
    reasoning_content: NotRequired[str]
    reasoning_details: NotRequired[Any]
    reasoning_items: NotRequired[Any]
    refusal: NotRequired[str]
    replay: NotRequired[list[dict[str, Any]]]
    thinking_blocks: NotRequired[Any]


class MessageChangeAnswer(TypedDict):
    """One message in both versions; an index is null where it is not there. `diff` is unified, empty for the same."""

    change: Literal["same", "changed", "added", "removed"]
    from_index: int | None
    to_index: int | None
    diff: str


class MetricScore(TypedDict):
    """One metric of the run's playground. Scores are from 0 to 1, but for counts and measures. One that could not be
    computed has none: `executionStatus` is SKIPPED or ERROR, and `errorMessage` says why. A judge's cost is no part of
    the run's."""

    ootbMetricConfigurationId: str
    ootbMetricName: str
    customOotbMetricName: str | None
    score: int | float | bool | str | list[str] | None
    executionStatus: MetricStatus
    errorMessage: str | None
    errorResolution: list[ErrorResolution] | None
    details: dict[str, Any]
    judgeRunId: str | None
    judgeCostUsd: float | None


MetricSpec = TypedDict(
    "MetricSpec",
    {
        "metric": "str",
        "name": NotRequired["str | None"],
        "not": NotRequired["bool"],
        "value": NotRequired["Any"],
        "threshold": NotRequired["float | None"],
        "weight": NotRequired["float"],
        "judge": NotRequired["str | None"],
    },
)

MetricStatus = Literal["COMPLETED", "SKIPPED", "ERROR"]


class MetricSummary(TypedDict):
    n: int
    mean: float | None
    interval: list[float] | None
    method: Literal["t", "wilson"] | None
    median: float | None
    median_interval: list[float | None]
    p95: float | None
    p95_interval: list[float | None]
    better: Literal["higher", "lower"]
    pass_all: NotRequired[float | None]
    pass_all_interval: NotRequired[list[float] | None]


class ModelAnswer(TypedDict):
    """Prices in US dollars per million tokens, for the shortest inputs; null is not known."""

    id: str
    provider: str
    model: str
    name: str
    aliases: list[str]
    context_window: int | None
    max_output_tokens: int | None
    input_usd_per_mtok: float | None
    cached_input_usd_per_mtok: float | None
    output_usd_per_mtok: float | None
    price_date: str | None
    capabilities: ModelCapabilities
    deprecation_date: str | None


class ModelCapabilities(TypedDict):
    """What the model takes; null is not known. `reasoning` says how it is asked for, false that it is not."""

    sampling: bool
    reasoning: Literal["effort", "adaptive", "budget", "level"] | Literal[False] | None
    images: bool | None
    tools: bool | None
    json_schema: bool | None


class ModelName(TypedDict):
    id: str
    name: str


class ModelSums(TypedDict):
    runs: int
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    cost_usd: float
    unpriced_runs: int
    platform_units: int
    model: str


class Models(TypedDict):
    items: list[ModelAnswer]
    total: int
    limit: int
    offset: int
    next_cursor: None


class ModerationOutcome(TypedDict):
    """The intervention that the run met: of several the one that blocked it, else the first. `score` is null where what
    was looked at kept it from being scored, which a guard that blocks takes for a violation."""

    metric: str
    score: int | float | bool | str | list[str] | None
    action: Action


class NamedTool(TypedDict):
    """The tool to be called."""

    type: NotRequired[Literal["function"]]
    function: FunctionName


class NewBenchmarkRequest(TypedDict):
    """A dataset over a matrix of prompt versions, targets and intensities. The prompt is `prompt_id` (its newest
    version when a run begins; also `namespace/slug`), `version_ids`, `template` (a text or messages with
    `{{variables}}`), or none: then the rows' messages are sent."""

    name: str
    dataset_id: str
    dataset_version: NotRequired[int | None]
    prompt_id: NotRequired[str | None]
    version_ids: NotRequired[list[str] | None]
    template: NotRequired[str | list[Message] | None]
    targets: list[BenchmarkTarget]
    intensities: NotRequired[list[Intensity | Literal["raw", "brief"]]]
    preset: NotRequired[Literal["compression"] | None]
    repeats: NotRequired[int]
    judge_twice: NotRequired[int]
    metrics: list[MetricSpec]
    baseline: NotRequired[str | None]
    gates: NotRequired[list[Gate]]
    budget_usd: NotRequired[float | str | None]
    concurrency: NotRequired[int]
    provider_concurrency: NotRequired[dict[str, int]]
    watch: NotRequired[WatchRequest | None]
    webhook_url: NotRequired[str | None]


class NewKeyAnswer(TypedDict):
    """`key` is shown this once: it is null where the request is repeated with its `Idempotency-Key`."""

    id: str
    name: str
    role: Role
    prefix: str
    created_at: str
    created_by: str | None
    expires_at: str | None
    last_used_at: str | None
    quotas: QuotasAnswer
    key: str | None


Outcome = Literal["clean", "partial", "broken"]


class PairedComparison(TypedDict):
    """A column against the baseline, on the rows that have both."""

    column: str
    baseline: str
    metric: str
    better: Literal["higher", "lower"]
    n: int
    missing: int
    difference: float | None
    interval: list[float] | None
    method: Literal["t", "tango"] | None
    wins: int
    ties: int
    losses: int
    p: float | None
    p_holm: float | None
    verdict: Literal["better", "worse", "not_shown"]
    n_needed: int | None


class Parameters(TypedDict):
    """What the caller asked of the model. A field that is None was not given and is not sent."""

    temperature: NotRequired[float | None]
    max_tokens: NotRequired[int | None]
    top_p: NotRequired[float | None]
    top_k: NotRequired[int | None]
    frequency_penalty: NotRequired[float | None]
    presence_penalty: NotRequired[float | None]
    stop: NotRequired[list[str] | str | None]
    seed: NotRequired[int | None]
    reasoning_effort: NotRequired[Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"] | None]
    response_format: NotRequired[dict[str, Any] | None]
    tools: NotRequired[list[dict[str, Any]] | None]
    tool_choice: NotRequired[Literal["none", "auto", "required"] | NamedTool | None]
    parallel_tool_calls: NotRequired[bool | None]
    extra: NotRequired[dict[str, Any] | None]


class PoisonRow(TypedDict):
    """A row that could not be run."""

    row: int
    columns: list[str]
    error: str | None


class PromptAnswer(TypedDict):
    """A prompt. `latest_version` is null before the first. `author` is a name; `author_id` is what a run names as its
    `caller`: an API key's id, a token's subject, or `local` while the local server runs open."""

    id: str
    namespace: str
    slug: str
    description: str | None
    latest_version: VersionPointer | None
    labels: dict[str, VersionPointer]
    aliases: list[str]
    archived: bool
    author: str | None
    author_id: str | None
    created_at: str
    updated_at: str


class PromptPageAnswer(TypedDict):
    items: list[PromptAnswer]
    total: int
    limit: int
    offset: int
    next_cursor: str | None


class PromptRunRequest(TypedDict):
    """Run a prompt on one target."""

    events: NotRequired[list[Literal["reasoning", "tool_calls"]]]
    on_disconnect: NotRequired[Literal["cancel", "continue"]]
    resumable: NotRequired[bool]
    playground_id: NotRequired[str | None]
    reference: NotRequired[str | None]
    documents: NotRequired[list[str] | None]
    on_unsupported: NotRequired[Literal["error", "drop"]]
    prompt_text: NotRequired[str | None]
    messages: NotRequired[list[Message] | None]
    prompt_id: NotRequired[str | None]
    system: NotRequired[str | None]
    variables: NotRequired[dict[str, str | int | float | bool] | None]
    provider: NotRequired[str | None]
    model: NotRequired[str | None]
    parameters: NotRequired[Parameters]
    llm_blueprint_id: NotRequired[str | None]
    provider_key: NotRequired[str | None]
    custom_base_url: NotRequired[str | None]


class Provider(TypedDict):
    """`ready` tells whether a run could be made without a key or an address of the caller's own; `missing` what it
    lacks otherwise: a variable of the deployment, or a field of the request. `custom_endpoints` tells whether
    `custom_base_url` may be given."""

    id: str
    name: str
    default_model: str | None
    models: list[ModelName]
    streaming: bool
    requires_key: bool
    ready: bool
    missing: str | None
    custom_endpoints: bool


class Providers(TypedDict):
    providers: list[Provider]


class QualityDifference(TypedDict):
    difference: float | None
    interval: list[float] | None


class QuotaState(TypedDict):
    """A month's quota, of the tenant or of the API key that asks. `unit` is `tokens` or `usd`."""

    scope: Literal["tenant", "key"]
    unit: Literal["tokens", "usd"]
    limit: int | float
    used: int | float
    reserved: int | float
    remaining: int | float
    resets_at: str


class Quotas(TypedDict):
    """None: no limit. A month is a calendar month in UTC."""

    tokens_per_month: NotRequired[int | None]
    usd_per_month: NotRequired[float | str | None]
    requests_per_minute: NotRequired[int | None]


class QuotasAnswer(TypedDict):
    """null: no limit. Months are calendar months in UTC; `usd_per_month` is in US dollars of provider cost."""

    tokens_per_month: int | None
    usd_per_month: float | None
    requests_per_minute: int | None


class Replayed(TypedDict):
    """A part of an answer that its provider wants back with the next turn, such as signed or encrypted reasoning: as it
    came, in the form of its wire, which alone is sent it."""

    part: dict[str, Any]
    after_text: NotRequired[int]
    after_calls: NotRequired[int]


class Reserved(TypedDict):
    """What is held back for runs that are going on."""

    runs: int
    tokens: int
    cost_usd: float


Role = Literal["viewer", "member", "admin", "operator"]


class RowAnswer(TypedDict):
    """A row. It has variables for a prompt, or messages of its own, or both; `reference` is a text, or several of which
    an answer may be any. `metrics` are its own, beside the benchmark's."""

    id: str
    number: int
    variables: dict[str, Any]
    messages: list[Message] | None
    reference: str | list[str] | None
    documents: list[str]
    tags: list[str]
    metadata: dict[str, Any]
    metrics: NotRequired[list[MetricSpec]]


class RowPageAnswer(TypedDict):
    items: list[RowAnswer]
    total: int | None
    limit: int
    offset: int
    next_cursor: str | None


class RunAnswer(TypedDict):
    """One run. `cost_usd` is in US dollars, durations in milliseconds; a number that is not known is null. `metrics`
    and `moderation` are there where the run's playground has any. A run that its guards block has the status `blocked`,
    and the intervention's message as its output. `ttft_ms` is to the first of the answer, whatever it is,
    `first_text_ms` to the first of its text. `cost_source` is `provider` where the provider's own figure stands for a
    price; `unpriced` names fees that leave the cost unknown; `finish_word` is the provider's word for an end that we do
    not know. `message` is what a conversation goes on with. `cut` is there
    where content of the run is not, or only its beginning: by the field's name, the bytes of the whole."""

    id: str
    output: str | None
    model_id: str
    label: NotRequired[str]
    provider: str | None
    model: str | None
    status: RunStatus
    latency_ms: int | None
    ttft_ms: int | None
    first_text_ms: NotRequired[int | None]
    tokens: Tokens | None
    usage_source: UsageSource
    cost_usd: float | None
    cost_source: NotRequired[Literal["list", "provider"]]
    unpriced: NotRequired[list[str]]
    finish_reason: FinishReason | None
    finish_word: NotRequired[str]
    reasoning: NotRequired[str | None]
    citations: NotRequired[list[Citation] | None]
    tool_calls: list[ToolCall] | None
    message: NotRequired[AssistantMessage | None]
    error: ErrorBody | None
    cut: NotRequired[dict[str, int]]
    dropped: NotRequired[list[str]]
    created_at: str
    metrics: NotRequired[list[MetricScore]]
    moderation: NotRequired[ModerationOutcome]


class RunDoneEvent(TypedDict):
    """The last event of a run that did not fail. `cut` is there where more of the answer came than is kept with the
    run: by the field's name, the bytes of the whole."""

    done: Literal[True]
    id: str
    finish_reason: FinishReason | None
    cost_usd: float | None
    tool_calls: list[ToolCall] | None
    reasoning: str | None
    citations: list[Citation] | None
    message: AssistantMessage | None
    cut: NotRequired[dict[str, int]]
    dropped: NotRequired[list[str]]
    stats: RunStats
    metrics: NotRequired[list[MetricScore]]
    moderation: NotRequired[ModerationOutcome]


class RunErrorEvent(TypedDict):
    """The last event of a run that failed."""

    error: ErrorBody
    id: str


class RunRecord(TypedDict):
    """A run as the history holds it: the answer, and all that it was made from."""

    id: str
    output: str | None
    model_id: str
    label: NotRequired[str]
    provider: str | None
    model: str | None
    status: RunStatus
    latency_ms: int | None
    ttft_ms: int | None
    first_text_ms: NotRequired[int | None]
    tokens: Tokens | None
    usage_source: UsageSource
    cost_usd: float | None
    cost_source: NotRequired[Literal["list", "provider"]]
    unpriced: NotRequired[list[str]]
    finish_reason: FinishReason | None
    finish_word: NotRequired[str]
    reasoning: NotRequired[str | None]
    citations: NotRequired[list[Citation] | None]
    tool_calls: list[ToolCall] | None
    message: NotRequired[AssistantMessage | None]
    error: ErrorBody | None
    cut: NotRequired[dict[str, int]]
    dropped: NotRequired[list[str]]
    created_at: str
    metrics: NotRequired[list[MetricScore]]
    moderation: NotRequired[ModerationOutcome]
    endpoint: str
    endpoint_tag: NotRequired[str]
    caller: str | None
    messages: list[Message]
    template: Template | None
    parameters: Parameters
    custom_base_url: str | None
    price_date: str | None
    reference: str | None
    documents: list[str] | None
    prompt_id: str | None
    version_id: str | None
    version_number: int | None
    playground_id: str | None
    llm_blueprint_id: str | None
    comparison_id: str | None
    rerun_of: str | None
    judge_of: str | None
    benchmark_run_id: str | None
    settled_at: str | None
    vote: NotRequired[Vote]


class RunStats(TypedDict):
    """Tokens, and times in milliseconds; null is not known. `usage_source` is there where tokens are an estimate."""

    tokens_in: int | None
    tokens_out: int | None
    latency_ms: int | None
    ttft_ms: int | None
    first_text_ms: int | None
    usage_source: NotRequired[UsageSource]


RunStatus = Literal["running", "succeeded", "failed", "cancelled", "blocked"]


class SaveVersionRequest(TypedDict):
    """The next version of the prompt `namespace/slug`, which is made if it is not there."""

    content: NotRequired[str | None]
    messages: NotRequired[list[Message] | None]
    run_id: NotRequired[str | None]
    default_model: NotRequired[str | None]
    parameters: NotRequired[Parameters | None]
    commit_message: NotRequired[str | None]
    namespace: str
    slug: str


class SavedVersionAnswer(TypedDict):
    """`created` is false where the newest version had this content already."""

    prompt_id: str
    version_id: str
    version_number: int
    namespace: str
    slug: str
    created: bool


class Saving(TypedDict):
    percent: float | None
    interval: list[float] | None


SettingChange = TypedDict("SettingChange", {"from": "Any", "to": "Any"})


class StartedAnswer(TypedDict):
    """A run in the queue. `cells` is how many there are: rows × columns × repeats. The estimate is made of a sample of
    the rows; null where a price is not known."""

    id: str
    status: BenchmarkStatus
    cells: int
    estimate_usd: float | None


class Sums(TypedDict):
    """Sums over runs. `cost_usd` is the cost of those whose cost is known, `unpriced_runs` how many the others are;
    `cached_tokens` is the part of `input_tokens` that was read from the providers' caches, as far as they tell. A
    platform unit is a started minute of a run."""

    runs: int
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    cost_usd: float
    unpriced_runs: int
    platform_units: int


class TargetDoneEvent(TypedDict):
    """The last event of a target whose run did not fail."""

    index: int
    done: Literal[True]
    id: str
    finish_reason: FinishReason | None
    cost_usd: float | None
    tool_calls: list[ToolCall] | None
    reasoning: str | None
    citations: list[Citation] | None
    message: AssistantMessage | None
    cut: NotRequired[dict[str, int]]
    dropped: NotRequired[list[str]]
    stats: RunStats
    metrics: NotRequired[list[MetricScore]]
    moderation: NotRequired[ModerationOutcome]


class TargetErrorEvent(TypedDict):
    """The last event of a target that failed."""

    index: int
    error: ErrorBody
    id: str


class Template(TypedDict):
    """What the prompt was made from: one of text and messages, with the values put in."""

    text: NotRequired[str | None]
    messages: NotRequired[list[Message] | None]
    variables: NotRequired[dict[str, Any]]


class TenantImportAnswer(TypedDict):
    """What one request has imported, by kind. `there_already` are things with ids that the tenant has: they are as they
    were. While `done` is false, send the same archive again with `next` as `after`; the counts are then those of that
    request. `made_of` is the tenant that was exported."""

    done: bool
    next: str | None
    made_of: str
    exported_at: str
    imported: dict[str, int]
    there_already: dict[str, int]
    left_out: list[LeftInArchiveAnswer]


class TextPart(TypedDict):
    type: NotRequired[Literal["text"]]
    text: str
    cache_control: NotRequired[dict[str, Any] | None]
    extra_content: NotRequired[dict[str, Any] | None]


class Tokens(TypedDict):
    """Counts in tokens; null is not known. `prompt` includes cached tokens, `completion` includes reasoning."""

    prompt: int | None
    completion: int | None
    total: int | None
    cached: NotRequired[int]
    reasoning: NotRequired[int]


class ToolCall(TypedDict):
    id: str
    type: NotRequired[Literal["function"]]
    function: ToolFunction
    extra_content: NotRequired[dict[str, Any] | None]


class ToolFunction(TypedDict):
    name: str
    arguments: str


class UsageAnswer(TypedDict):
    """`total` is exact at this moment. The lists are made from the ledger and go to `listed_until`, which is now; or,
    where there is more to read than one answer can wait for, some hour before: ask again. Of a kind's many names the
    last ones are under `(others)`."""

    month: str
    total: Sums
    reserved: Reserved
    quotas: list[QuotaState]
    requests_per_minute: int | None
    runs_at_once: int | None
    by_day: list[DaySums]
    by_model: list[ModelSums]
    by_key: list[KeySums]
    by_endpoint: list[EndpointSums]
    listed_until: str


UsageSource = Literal["reported", "estimated", "unknown"]


class VersionAnswer(TypedDict):
    """A version with its content: `text` or `messages`, as its `type` is `text` or `chat`."""

    id: str
    prompt_id: str
    namespace: str
    slug: str
    version_number: int
    type: Literal["text", "chat"]
    default_model: str | None
    commit_message: str | None
    author: str | None
    author_id: str | None
    created_at: str
    text: str | None
    messages: list[Message] | None
    variables: list[str]
    parameters: Parameters


class VersionPageAnswer(TypedDict):
    """Newest first."""

    items: list[VersionSummary]
    total: int
    limit: int
    offset: int
    next_cursor: str | None


class VersionPointer(TypedDict):
    version_number: int
    version_id: str


class VersionSummary(TypedDict):
    id: str
    prompt_id: str
    namespace: str
    slug: str
    version_number: int
    type: Literal["text", "chat"]
    default_model: str | None
    commit_message: str | None
    author: str | None
    author_id: str | None
    created_at: str


Vote = Literal["better", "worse", "tie"]


class Watch(TypedDict):
    """What starts the benchmark by itself, and what it guards."""

    prompt_id: NotRequired[str | None]
    label: NotRequired[str | None]
    dataset: NotRequired[bool]


class WatchRequest(TypedDict):
    """What starts the benchmark by itself: a new version of its prompt (`prompt_id`, also `namespace/slug`), or rows
    that were uploaded into its dataset (`dataset`). A `label` of that prompt moves only to a version that has
    passed."""

    prompt_id: NotRequired[str | None]
    label: NotRequired[str | None]
    dataset: NotRequired[bool]
