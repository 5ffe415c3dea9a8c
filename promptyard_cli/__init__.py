"""The command line and the Python client: they speak HTTP and know nothing of what answers."""
