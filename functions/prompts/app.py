"""The prompts group's function."""

from mangum import Mangum

from functions.prompts.router import router
from promptyard.api.app import create_app
from promptyard.bootstrap import Services

app = create_app(router, provide=Services.from_environment)
handler = Mangum(app, lifespan="off")
