"""A SAML response, read safely: no entities, nothing from elsewhere, bounded. STS checks the signature."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from airflow_provider_rsauth.auth.errors import SignInRefused

LARGEST = 100_000
"""Characters; what AssumeRoleWithSAML takes (STS API Reference)."""

_ATTRIBUTE = "{urn:oasis:names:tc:SAML:2.0:assertion}Attribute"
_VALUE = "{urn:oasis:names:tc:SAML:2.0:assertion}AttributeValue"


@dataclass(frozen=True, slots=True)
class Assertion:
    """
    What an identity provider asserts of a person.

    :param encoded: the response in Base64, as STS takes it; a secret.
    :param attributes: its attributes, each with its values.
    """

    encoded: str = field(repr=False)
    attributes: Mapping[str, tuple[str, ...]]

    def values(self, name: str) -> tuple[str, ...]:
        """
        Return the values of an attribute, blank ones left out.

        :param name: its name.
        """
        return self.attributes.get(name, ())


def read_assertion(encoded: str, register_secret: Callable[[str], None] = lambda _: None) -> Assertion:
    """
    Read a SAML response.

    :param encoded: the response in Base64.
    :param register_secret: told the response, as STS gets it, before anything can print it.
    :raises SignInRefused: it is none, or one that nobody honest sends.
    """
    encoded = "".join(encoded.split())
    register_secret(encoded)
    attributes = _attributes(encoded)
    if isinstance(attributes, SignInRefused):
        del encoded  # no frame of the error's traceback is to hold it
        raise attributes
    return Assertion(encoded, attributes)


def _attributes(encoded: str) -> dict[str, tuple[str, ...]] | SignInRefused:
    if len(encoded) > LARGEST:
        return _refused(f"has more than {LARGEST} characters, which STS does not take", "TooLarge")
    try:
        root = _parsed(base64.b64decode(encoded, validate=True))
    except (binascii.Error, ValueError):
        return _refused("is not Base64", "NotBase64")
    if isinstance(root, SignInRefused):
        return root
    attributes: dict[str, tuple[str, ...]] = {}
    for attribute in root.iter(_ATTRIBUTE):
        texts = ("".join(value.itertext()).strip() for value in attribute.iter(_VALUE))
        name = attribute.get("Name", "")
        attributes[name] = (*attributes.get(name, ()), *filter(None, texts))
    return attributes


def _parsed(document: bytes) -> Any:
    from lxml import etree

    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False
    )
    try:
        root = etree.fromstring(document, parser)
    except etree.XMLSyntaxError:
        return _refused("is not well-formed XML", "NotXml")
    if root.getroottree().docinfo.doctype:
        return _refused("declares a document type, which a SAML response must not", "DocumentType")
    return root


def _refused(what: str, code: str) -> SignInRefused:
    return SignInRefused(
        f"The SAML response of the identity provider {what}.",
        remedy="Ask whoever looks after the identity provider: it does not send what AWS expects.",
        code=code,
    )
