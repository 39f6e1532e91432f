"""What can go wrong with the sandbox itself, as opposed to what it refuses on purpose."""

from __future__ import annotations


class SandboxError(Exception):
    """The sandbox cannot start or cannot do what it was asked for; the message says what to do."""
