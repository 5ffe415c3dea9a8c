"""The client without asyncio: scripts/make_client.py makes it."""
