"""What a deployment costs: python -m tests.performance.cost [--write]

Makes docs/cost.md of counted.json and of prices.py; with `--write` counts anew first, in a few minutes.
"""

import sys

from tests.performance.cost.counted import Counted
from tests.performance.cost.page import PAGE, page

if __name__ == "__main__":
    if "--write" in sys.argv[1:]:
        from tests.performance.cost.measure import measure

        measure().write()
    PAGE.write_text(page(Counted.read()))
