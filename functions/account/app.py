"""The account group's function."""

from mangum import Mangum

from functions.account.router import router
from promptyard.api.app import create_app
from promptyard.bootstrap.deployment import Deployment

app = create_app(router, provide=Deployment.from_environment)
handler = Mangum(app, lifespan="off")
