"""The web group's function."""

from functools import partial

from mangum import Mangum

from functions.web.router import router
from promptyard.api.app import create_app
from promptyard.bootstrap.parts import Parts
from promptyard.bootstrap.warming import warm_before_snapshot

PARTS: tuple[str, ...] = ()
app = create_app(router, provide=partial(Parts.from_environment, *PARTS))
warm_before_snapshot(app)
handler = Mangum(app, lifespan="off")
