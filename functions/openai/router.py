"""Paths of the openai group: the protocols that clients bring along."""

from functions.openai.chat.routes import router as chat
from functions.openai.models.routes import router as models
from functions.openai.openai_errors import openai_router
from promptyard.api.app import join

router = openai_router()
join(router, chat, models)
