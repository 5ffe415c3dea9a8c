"""A run's text as it comes, then its tokens, times and cost."""

from promptyard import Client

with Client() as client, client.stream(model="demo/writer", prompt_text="Explain event loops.") as stream:
    for text in stream.texts():
        print(text, end="", flush=True)
    stats = stream.result["stats"]
    print(f"\n{stats['tokens_out']} tokens, the first after {stats['ttft_ms']} ms, ${stream.result['cost_usd']}")
