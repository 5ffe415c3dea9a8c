"""The caller as API Gateway has established it, where the function runs behind one of its authorizers.

What is read here is what the Lambda event says of the request, beside the request itself: no header can forge it.
"""

from typing import Any

from starlette.types import Scope

from promptyard.domain.account.access import Caller
from promptyard.domain.account.claims import Gateway, GatewayIam
from promptyard.domain.errors import Unauthenticated


def gateway_caller(scope: Scope, gateway: Gateway) -> Caller:
    """Raises Unauthenticated, also for a request that came past API Gateway."""
    context = _map(_map(scope.get("aws.event")).get("requestContext"))
    if isinstance(gateway, GatewayIam):
        return gateway.caller(_map(context.get("identity")).get("userArn"))
    authorizer = _map(context.get("authorizer"))
    if not authorizer:
        raise Unauthenticated("A credential is needed")
    # A Cognito authorizer hands over a token's claims as a map of their own, a Lambda authorizer its context as it is:
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
    claims = _map(authorizer.get("claims")) or authorizer
    return gateway.mapped(claims, claims.get("sub") or authorizer.get("principalId"))


def _map(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
