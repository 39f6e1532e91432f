"""Contents that a client must not fall for, to plant by :meth:`IdentityProvider.answer`."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable

from airflow_provider_rsauth.sandbox.idp.pages import saml_form

PAGE_WITHOUT_FORM = "<!doctype html><html><body><p>Down for maintenance.</p></body></html>"
EXTERNAL_ENTITY = '<!DOCTYPE r [<!ENTITY e SYSTEM "file:///etc/hostname">]><r>&e;</r>'
ENTITY_BOMB = (
    '<!DOCTYPE r [<!ENTITY e0 "ha">'
    + "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    + "]><r>&e9;</r>"
)
"""A thousand million times ``ha`` in less than a kilobyte."""


def saml_page(xml: str | bytes) -> str:
    """Write a page that hands over XML as its SAML response, as it is."""
    content = xml.encode() if isinstance(xml, str) else xml
    return saml_form("https://signin.aws.amazon.com/saml", base64.b64encode(content).decode())


def megabytes(count: int) -> Callable[[], Iterable[bytes]]:
    """Give a body of that size, which is made while it is sent."""

    def pieces() -> Iterable[bytes]:
        yield b"<!doctype html><html><body>"
        for _ in range(count):
            yield b"<p>padding</p>\n" * (2**20 // 15)

    return pieces
