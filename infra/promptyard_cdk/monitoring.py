"""Alarms and a dashboard. What each alarm means and what to do is in docs/operations.md."""

from collections.abc import Mapping

from aws_cdk import Duration, Names
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
SETTLE_RUNS = frozenset({"run", "compare", "history", "sweeper", "benchmark_worker"})
"""The functions that charge runs by what providers report: history, too, settles a run whose process died."""
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
        failures: sqs.IQueue,
        aside: sqs.IQueue | None,
    ) -> None:
        super().__init__(scope, construct_id)
        self.topic = props.alarm_topic or sns.Topic(self, "Alarms", master_key=props.encryption_key, enforce_ssl=True)
        self._action = actions.SnsAction(self.topic)
        api_errors = cloudwatch.Metric(
            namespace="AWS/ApiGateway",
            metric_name="5XXError",
            dimensions_map={"ApiName": rest_api.rest_api_name},
            statistic="Sum",
            period=PERIOD,
        )
        self._alarm("ApiErrors", api_errors, 5, "The API has answered with a status of 500 or more")
        failed_events = failures.metric_approximate_number_of_messages_visible(period=PERIOD, statistic="Maximum")
        self._alarm("Failures", failed_events, 1, "Events lie in the queue of failures")
        if aside is not None:
            messages = aside.metric_approximate_number_of_messages_visible(period=PERIOD, statistic="Maximum")
            self._alarm("Aside", messages, 1, "Messages of benchmarks were put aside")
        self._alarm("OddUsage", self._odd_usage(functions), 1, "A provider has reported more than its model can")
        dashboard = cloudwatch.Dashboard(self, "Dashboard", default_interval=Duration.days(1))
        dashboard.add_widgets(
            cloudwatch.GraphWidget(title="API: errors", left=[api_errors], width=16),
            cloudwatch.GraphWidget(title="Failed events", left=[failed_events], width=8),
        )
        for name, function in functions.items():
            dashboard.add_widgets(*self._watch(name, function))

    def _odd_usage(self, functions: Mapping[str, GroupFunction]) -> cloudwatch.Metric:
        """How often that stands in the logs of the functions that settle runs."""
        namespace, name = f"Promptyard/{Names.unique_id(self)}", "UsageOutOfBounds"
        for group in sorted(SETTLE_RUNS & functions.keys()):
            logs.MetricFilter(
                self,
                f"OddUsage{group.capitalize()}",
                log_group=functions[group].log_group,
                filter_pattern=logs.FilterPattern.string_value("$.message", "=", "usage out of bounds"),
                metric_namespace=namespace,
                metric_name=name,
            )
        return cloudwatch.Metric(namespace=namespace, metric_name=name, statistic="Sum", period=PERIOD)

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
