"""The functions: a folder each."""

import gc

# Imports make a great many objects and leave next to no garbage; looking for it at every 700th object takes a tenth of
# a cold start.
gc.set_threshold(50_000)
