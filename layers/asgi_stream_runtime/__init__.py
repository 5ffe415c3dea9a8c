"""Runs an ASGI application on AWS Lambda's managed Python runtime, and streams its answers."""

__version__ = "0.1.0"
