"""TLS to an identity provider: whom it trusts, and whom it met."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from typing import Any

Saw = Callable[[bytes | None], None]
"""Is told the certificate (DER) of the server after each handshake."""

Left = Callable[[], float]
"""Tells how many seconds the next piece of an answer may take, or raises TimeoutError."""


def system_trust(ca_bundle: str | None, saw: Saw, left: Left) -> Any:
    """
    Return an adapter for requests that trusts the system's authorities, and those of a file.

    :param ca_bundle: PEM file with further authorities.
    :param saw: is told the server's certificate.
    :param left: asked before each piece of an answer is read, headers included.
    """
    from requests.adapters import HTTPAdapter

    context = _context(ca_bundle, saw, left)

    class SystemTrust(HTTPAdapter):  # type: ignore[misc]
        def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
            super().init_poolmanager(*arguments, **options, ssl_context=context)

        def proxy_manager_for(self, *arguments: Any, **options: Any) -> Any:
            return super().proxy_manager_for(*arguments, **options, ssl_context=context)

        def send(self, request: Any, **options: Any) -> Any:
            return super().send(request, **{**options, "verify": True})  # not what REQUESTS_CA_BUNDLE says

        def cert_verify(self, conn: Any, *_: Any) -> None:
            """Leave it to the context; requests would load its own bundle instead."""
            conn.cert_reqs = "CERT_REQUIRED"

    return SystemTrust()


def _context(ca_bundle: str | None, saw: Saw, left: Left) -> ssl.SSLContext:
    class Socket(ssl.SSLSocket):
        def do_handshake(self, block: bool = False) -> None:
            super().do_handshake(block)
            saw(self.getpeercert(binary_form=True))

        def recv_into(self, *arguments: Any, **options: Any) -> int:
            self.settimeout(left())
            return super().recv_into(*arguments, **options)

    context = ssl.create_default_context()
    context.sslsocket_class = Socket
    if ca_bundle:
        context.load_verify_locations(ca_bundle)
    return context
