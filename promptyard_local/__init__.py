"""The server for a laptop: every route on one loopback port, with AWS embedded. Never deployed."""
