"""What a refused login means, and what a user does about it."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass

from airflow_provider_rsauth.auth import errors
from airflow_provider_rsauth.auth.credential import Origin
from airflow_provider_rsauth.auth.errors import RsAuthError
from airflow_provider_rsauth.auth.tokens.diagnosis import explain_token_refusal


@dataclass(frozen=True, slots=True)
class Attempt:
    """
    The login that failed.

    :param host: where.
    :param port: at which port.
    :param database: to which database.
    :param user: as whom.
    :param timeout: seconds it was given.
    :param origin: where user and password, or the token, come from.
    :param is_token: whether it was a token.
    """

    host: str
    port: int
    database: str
    user: str
    timeout: int
    origin: Origin = Origin.ISSUED
    is_token: bool = False

    @property
    def who(self) -> str:
        """Who tried, in words."""
        return "by token" if self.is_token else f"of {self.user!r}"


_Rules = tuple[tuple[str, str, type[RsAuthError], str], ...]

_RULES_OF: dict[Origin, _Rules] = {
    Origin.ISSUED: (),
    Origin.FILE: (),
    Origin.CONNECTION: (("42704", "", errors.NotFound, "Create it, or correct the login."),),
    Origin.SECRET: (
        (
            "28000",
            "password authentication failed",
            errors.CredentialRefused,
            "The secret's password is not the one that Redshift knows. Is a rotation half done, or was the password "
            "changed in one place only? Put the same into both (ALTER USER … PASSWORD, aws secretsmanager "
            "put-secret-value). Is host or cluster the one that the secret is for? A user with PASSWORD DISABLE can "
            "only log in with an IAM mode.",
        ),
        ("42704", "", errors.NotFound, "Create it, or correct username in the secret."),
        (
            "3D000",
            "",
            errors.NotFound,
            "Correct dbname in the secret, or the database (schema) of the connection, which wins; mind capitals.",
        ),
    ),
}
"""What is to be done otherwise where the credential was not issued for the login."""

_SERVER_RULES: _Rules = (
    (
        "28000",
        "token has expired",
        errors.Expired,
        "A new credential was asked for and expired on the way, too: set this machine's clock (NTP).",
    ),
    (
        "28000",
        "IAM authentication failed",
        errors.CredentialRefused,
        "Check that host, cluster identifier or workgroup, and region belong together: a credential of one cluster "
        "does not work at another.",
    ),
    (
        "28000",
        "password authentication failed",
        errors.LoginRefused,
        "Check login and password; a user with PASSWORD DISABLE can only log in with an IAM mode.",
    ),
    (
        "28000",
        "no pg_hba.conf entry",
        errors.TlsRefused,
        "The server wants TLS, and something between it and this worker takes it off: connect to it directly.",
    ),
    (
        "42704",
        "group",
        errors.NotFound,
        "Create it (CREATE GROUP …), or correct db_groups: names are in small letters.",
    ),
    (
        "42704",
        "user",
        errors.NotFound,
        "Create the user (CREATE USER … PASSWORD DISABLE), turn on auto_create, or turn on as_iam_identity to log in as "
        "the user of your IAM role.",
    ),
    ("3D000", "", errors.NotFound, "Correct the database (schema) of the connection; mind capitals."),
    (
        "53300",
        "",
        errors.LimitReached,
        "Run fewer tasks at once (an Airflow pool does it), or close idle sessions.",
    ),
    ("57014", "", errors.Unavailable, "The workgroup was waking up: let the task try again."),
    ("57P03", "", errors.Unavailable, "The database is starting up: let the task try again."),
    ("57P01", "", errors.Unavailable, "The database was restarted: let the task try again."),
)


def explain_login_error(error: Exception, attempt: Attempt) -> RsAuthError:
    """
    Turn an error of the driver while connecting into one of ours.

    :param error: what the driver, or the socket under it, raised.
    :param attempt: the login that failed.
    """
    facts = error.args[0] if error.args and isinstance(error.args[0], dict) else None
    if facts:
        return _explain_server(facts.get("C", ""), facts.get("M", ""), attempt)
    if "Native IdP" in str(error):
        return errors.LoginRefused(
            f"Redshift wants a token of its identity provider from {attempt.user!r}, not a password.",
            remedy="Log in as a user of the database, or with a token: auth mode identity_center_token or native_idp_token.",
            code="TokenWanted",
        )
    cause = next((item for item in (error, *error.args) if isinstance(item, OSError)), None)
    if cause is None and type(error).__module__.partition(".")[0] != "redshift_connector":
        return errors.SignInRefused(
            f"{attempt.host}:{attempt.port} does not answer as Redshift does ({type(error).__name__}).",
            remedy="Check host and port: is something else listening there?",
            code=type(error).__name__,
        )
    return _explain_network(error, cause, attempt)


def _explain_server(state: str, text: str, attempt: Attempt) -> RsAuthError:
    message = f"Redshift refused the login {attempt.who} to database {attempt.database!r} at {attempt.host}: {text}."
    if attempt.is_token and (refusal := explain_token_refusal(message, text, state, attempt.origin)):
        return refusal
    for rule_state, fragment, kind, remedy in (*_RULES_OF[attempt.origin], *_SERVER_RULES):
        if state == rule_state and fragment in text:
            return kind(message, remedy=remedy, code=state)
    return errors.LoginRefused(message, remedy="Correct what the message names.", code=state)


def _explain_network(error: Exception, cause: OSError | None, attempt: Attempt) -> RsAuthError:
    place = f"{attempt.host}:{attempt.port}"
    if isinstance(cause, ssl.SSLCertVerificationError):
        return _explain_certificate(cause, place, attempt)
    if isinstance(cause, ssl.SSLError) or "refuses SSL" in str(error):
        return errors.TlsRefused(
            f"{place} does not speak TLS as Redshift does.", remedy="Check host and port.", code="TLS"
        )
    if isinstance(cause, socket.gaierror) and cause.errno != socket.EAI_AGAIN:
        return errors.NotFound(
            f"The host {attempt.host!r} has no IPv4 address in DNS.",
            remedy="Correct the host, or leave it empty and fill in cluster identifier and region; a private name is "
            "known only inside its network.",
            code="DNS",
        )
    if isinstance(cause, ConnectionRefusedError):
        return errors.Unreachable(
            f"{place} refuses connections.",
            remedy="Check host and port (Redshift's is 5439); is the cluster paused?",
            code="ConnectionRefused",
        )
    if isinstance(cause, TimeoutError):
        return errors.Unreachable(
            f"{place} did not answer within {attempt.timeout} s.",
            remedy="Allow this worker in the cluster's security group and route to it; is the cluster paused or not "
            "publicly accessible?",
            code="Timeout",
        )
    return errors.Unreachable(
        f"The connection to {place} broke off ({cause or error}).",
        remedy="Check proxies, firewalls and load balancers on the way; let the task try again.",
        code=type(cause or error).__name__,
    )


def _explain_certificate(cause: ssl.SSLCertVerificationError, place: str, attempt: Attempt) -> RsAuthError:
    if "mismatch" in cause.verify_message:
        return errors.TlsRefused(
            f"The certificate of {place} is for another name than {attempt.host!r}.",
            remedy="Use the host that the certificate names. Behind a load balancer or tunnel set sslmode to verify-ca.",
            code="CertificateName",
        )
    return errors.TlsRefused(
        f"The certificate of {place} is not trusted ({cause.verify_message}).",
        remedy="Is a proxy in between? Give the CA that issued the certificate in ca_bundle.",
        code="CertificateUntrusted",
    )
