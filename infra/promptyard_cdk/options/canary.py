"""New versions that have to hold for a while before all callers get them."""

from collections.abc import Iterable

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_codedeploy as codedeploy
from aws_cdk import aws_iam as iam
from constructs import Construct

from promptyard_cdk.acknowledgements import acknowledge
from promptyard_cdk.functions import GroupFunction

POLICY = "service-role/AWSCodeDeployRoleForLambdaLimited"


class Canaries(Construct):
    """A deployment group a function: the alias gives a tenth of its calls to the new version, then all. An error of
    that version meanwhile moves all back, and CloudFormation takes the whole deployment back."""

    def __init__(
        self, scope: Construct, construct_id: str, *, functions: Iterable[GroupFunction], minutes: int
    ) -> None:
        super().__init__(scope, construct_id)
        # One of AWS's own.
        self._config = getattr(codedeploy.LambdaDeploymentConfig, f"CANARY_10_PERCENT_{minutes}_MINUTES")
        self._application = codedeploy.LambdaApplication(self, "Application")
        self._role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("codedeploy.amazonaws.com"),
            managed_policies=[iam.ManagedPolicy.from_aws_managed_policy_name(POLICY)],
        )
        acknowledge(
            self._role,
            f"AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/{POLICY}]",
            "CodeDeploy's own policy, without the right to call what hooks would be",
        )
        for function in functions:
            self._watch(function)

    def _watch(self, function: GroupFunction) -> None:
        name = function.group.name.capitalize()
        alarm = cloudwatch.Alarm(
            self,
            f"{name}Errors",
            metric=_errors_of_new_version(function),
            threshold=1,
            evaluation_periods=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
            alarm_description=f"{function.group.name}: the new version has failed. What to do: docs/operations.md",
        )
        codedeploy.LambdaDeploymentGroup(
            self,
            name,
            alias=function.alias,
            application=self._application,
            role=self._role,
            deployment_config=self._config,
            alarms=[alarm],
            auto_rollback=codedeploy.AutoRollbackConfig(
                failed_deployment=True, stopped_deployment=True, deployment_in_alarm=True
            ),
        )


def _errors_of_new_version(function: GroupFunction) -> cloudwatch.Metric:
    """Of the calls by the alias those that the new version answered: the old one's errors take nothing back."""
    called = function.function.function_name
    return cloudwatch.Metric(
        namespace="AWS/Lambda",
        metric_name="Errors",
        dimensions_map={
            "FunctionName": called,
            "Resource": f"{called}:{function.alias.alias_name}",
            "ExecutedVersion": function.function.current_version.version,
        },
        statistic="Sum",
        period=Duration.minutes(1),
    )
