"""What a benchmark run shows: statistics of our own, the report and what is concluded from it."""
