"""SAML 2.0 assertions and responses, signed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4
from xml.sax.saxutils import escape, quoteattr

if TYPE_CHECKING:
    from airflow_provider_rsauth.sandbox.idp.signing_key import SigningKey

ASSERTION_NAMESPACE = "urn:oasis:names:tc:SAML:2.0:assertion"

ASSERTION = """<{p}Assertion {namespace} xmlns:ds="http://www.w3.org/2000/09/xmldsig#" \
ID="{id}" Version="2.0" IssueInstant="{issued}"><{p}Issuer>{issuer}</{p}Issuer><ds:Signature Id="placeholder"/>\
<{p}Subject><{p}NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">{subject}</{p}NameID>\
<{p}SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">\
<{p}SubjectConfirmationData NotOnOrAfter="{ends}" Recipient="{recipient}"/></{p}SubjectConfirmation></{p}Subject>\
<{p}Conditions NotBefore="{issued}" NotOnOrAfter="{ends}"><{p}AudienceRestriction>\
<{p}Audience>{audience}</{p}Audience></{p}AudienceRestriction></{p}Conditions>\
<{p}AuthnStatement AuthnInstant="{issued}" SessionIndex="{id}"{session_end}><{p}AuthnContext><{p}AuthnContextClassRef>\
urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport\
</{p}AuthnContextClassRef></{p}AuthnContext></{p}AuthnStatement>\
<{p}AttributeStatement>{attributes}</{p}AttributeStatement></{p}Assertion>"""
RESPONSE = """<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_{id}" Version="2.0"
 IssueInstant="{issued}" Destination="{recipient}"><Issuer xmlns="{namespace}">{issuer}</Issuer>
<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>
{assertion}</samlp:Response>"""


@dataclass(frozen=True, slots=True)
class Claims:
    """
    What an assertion says.

    :param subject: the person.
    :param recipient: the page of AWS that it is for.
    :param attributes: the values by the names of the attributes.
    :param seconds: how long it is good for; less than nothing for one that is over.
    :param age: how many seconds ago it was issued.
    :param session_seconds: when the session that it starts must end; ``None`` for no limit.
    """

    subject: str
    issuer: str
    audience: str
    recipient: str
    attributes: Mapping[str, Sequence[str]] = field(repr=False)
    seconds: float = 300
    age: float = 0
    session_seconds: float | None = None

    @property
    def issued_at(self) -> datetime:
        """When it says to be issued."""
        return datetime.now(UTC) - timedelta(seconds=self.age)


def assertion(claims: Claims, key: SigningKey, prefix: str = "") -> bytes:
    """
    Write a signed assertion.

    :param claims: what it says.
    :param key: what signs it.
    :param prefix: the prefix of its elements, which differs between products; empty for none.
    """
    from lxml import etree
    from signxml.algorithms import CanonicalizationMethod
    from signxml.signer import XMLSigner

    p = f"{prefix}:" if prefix else ""
    signer = XMLSigner(c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0)
    element = etree.fromstring(_unsigned(claims, p))
    signed = signer.sign(
        element, key=key.private_key, cert=key.certificate, reference_uri=element.get("ID"), id_attribute="ID"
    )
    for each in signed.iter("{*}X509Certificate"):
        each.text = "".join(
            each.text.split()
        )  # no product breaks lines here, and some clients stumble over them
    return bytes(etree.tostring(signed))


def response(claims: Claims, key: SigningKey, prefix: str = "") -> bytes:
    """Write a response with one signed assertion in it; the parameters are those of :func:`assertion`."""
    facts = {"issued": _instant(claims.issued_at), "recipient": escape(claims.recipient)}
    inside = assertion(claims, key, prefix).decode()
    return RESPONSE.format(
        id=uuid4().hex,
        namespace=ASSERTION_NAMESPACE,
        issuer=escape(claims.issuer),
        assertion=inside,
        **facts,
    ).encode()


def _unsigned(claims: Claims, p: str) -> str:
    issued_at = claims.issued_at
    ends_at = issued_at + timedelta(seconds=claims.seconds)
    facts: dict[str, Any] = {"subject": claims.subject, "issuer": claims.issuer, "audience": claims.audience}
    session_end = ""
    if claims.session_seconds is not None:
        at = _instant(datetime.now(UTC) + timedelta(seconds=claims.session_seconds))
        session_end = f' SessionNotOnOrAfter="{at}"'
    return ASSERTION.format(
        **{name: escape(value) for name, value in facts.items()},
        p=p,
        namespace=f'xmlns{":" if p else ""}{p.rstrip(":")}="{ASSERTION_NAMESPACE}"',
        id=f"_{uuid4().hex}",
        issued=_instant(issued_at),
        ends=_instant(ends_at),
        recipient=escape(claims.recipient),
        session_end=session_end,
        attributes="".join(_attribute(name, values, p) for name, values in claims.attributes.items()),
    )


def _attribute(name: str, values: Sequence[str], p: str) -> str:
    content = "".join(f"<{p}AttributeValue>{escape(value)}</{p}AttributeValue>" for value in values)
    return f"<{p}Attribute Name={quoteattr(name)}>{content}</{p}Attribute>"


def _instant(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
