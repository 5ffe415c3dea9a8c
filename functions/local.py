"""Every group in one app, for the local server and for tests. Never deployed."""

from collections.abc import Callable

from fastapi import FastAPI

from functions.account.router import router as account
from functions.account.tenant_data import import_router as tenant_import
from functions.account.tenant_data import router as tenant_data
from functions.account.usage import router as usage
from functions.benchmarks.benchmark_routes import router as benchmarks
from functions.benchmarks.dataset_files import router as dataset_files
from functions.benchmarks.dataset_rows import router as dataset_rows
from functions.benchmarks.import_routes import router as imports
from functions.benchmarks.router import router as datasets
from functions.benchmarks.run_routes import router as benchmark_runs
from functions.catalog.router import router as catalog
from functions.compare.compression import router as compression
from functions.compare.router import router as compare
from functions.field_words import add_field_words
from functions.history.event_routes import router as run_events
from functions.history.router import router as history
from functions.mcp.router import router as mcp
from functions.openai.chat.routes import router as chat_completions
from functions.openai.messages.routes import router as anthropic_messages
from functions.openai.models.routes import router as listed_models
from functions.openai.responses.routes import router as openai_responses
from functions.playgrounds.blueprints import router as blueprints
from functions.playgrounds.metrics import router as metrics
from functions.playgrounds.router import router as playgrounds
from functions.playgrounds.run_routes import router as playground_runs
from functions.playgrounds.version import router as version
from functions.prompts.router import router as prompts
from functions.run.router import router as run
from functions.web.router import router as page
from promptyard.api.answers.descriptions import add_described
from promptyard.api.app import create_app
from promptyard.bootstrap.parts import Parts

ROUTERS = (  # the API's: each of their routes names a role
    run,
    chat_completions,
    anthropic_messages,
    openai_responses,
    listed_models,
    mcp,
    compare,
    compression,
    history,
    run_events,
    prompts,
    catalog,
    playgrounds,
    blueprints,
    metrics,
    playground_runs,
    version,
    datasets,
    dataset_files,
    dataset_rows,
    benchmarks,
    imports,
    benchmark_runs,
    account,
    usage,
    tenant_data,
    tenant_import,
)


def create_local_app(provide: Callable[[], Parts]) -> FastAPI:
    app = create_app(*ROUTERS, page, provide=provide)
    add_described(app)
    add_field_words(app)
    return app
