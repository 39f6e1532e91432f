"""A key that assertions and tokens are signed with."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

VALIDITY = timedelta(days=30)
CLOCK_SKEW = timedelta(hours=1)
KEY_SIZE = 2048

METADATA = """<?xml version="1.0"?>
<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{entity_id}">
<IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
<KeyDescriptor use="signing"><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data>
<X509Certificate>{certificate}</X509Certificate></X509Data></KeyInfo></KeyDescriptor>
<SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="{entity_id}"/>
</IDPSSODescriptor></EntityDescriptor>
"""


class SigningKey:
    """
    An RSA key with a certificate that it signed itself, made anew; that takes a moment.

    :param name: whose certificate it is.
    """

    def __init__(self, name: str = "rsauth sandbox identity provider") -> None:
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import rsa

        self.private_key = rsa.generate_private_key(65537, KEY_SIZE)
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        now = datetime.now(UTC)
        self._certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(self.private_key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - CLOCK_SKEW)
            .not_valid_after(now + VALIDITY)
            .sign(self.private_key, hashes.SHA256())
        )

    @property
    def certificate(self) -> str:
        """The certificate as PEM."""
        from cryptography.hazmat.primitives import serialization

        return self._certificate.public_bytes(serialization.Encoding.PEM).decode()

    def metadata(self, entity_id: str) -> str:
        """
        Write the SAML metadata that a company registers at AWS.

        :param entity_id: how the identity provider calls itself.
        """
        from cryptography.hazmat.primitives import serialization

        der = self._certificate.public_bytes(serialization.Encoding.DER)
        return METADATA.format(entity_id=entity_id, certificate=base64.b64encode(der).decode())
