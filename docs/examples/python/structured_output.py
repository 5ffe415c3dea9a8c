"""An answer as JSON of a schema. The built-in models have none: it takes a provider's key, or MODEL of another one."""

import json
import os

from promptyard import Client

schema = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "people": {"type": "integer"}},
    "required": ["city", "people"],
    "additionalProperties": False,
}
form = {"type": "json_schema", "json_schema": {"name": "city", "strict": True, "schema": schema}}
with Client() as client:
    answer = client.run(
        model=os.environ.get("MODEL", "openai/gpt-4o-mini"),
        prompt_text="Which city is the capital of Switzerland, and how many people live there?",
        parameters={"response_format": form},
    )
    found = json.loads(answer["output"])
    print(found["city"], "has", found["people"], "people")
