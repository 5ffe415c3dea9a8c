"""Promptyard: a serverless playground API for language models."""

__version__ = "0.1.0"
