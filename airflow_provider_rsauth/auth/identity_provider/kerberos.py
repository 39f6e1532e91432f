"""Integrated Windows sign-in: the worker's Kerberos ticket proves who asks (SPNEGO)."""

from __future__ import annotations

import base64
from typing import Any

from airflow_provider_rsauth.auth.errors import NoAwsIdentity, RsAuthError, SignInRefused, Unreachable
from airflow_provider_rsauth.auth.identity_provider.html_form import forms_of
from airflow_provider_rsauth.auth.identity_provider.http import USER_AGENT, Page, Proof

INTEGRATED_USER_AGENT = f"Mozilla/5.0 (compatible; MSIE 9.0; Windows NT 6.1; Trident/7.0) {USER_AGENT}"
"""AD FS offers integrated sign-in to user agents of its WIASupportedUserAgents only; this one is in all its defaults."""

_SPNEGO = "1.3.6.1.5.5.2"
_NO_KDC, _NO_SERVICE = "Cannot contact any KDC", "not found in Kerberos database"
"""What MIT Kerberos says; its codes do not get through SPNEGO."""


def negotiate(host: str, provider: str) -> Proof:
    """
    Return what proves who asks, with the ticket of the worker's cache or keytab.

    :param host: the identity provider's name, which the ticket is for.
    :param provider: what it is called, for messages.
    :raises SignInRefused: the extra ``kerberos`` is not installed.
    """
    try:
        import gssapi
    except ImportError as error:
        raise SignInRefused(
            f"Integrated Windows sign-in at {provider} needs the Python package gssapi ({error}).",
            remedy="Install airflow-provider-rsauth[kerberos] on the workers, with the system's Kerberos 5 libraries; or "
            "fill in login and password.",
            code="NoKerberos",
        ) from None

    def prove(certificate: bytes | None) -> str:
        bindings = certificate and gssapi.raw.ChannelBindings(application_data=channel_of(certificate))
        try:
            ticket = gssapi.Credentials(usage="initiate", mechs=[gssapi.MechType.kerberos])
            context = gssapi.SecurityContext(
                name=gssapi.Name(f"HTTP@{host}", gssapi.NameType.hostbased_service),
                creds=ticket,
                mech=gssapi.OID.from_int_seq(_SPNEGO),
                flags=[],
                usage="initiate",
                channel_bindings=bindings,
            )
            return f"Negotiate {base64.b64encode(context.step()).decode()}"
        except gssapi.exceptions.GSSError as error:
            explained = _no_ticket(host, provider, error)
        raise explained

    return prove


def channel_of(certificate: bytes) -> bytes:
    """
    Return what a ticket is bound to, so that nobody can pass it on to another server (RFC 5929).

    :param certificate: the server's certificate (DER).
    """
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    known = x509.load_der_x509_certificate(certificate)
    algorithm = known.signature_hash_algorithm
    if algorithm is None or isinstance(algorithm, hashes.MD5 | hashes.SHA1):
        algorithm = hashes.SHA256()
    return b"tls-server-end-point:" + known.fingerprint(algorithm)


def integrated(page: Page, provider: str) -> Page:
    """
    Return the page that came for a ticket.

    :param page: the page.
    :param provider: what the identity provider is called.
    :raises SignInRefused: it asks once more who is there.
    """
    if page.status == 401:
        raise SignInRefused(
            f"{provider} does not accept the Kerberos ticket of this worker.",
            remedy="klist -e shows tickets, their realm and encryption. Does AD FS trust that realm, has its service account "
            "the service principal (setspn -Q HTTP/HOST) and that encryption, are the clocks right, and is TLS not ended "
            "before AD FS?",
            code="TicketRefused",
        )
    if any("password" in form.kinds.values() for form in forms_of(page)):
        raise SignInRefused(
            f"{provider} shows a form for user and password: integrated Windows sign-in is not enabled for this client.",
            remedy=f"Have {USER_AGENT} added to the WIASupportedUserAgents of AD FS and Windows authentication enabled for "
            "the intranet, and reach AD FS itself, not its Web Application Proxy; or fill in login and password.",
            code="NoIntegratedSignIn",
        )
    return page


def _no_ticket(host: str, provider: str, error: Any) -> RsAuthError:
    said = " ".join(error.get_all_statuses(error.min_code, False)).strip("\0") or type(error).__name__
    if _NO_KDC in said:
        return Unreachable(
            f"No Kerberos server (KDC) answers this worker, which needs a ticket for {provider} ({said}).",
            remedy="Let the task try again later; check krb5.conf and the firewall from a worker.",
            code="NoKdc",
        )
    if _NO_SERVICE in said:
        return SignInRefused(
            f"The Kerberos realm of this worker gives no ticket for HTTP/{host} ({said}).",
            remedy="Fill in as idp_host the name under which AD FS is registered (setspn -Q HTTP/HOST or host/HOST); in the "
            "worker's krb5.conf set rdns = false and, if the name is an alias, dns_canonicalize_hostname = false, and map "
            "the name to its realm under [domain_realm].",
            code="UnknownService",
        )
    return NoAwsIdentity(
        f"This worker has no Kerberos ticket for {provider} ({said}).",
        remedy="Get one for the user that runs Airflow (kinit -k -t KEYTAB PRINCIPAL, and again before it runs out), or name "
        "the keytab in KRB5_CLIENT_KTNAME; klist shows what there is.",
        code="NoTicket",
    )
