"""A picture beside the question. A real model looks at it: MODEL=openai/gpt-4o python images.py photo.png"""

import base64
import os
import sys
from pathlib import Path

from promptyard import Client

picture = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/page.png")
url = "data:image/png;base64," + base64.b64encode(picture.read_bytes()).decode()
content = [{"type": "text", "text": "What is on this picture?"}, {"type": "image_url", "image_url": {"url": url}}]
with Client() as client:
    answer = client.run(model=os.environ.get("MODEL", "demo/writer"), messages=[{"role": "user", "content": content}])
    print(answer["output"])
