"""One prompt on several models at once. A target that fails does not stop the others."""

from promptyard import Client, Done, Failed

targets = [{"model": "demo/writer"}, {"model": "demo/thinker"}, {"model": "no-such-model"}]
with Client() as client, client.stream_comparison(prompt_text="Explain event loops.", targets=targets) as stream:
    for event in stream:
        match event:
            case Done(data, index):
                print(targets[index]["model"], "took", data["stats"]["latency_ms"], "ms")
            case Failed(error, _, index):
                print(targets[index]["model"], "failed:", error["code"], error["message"])
