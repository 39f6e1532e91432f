"""A throw-away certificate authority and the certificates of the gateways."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

VALIDITY = timedelta(days=30)
CLOCK_SKEW = timedelta(hours=1)


class Certificates:
    """
    An authority, and a server certificate for ``localhost`` signed by it.

    The gateways' certificate names no IP address, so that 127.0.0.1 is a name mismatch, as it is with a tunnel. Custom
    domains have certificates of their own, which are shown to clients that ask for that name (SNI), as Redshift does it.

    :param directory: where the files go; only the authority's certificate stays there.
    """

    def __init__(self, directory: Path) -> None:
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import ec

        self._directory = directory
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._authority = _authority(self._key)
        self._domains: dict[str, ssl.SSLContext] = {}
        self.ca_file = directory / "ca.pem"
        self.ca_file.write_bytes(self._authority.public_bytes(serialization.Encoding.PEM))
        self.context = self._context("localhost")
        self.context.sni_callback = self._choose

    def add(self, name: str) -> None:
        """Make a certificate for a custom domain."""
        self._domains[name] = self._context(name)

    def loopback_context(self) -> ssl.SSLContext:
        """Make a certificate for ``localhost`` that holds for 127.0.0.1 as well."""
        return self._context("localhost", "127.0.0.1")

    def clear(self) -> None:
        """Drop the certificates of custom domains."""
        self._domains.clear()

    def _choose(self, connection: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
        if context := self._domains.get((name or "").lower()):
            connection.context = context

    def _context(self, name: str, *addresses: str) -> ssl.SSLContext:
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import ec

        key = ec.generate_private_key(ec.SECP256R1())
        certificate = _server_certificate(name, addresses, key, self._authority, self._key)
        private_key = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        chain_file = self._directory / f"{uuid4()}.pem"
        chain_file.touch(mode=0o600)
        chain_file.write_bytes(private_key + certificate.public_bytes(serialization.Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain_file)
        chain_file.unlink()
        return context


def _authority(key: EllipticCurvePrivateKey) -> x509.Certificate:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    name = _name("rsauth sandbox CA")
    usage = x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=True,
        crl_sign=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
    return (
        _builder(name, name, key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def _server_certificate(
    name: str,
    addresses: Sequence[str],
    key: EllipticCurvePrivateKey,
    authority: x509.Certificate,
    authority_key: EllipticCurvePrivateKey,
) -> x509.Certificate:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.x509.oid import ExtendedKeyUsageOID

    names = [x509.DNSName(name), *(x509.IPAddress(ip_address(each)) for each in addresses)]
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key())
    return (
        _builder(_name(name), authority.subject, key)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(identifier, critical=False)
        .sign(authority_key, hashes.SHA256())
    )


def _builder(subject: x509.Name, issuer: x509.Name, key: EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    from cryptography import x509

    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCK_SKEW)
        .not_valid_after(now + VALIDITY)
    )


def _name(common_name: str) -> x509.Name:
    from cryptography import x509

    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common_name)])
