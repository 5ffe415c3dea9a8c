"""What an error says, and what a program does with it."""

import time

from promptyard import ApiError, Client


def run(client: Client, attempts: int = 3, **fields: object) -> str:
    while True:
        try:
            return client.run(**fields)["output"]
        except ApiError as error:
            attempts -= 1
            if not error.error.get("retryable") or attempts == 0:
                raise
            time.sleep(float(error.retry_after or 1))


with Client() as client:
    try:
        run(client, model="no-such-model", prompt_text="Hi")
    except ApiError as error:
        provider = error.error.get("provider_status")
        whose = (
            "ours" if error.status in {500, 503, 504} else "the provider's" if error.status == 502 else "the request's"
        )
        print(f"{error.status} {error.code}: {error}. It is {whose} fault; the provider's own status: {provider}")
