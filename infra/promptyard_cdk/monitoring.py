"""Alarms and a dashboard. What each alarm means and what to do is in docs/operations.md."""

from collections.abc import Mapping

from aws_cdk import Duration
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from promptyard_cdk.functions import GroupFunction
from promptyard_cdk.props import PromptyardApiProps

PERIOD = Duration.minutes(5)
BUFFERED_P99_MS = 3_000
OUR_STATUSES = (500, 503)
"""Of answers that are nobody else's fault: a 502 is a provider's, a 504 a run's that took too long."""
RUNS_FOR_A_RATE = 10
"""Of fewer in a period the share that failed says little."""
PROVIDER_FAILURES_PERCENT = 20
P99_OF_TIMEOUT = 0.9
"""A run takes as long as it takes: what matters is that it does not come near the function's end."""


class Monitoring(Construct):
    """`topic`: where the alarms go."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        props: PromptyardApiProps,
        functions: Mapping[str, GroupFunction],
        rest_api: apigateway.IRestApi,
        metrics_namespace: str,
        failures: sqs.IQueue,
        aside: sqs.IQueue | None,
    ) -> None:
        super().__init__(scope, construct_id)
        self.topic = props.alarm_topic or sns.Topic(self, "Alarms", master_key=props.encryption_key, enforce_ssl=True)
        self._action = actions.SnsAction(self.topic)
        self._namespace = metrics_namespace
        ours = self._our_failures(functions)
        self._alarm("OurFaults", ours, 1, "Runs or requests have failed by our own fault")
        share = self._provider_failures()
        self._alarm(
            "ProviderFailures",
            share,
            PROVIDER_FAILURES_PERCENT,
            f"{PROVIDER_FAILURES_PERCENT} % of runs fail at providers",
        )
        failed_events = failures.metric_approximate_number_of_messages_visible(period=PERIOD, statistic="Maximum")
        self._alarm("Failures", failed_events, 1, "Events lie in the queue of failures")
        if aside is not None:
            messages = aside.metric_approximate_number_of_messages_visible(period=PERIOD, statistic="Maximum")
            self._alarm("Aside", messages, 1, "Messages of benchmarks were put aside")
        self._alarm("OddUsage", self._odd_usage(functions), 1, "A provider has reported more than its model can")
        dashboard = cloudwatch.Dashboard(self, "Dashboard", default_interval=Duration.days(1))
        dashboard.add_widgets(
            cloudwatch.GraphWidget(title="Runs", left=[self._metric("Runs"), ours], right=[share], width=8),
            cloudwatch.GraphWidget(title="API: errors", left=_api_errors(rest_api), width=8),
            cloudwatch.GraphWidget(title="Failed events", left=[failed_events], width=8),
        )
        for name, function in functions.items():
            dashboard.add_widgets(*self._watch(name, function))

    def _our_failures(self, functions: Mapping[str, GroupFunction]) -> cloudwatch.Metric:
        """What runs tell of themselves (`layers/promptyard/aws/metric_lines.py`), and the answers in the logs."""
        statuses = [logs.FilterPattern.number_value("$.status", "=", status) for status in OUR_STATUSES]
        answered = logs.FilterPattern.string_value("$.message", "=", "request")
        pattern = logs.FilterPattern.all(answered, logs.FilterPattern.any(*statuses))
        answering = {name for name, function in functions.items() if function.group.has_routes}
        return self._counted("OurFailures", pattern, {name: functions[name] for name in answering})

    def _provider_failures(self) -> cloudwatch.MathExpression:
        """Their share of the runs, in percent; 0 of few runs."""
        return cloudwatch.MathExpression(
            expression=f"IF(runs >= {RUNS_FOR_A_RATE}, 100 * FILL(failed, 0) / runs, 0)",
            using_metrics={"runs": self._metric("Runs"), "failed": self._metric("ProviderFailures")},
            label="Failed at providers, %",
            period=PERIOD,
        )

    def _odd_usage(self, functions: Mapping[str, GroupFunction]) -> cloudwatch.Metric:
        """How often that stands in the logs of the functions that settle runs."""
        pattern = logs.FilterPattern.string_value("$.message", "=", "usage out of bounds")
        settling = {name: function for name, function in functions.items() if function.group.settles_runs}
        return self._counted("UsageOutOfBounds", pattern, settling)

    def _counted(
        self, name: str, pattern: logs.IFilterPattern, functions: Mapping[str, GroupFunction]
    ) -> cloudwatch.Metric:
        """The metric, which also counts the lines of that pattern in these functions' logs."""
        for group in sorted(functions):
            logs.MetricFilter(
                self,
                f"{name}{group.capitalize()}",
                log_group=functions[group].log_group,
                filter_pattern=pattern,
                metric_namespace=self._namespace,
                metric_name=name,
            )
        return self._metric(name)

    def _metric(self, name: str) -> cloudwatch.Metric:
        return cloudwatch.Metric(namespace=self._namespace, metric_name=name, statistic="Sum", period=PERIOD)

    def _watch(self, name: str, function: GroupFunction) -> list[cloudwatch.IWidget]:
        """A function's alarms; returns its row of the dashboard."""
        alias, title = function.alias, name.capitalize()
        errors = alias.metric_errors(period=PERIOD, statistic="Sum")
        throttles = alias.metric_throttles(period=PERIOD, statistic="Sum")
        durations = [alias.metric_duration(period=PERIOD, statistic=statistic) for statistic in ("p50", "p99")]
        buffered = function.group.mode == "buffered"
        slow_ms = BUFFERED_P99_MS if buffered else P99_OF_TIMEOUT * function.group.timeout * 1000
        self._alarm(f"{title}Errors", errors, 1, f"{name}: invocations have failed")
        self._alarm(f"{title}Throttles", throttles, 1, f"{name}: invocations have been refused")
        self._alarm(f"{title}Slow", durations[1], slow_ms, f"{name}: 1 in 100 takes longer than {slow_ms:g} ms")
        return [
            cloudwatch.GraphWidget(
                title=f"{name}: invocations", left=[alias.metric_invocations(period=PERIOD, statistic="Sum")], width=8
            ),
            cloudwatch.GraphWidget(title=f"{name}: errors, throttles", left=[errors, throttles], width=8),
            cloudwatch.GraphWidget(title=f"{name}: duration", left=durations, width=8),
        ]

    def _alarm(self, name: str, metric: cloudwatch.IMetric, threshold: float, description: str) -> None:
        alarm = cloudwatch.Alarm(
            self,
            name,
            metric=metric,
            threshold=threshold,
            evaluation_periods=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
            alarm_description=f"{description}. What to do: docs/operations.md",
        )
        alarm.add_alarm_action(self._action)
        alarm.add_ok_action(self._action)


def _api_errors(rest_api: apigateway.IRestApi) -> list[cloudwatch.IMetric]:
    return [
        cloudwatch.Metric(
            namespace="AWS/ApiGateway",
            metric_name=name,
            dimensions_map={"ApiName": rest_api.rest_api_name},
            statistic="Sum",
            period=PERIOD,
        )
        for name in ("4XXError", "5XXError")
    ]
