"""A document beside the question. A real model reads it:

MODEL=openai/gpt-4o python files.py report.pdf application/pdf
"""

import base64
import os
import sys
from pathlib import Path

from promptyard import Client

path = Path(sys.argv[1] if len(sys.argv) > 1 else "LICENSE")
kind = sys.argv[2] if len(sys.argv) > 2 else "text/plain"
data = f"data:{kind};base64," + base64.b64encode(path.read_bytes()).decode()
content = [
    {"type": "text", "text": "Sum this document up."},
    {"type": "file", "file": {"filename": path.name, "file_data": data}},
]
with Client() as client:
    answer = client.run(model=os.environ.get("MODEL", "demo/writer"), messages=[{"role": "user", "content": content}])
    print(answer["output"])
