"""Every group in one app, for the local server and for tests. Never deployed."""

from collections.abc import Callable

from fastapi import FastAPI

from functions.account.router import router as account
from functions.catalog.router import router as catalog
from functions.compare.router import router as compare
from functions.history.router import router as history
from functions.playgrounds.router import router as playgrounds
from functions.prompts.router import router as prompts
from functions.run.router import router as run
from promptyard.api.app import create_app
from promptyard.bootstrap.deployment import Deployment

ROUTERS = (run, compare, history, prompts, catalog, playgrounds, account)


def create_local_app(provide: Callable[[], Deployment]) -> FastAPI:
    return create_app(*ROUTERS, provide=provide)
