"""What a deployment may have beside the usual."""
