"""The REST API: a resource and a method for every route, and each function's way of answering."""

import json
from collections.abc import Mapping, Sequence

from aws_cdk import Duration, NestedStack, RemovalPolicy, Stack
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_logs as logs
from aws_cdk import aws_route53 as route53
from aws_cdk import aws_route53_targets as targets
from aws_cdk import aws_wafv2 as wafv2
from constructs import Construct

from promptyard_cdk.acknowledgements import UNTRACED, acknowledge
from promptyard_cdk.functions import GroupFunction
from promptyard_cdk.gateway_errors import add_gateway_responses
from promptyard_cdk.props import PromptyardApiProps, Throttle
from promptyard_cdk.routes import Route, cors_headers

STREAM_TIMEOUT = Duration.minutes(15)
BUFFERED_TIMEOUT = Duration.seconds(29)
"""The longest that API Gateway waits; a stream may also be silent for 5 minutes at most, and Promptyard's never is:
https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode.html"""

ACCESS_LOG = {
    "requestId": "$context.requestId",
    "extendedRequestId": "$context.extendedRequestId",
    "time": "$context.requestTime",
    "ip": "$context.identity.sourceIp",
    "method": "$context.httpMethod",
    "resource": "$context.resourcePath",
    "status": "$context.status",
    "bytes": "$context.responseLength",
    "latencyMs": "$context.responseLatency",
    "integrationLatencyMs": "$context.integrationLatency",
    "integrationError": "$context.integration.error",
    "transferMode": "$context.integration.responseTransferMode",
    "toHeadersMs": "$context.integration.timeToAllHeaders",
    "toFirstContentMs": "$context.integration.timeToFirstContent",
}
"""No query string: it is not known what callers put there. The last three are of streamed answers:
https://docs.aws.amazon.com/apigateway/latest/developerguide/response-streaming-troubleshoot.html"""


_BY_THE_FUNCTION = (
    "The functions know every caller by key, token or authorizer, and refuse all others; only /health, the "
    "page and the description of the API are open"
)

_WRITE_LOGS = "arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"

ACKNOWLEDGED = {
    "AwsSolutions-APIG2": "The functions check every request against its schema, and name the field that is wrong",
    "AwsSolutions-APIG3": "A web ACL costs while nothing calls; who wants one attaches it to the stage",
    "AwsSolutions-APIG4": _BY_THE_FUNCTION,
    "AwsSolutions-COG4": _BY_THE_FUNCTION,
    f"AwsSolutions-IAM4[Policy::{_WRITE_LOGS}]": "API Gateway's own policy for the role that writes its logs",
}


class Api(Construct):
    """`rest_api`: the one given, or a new one in a nested stack: a stack takes 500 resources, of which a REST API needs
    one for each part of a path, each method, and each path that pages of other origins call. One with an authorizer
    that was given is in the stack itself, as that is: each of the two would wait for the other. `url`: its address,
    None where an API that was imported has none; `domain_target`: what a record of its domain points at."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        props: PromptyardApiProps,
        routes: Sequence[Route],
        functions: Mapping[str, GroupFunction],
        throttles: Mapping[str, Throttle],
    ) -> None:
        """`throttles`: what each method takes, by group."""
        super().__init__(scope, construct_id)
        self._props = props
        self._throttles = throttles
        self.domain_target: str | None = None
        self._place = self if props.rest_api or props.authorizer else NestedStack(self, "Routes")
        self.rest_api = props.rest_api or self._new_api(routes)
        self.url = self._url()
        authorizer = props.authorizer or self._pools_authorizer()
        integrations = {name: _integration(function) for name, function in functions.items()}
        for route in routes:
            is_open = props.gateway_auth is None or route.is_open
            self.rest_api.root.resource_for_path(route.path).add_method(
                route.method,
                integrations[route.group],
                authorization_type=_authorization(is_open, authorizer),
                authorizer=None if is_open else authorizer,
            )
        if props.cors_origins:
            self._add_preflights(routes)

    def _new_api(self, routes: Sequence[Route]) -> apigateway.RestApi:
        props, place = self._props, self._place
        access_log = logs.LogGroup(
            place,
            "AccessLog",
            retention=props.log_retention,
            encryption_key=props.encryption_key,
            removal_policy=RemovalPolicy.DESTROY,
        )
        domain = props.domain
        most = max(self._throttles.values(), key=lambda throttle: throttle.burst)
        api = apigateway.RestApi(
            place,
            "RestApi",
            # Its metrics are found by its name, which AWS lets several have.
            rest_api_name=f"{Stack.of(self).stack_name}-{self.node.addr[-8:]}",
            description="Promptyard: run, stream, compare, keep and meter prompts",
            endpoint_configuration=apigateway.EndpointConfiguration(types=[apigateway.EndpointType.REGIONAL]),
            cloud_watch_role=props.api_gateway_log_role,
            domain_name=None
            if domain is None
            else apigateway.DomainNameOptions(
                domain_name=domain.name,
                certificate=domain.certificate,
                endpoint_type=apigateway.EndpointType.REGIONAL,
                security_policy=apigateway.SecurityPolicy.TLS_1_2,
                base_path=domain.base_path,
            ),
            deploy_options=apigateway.StageOptions(
                access_log_destination=apigateway.LogGroupLogDestination(access_log),
                access_log_format=apigateway.AccessLogFormat.custom(json.dumps(ACCESS_LOG)),
                logging_level=apigateway.MethodLoggingLevel.ERROR,
                throttling_rate_limit=most.rate,
                throttling_burst_limit=most.burst,
                tracing_enabled=props.tracing,
                method_options={f"{route.path}/{route.method}": self._method_options(route.group) for route in routes},
            ),
        )
        api.node.try_remove_child("Endpoint")  # an output of the stack that nobody has asked for
        signed = props.gateway_auth is not None and props.gateway_auth["kind"] == "iam"
        add_gateway_responses(api, props.cors_origins, signed=signed)
        if domain is not None and domain.hosted_zone is not None:
            for record in (route53.ARecord, route53.AaaaRecord):
                record(
                    place,
                    record.__name__,
                    zone=domain.hosted_zone,
                    record_name=domain.name,
                    target=route53.RecordTarget.from_alias(targets.ApiGateway(api)),
                )
        if api.domain_name is not None:
            self.domain_target = api.domain_name.domain_name_alias_domain_name
        if props.web_acl is not None:
            stage = api.deployment_stage.stage_arn
            wafv2.CfnWebACLAssociation(place, "WebAcl", resource_arn=stage, web_acl_arn=props.web_acl)
        for rule, reason in ACKNOWLEDGED.items():
            acknowledge(api, rule, reason)
        if not props.tracing:
            acknowledge(api, "Serverless-APIGWXrayEnabled", UNTRACED)
        return api

    def _url(self) -> str | None:
        domain = self._props.domain
        if domain is not None:
            return f"https://{domain.name}/{f'{domain.base_path}/' if domain.base_path else ''}"
        return self.rest_api.url if isinstance(self.rest_api, apigateway.RestApi) else None

    def _pools_authorizer(self) -> apigateway.CognitoUserPoolsAuthorizer | None:
        pools = list(self._props.user_pools)
        if not pools:
            return None
        return apigateway.CognitoUserPoolsAuthorizer(self._place, "UserPools", cognito_user_pools=pools)

    def _method_options(self, group: str) -> apigateway.MethodDeploymentOptions:
        throttle = self._throttles[group]
        return apigateway.MethodDeploymentOptions(
            throttling_rate_limit=throttle.rate,
            throttling_burst_limit=throttle.burst,
            logging_level=apigateway.MethodLoggingLevel.ERROR,
            metrics_enabled=False,  # those of single methods cost extra; the API's own are there without
        )

    def _add_preflights(self, routes: Sequence[Route]) -> None:
        for path in dict.fromkeys(route.path for route in routes):
            self.rest_api.root.resource_for_path(path).add_cors_preflight(
                allow_origins=list(self._props.cors_origins),
                allow_methods=[route.method for route in routes if route.path == path],
                allow_headers=cors_headers(),
                max_age=Duration.minutes(10),
            )


def _authorization(is_open: bool, authorizer: apigateway.IAuthorizer | None) -> apigateway.AuthorizationType | None:
    """None where the authorizer says it itself."""
    if is_open:
        return apigateway.AuthorizationType.NONE
    return apigateway.AuthorizationType.IAM if authorizer is None else None


def _integration(function: GroupFunction) -> apigateway.LambdaIntegration:
    streams = function.group.streams
    return apigateway.LambdaIntegration(
        function.alias,
        response_transfer_mode=apigateway.ResponseTransferMode.STREAM
        if streams
        else apigateway.ResponseTransferMode.BUFFERED,
        timeout=STREAM_TIMEOUT if streams else BUFFERED_TIMEOUT,
        # One permission a function, instead of two a method.
        scope_permission_to_method=False,
    )
