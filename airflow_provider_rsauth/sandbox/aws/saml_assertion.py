"""Reading a SAML response, of which only what is signed counts."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from airflow_provider_rsauth.sandbox.aws.federation import invalid_token

NAMESPACES = {
    "ds": "http://www.w3.org/2000/09/xmldsig#",
    "md": "urn:oasis:names:tc:SAML:2.0:metadata",
    "saml": "urn:oasis:names:tc:SAML:2.0:assertion",
    "samlp": "urn:oasis:names:tc:SAML:2.0:protocol",
}
INVALID_BASE64, INVALID_RESPONSE = "Invalid base64 SAMLResponse", "Invalid SAML response"
WRONG_ISSUER, WRONG_SIGNATURE = "Issuer not present in specified provider", "Response signature invalid"


@dataclass(frozen=True, slots=True)
class SamlAssertion:
    """
    A signed assertion.

    :param recipients: the pages that it is for.
    :param ends_at: when the earliest of its limits is.
    :param session_ends_at: when the session that it starts must end.
    """

    id: str
    issuer: str
    subject: str
    subject_type: str
    issued_at: datetime
    starts_at: datetime | None
    ends_at: datetime | None
    session_ends_at: datetime | None
    audiences: frozenset[str]
    recipients: frozenset[str]
    attributes: dict[str, list[str]] = field(repr=False)

    def attribute(self, name: str) -> str:
        """Read the first value of an attribute; empty where there is none."""
        return next(iter(self.attributes.get(name, ())), "")


def read_assertion(text: str, metadata: str) -> SamlAssertion:
    """
    Read what is signed of a response.

    :param text: the response in base64.
    :param metadata: that of the identity provider which should have signed it.
    :raises AwsError: ``InvalidIdentityToken``, unless the identity provider signed an assertion in it.
    """
    response = _parse(_decode(text))
    if response.tag != f"{{{NAMESPACES['samlp']}}}Response":
        raise invalid_token(INVALID_RESPONSE)
    provider = _parse(metadata.encode())
    assertion = response.find("saml:Assertion", NAMESPACES)
    if assertion is None:
        raise invalid_token(INVALID_RESPONSE)
    if assertion.findtext("saml:Issuer", None, NAMESPACES) != provider.get("entityID"):
        raise invalid_token(WRONG_ISSUER)
    certificates = provider.iterfind(".//md:KeyDescriptor//ds:X509Certificate", NAMESPACES)
    return _as_assertion(_signed(response, [_pem(each.text) for each in certificates]))


def _decode(text: str) -> bytes:
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise invalid_token(INVALID_BASE64) from None


def _parse(content: bytes) -> Any:
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise invalid_token(INVALID_RESPONSE) from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise invalid_token(INVALID_RESPONSE)
    return root


def _pem(certificate: str) -> str:
    body = "\n".join(certificate.split())
    return f"-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n"


def _signed(response: Any, certificates: list[str]) -> Any:
    """Return the assertion as it was signed, by itself or with the response around it."""
    for element in (response, *response.iterfind("saml:Assertion", NAMESPACES)):
        if element.find("ds:Signature", NAMESPACES) is None:
            continue
        for certificate in certificates:
            if (signed := _verified(element, certificate)) is not None:
                found = (
                    signed if signed.tag == _assertion_tag() else signed.find("saml:Assertion", NAMESPACES)
                )
                if found is not None:
                    return found
    raise invalid_token(WRONG_SIGNATURE)


def _assertion_tag() -> str:
    return f"{{{NAMESPACES['saml']}}}Assertion"


def _verified(element: Any, certificate: str) -> Any:
    from lxml import etree
    from signxml.exceptions import SignXMLException
    from signxml.verifier import SignatureConfiguration, XMLVerifier

    content = etree.tostring(element, with_tail=False)
    try:
        result = XMLVerifier().verify(
            content,
            x509_cert=certificate,
            id_attribute="ID",
            expect_config=SignatureConfiguration(location="./"),
        )
    except (SignXMLException, etree.LxmlError, ValueError):
        return None
    return None if isinstance(result, list) else result.signed_xml


def _as_assertion(element: Any) -> SamlAssertion:
    def texts(path: str) -> list[str]:
        return [each.text or "" for each in element.iterfind(path, NAMESPACES)]

    def instants(path: str, name: str) -> list[datetime]:
        found = (each.get(name) for each in element.iterfind(path, NAMESPACES))
        return [_instant(each) for each in found if each]

    confirmation, conditions = ".//saml:SubjectConfirmationData", "saml:Conditions"
    ends = instants(conditions, "NotOnOrAfter") + instants(confirmation, "NotOnOrAfter")
    name_id = element.find("saml:Subject/saml:NameID", NAMESPACES)
    recipients = (each.get("Recipient") for each in element.iterfind(confirmation, NAMESPACES))
    return SamlAssertion(
        id=element.get("ID", ""),
        issuer="".join(texts("saml:Issuer")),
        subject="" if name_id is None else name_id.text or "",
        subject_type="" if name_id is None else name_id.get("Format", "").rsplit(":", 1)[-1],
        issued_at=_instant(element.get("IssueInstant", "")),
        starts_at=max(instants(conditions, "NotBefore"), default=None),
        ends_at=min(ends, default=None),
        session_ends_at=min(instants("saml:AuthnStatement", "SessionNotOnOrAfter"), default=None),
        audiences=frozenset(texts("saml:Conditions/saml:AudienceRestriction/saml:Audience")),
        recipients=frozenset(each for each in recipients if each),
        attributes={
            each.get("Name", ""): [
                value.text or "" for value in each.iterfind("saml:AttributeValue", NAMESPACES)
            ]
            for each in element.iterfind("saml:AttributeStatement/saml:Attribute", NAMESPACES)
        },
    )


def _instant(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise invalid_token(INVALID_RESPONSE) from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
