"""Promptyard for AWS CDK: `PromptyardApi` puts the API into a stack."""

from promptyard_cdk.construct import PromptyardApi
from promptyard_cdk.props import Domain, Guardrail, InvalidProps, PromptyardApiProps, Stores, Throttle

__all__ = ["Domain", "Guardrail", "InvalidProps", "PromptyardApi", "PromptyardApiProps", "Stores", "Throttle"]
