"""Promptyard: a serverless playground API for language models."""
