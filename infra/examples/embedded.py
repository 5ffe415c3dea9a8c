"""Promptyard within a stack of yours: python embedded.py

    pip install '/path/to/the/clone[cdk]'

Here a team has a table of its own and a function that asks models through the API, and only what it needs of
Promptyard: runs, comparisons, prompts and their history.
"""

import os

from aws_cdk import App, CfnOutput, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from promptyard_cdk import PromptyardApi, PromptyardApiProps, Throttle


class TeamStack(Stack):
    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        tickets = dynamodb.TableV2(
            self, "Tickets", partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING)
        )
        answering_role = iam.Role(self, "AnsweringRole", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        prompts = PromptyardApi(
            self,
            "Prompts",
            PromptyardApiProps(
                groups=["run", "compare", "prompts", "history"],
                memory={"run": 2048},
                throttle={"run": Throttle(rate=20, burst=40)},
                # The team's own function signs its requests: it needs no key of Promptyard's.
                gateway_auth={
                    "kind": "iam",
                    "principals": [
                        {
                            "arn": f"arn:aws:sts::{self.account}:assumed-role/{answering_role.role_name}/*",
                            "tenant": "support",
                            "role": "member",
                        }
                    ],
                },
                provider_secrets={"OPENAI_API_KEY": secretsmanager.Secret(self, "OpenAiKey")},
                retention_days=90,
            ),
        )
        answering = lambda_.Function(
            self,
            "Answering",
            role=answering_role,
            runtime=lambda_.Runtime.PYTHON_3_14,
            handler="index.handler",
            code=lambda_.Code.from_inline("def handler(event, context): ..."),
            environment={"PROMPTYARD_URL": prompts.url or ""},
        )
        prompts.grant_invoke(answering)
        tickets.grant_read_data(answering)
        CfnOutput(self, "PromptyardUrl", value=prompts.url or "")
        CfnOutput(self, "RunsTable", value=prompts.tables["runs"].table_name)
        CfnOutput(self, "Alarms", value=prompts.topics["alarms"].topic_arn)
        CfnOutput(self, "RunFunction", value=prompts.functions["run"].function_arn)


if __name__ == "__main__":
    app = App(outdir=os.environ.get("CDK_OUTDIR"))
    TeamStack(app, "Team")
    written = app.synth().directory
    print(f"Wrote the stack Team into {written}. Deploy it, with your AWS credentials and region:")
    print(f"  npx aws-cdk@2.1148.1 deploy Team --app {written}")
