"""The custom domain names that are registered for clusters and workgroups."""

from __future__ import annotations

import threading
from collections.abc import Container


class CustomDomains:
    """Which cluster or workgroup each name is registered for; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._registered: dict[str, str] = {}

    def add(self, domain: str, target: str) -> None:
        """Register a name, or move it to another cluster or workgroup."""
        with self._lock:
            self._registered[domain.lower()] = target

    def clear(self) -> None:
        """Take all names away."""
        with self._lock:
            self._registered.clear()

    def found(self, domain: str | None, targets: Container[str]) -> dict[str, str]:
        """
        List names, with the cluster or workgroup of each.

        :param domain: only this one; ``None`` for all.
        :param targets: only names of these.
        """
        with self._lock:
            names = [domain.lower()] if domain else list(self._registered)
            return {each: self._registered[each] for each in names if self._registered.get(each) in targets}
