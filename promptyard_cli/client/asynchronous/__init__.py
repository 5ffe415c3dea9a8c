"""The client for asyncio. The one in `synchronous` is made of it, by scripts/make_client.py."""
