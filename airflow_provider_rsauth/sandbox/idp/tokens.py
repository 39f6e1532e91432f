"""Tokens that stand for somebody, for a while and once or more."""

from __future__ import annotations

import secrets
import threading
import time

LIFETIME = 300


class Tokens:
    """Tokens and what each stands for; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[str, float]] = {}

    def make(self, subject: str) -> str:
        """Make a token."""
        token = secrets.token_urlsafe(24)
        with self._lock:
            self._kept[token] = subject, time.monotonic() + LIFETIME
        return token

    def subject(self, token: str) -> str | None:
        """Tell what a token stands for; ``None`` when it is wrong or over."""
        with self._lock:
            subject, ends_at = self._kept.get(token, (None, 0.0))
        return subject if time.monotonic() < ends_at else None

    def use_up(self, token: str) -> str | None:
        """Tell what a token stands for, and let it be good for nothing more."""
        subject = self.subject(token)
        with self._lock:
            return subject if self._kept.pop(token, None) else None

    def forget_all(self) -> None:
        """Let no token be good for anything."""
        with self._lock:
            self._kept.clear()
