"""The auth modes, one a file."""
