"""
Everything that can go wrong while signing in, as one tree.

::

    RsAuthError
    ├── InvalidSettings      your settings: fix the connection; nothing was called
    ├── SignInRefused        your permissions, or the identity: somebody said no
    │   ├── NoAwsIdentity    no AWS credentials, or AWS does not accept them
    │   ├── NotAllowed       an IAM policy lacks an action on a resource
    │   ├── NotFound         cluster, workgroup, database, user or group
    │   ├── Expired          a credential ran out
    │   ├── SignInNeeded     a person has to sign in, as IAM Identity Center wants it
    │   ├── SignInDenied     … and said no
    │   └── LoginRefused     Redshift does not accept the user and password
    │       └── CredentialRefused   … although AWS gave them
    ├── UnusableSecret       the secret was read, and does not say what a sign-in needs
    ├── UnusableToken        the token of an identity provider cannot be read, or is none
    ├── TlsRefused           the server's certificate is not the one expected
    └── Unavailable          the weather: trying again can succeed
        ├── Throttled        AWS limits the calls
        ├── Unreachable      no answer from the host
        └── LimitReached     the cluster takes no more sessions

``retryable`` says whether the same attempt can succeed later without anybody changing anything;
``renewable`` whether it can succeed at once with a newly issued credential.
Each error carries what happened (``message``), what to do about it (``remedy``), and the code that
AWS, Redshift or the operating system gave (``code``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self


class RsAuthError(Exception):
    """
    Base of every error of this package.

    :param message: what happened, in one sentence, without secrets.
    :param remedy: what the user can do about it.
    :param code: the code that AWS, Redshift or the operating system gave.
    """

    retryable: ClassVar[bool] = False
    renewable: ClassVar[bool] = False

    def __init__(self, message: str, *, remedy: str = "", code: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.code = code
        self.subject = ""

    def __str__(self) -> str:
        text = f"{self.subject}: {self.message}" if self.subject else self.message
        return f"{text}\n  What to do: {self.remedy}" if self.remedy else text

    def about(self, subject: str) -> Self:
        """
        Say which connection the error is about, unless it says so already.

        :param subject: the connection.
        :return: the error itself.
        """
        self.subject = self.subject or subject
        return self


@dataclass(frozen=True, slots=True)
class Problem:
    """
    One thing that is wrong with one field of a connection.

    :param field: the field's key, as in the connection's extra.
    :param text: what is wrong and what to do.
    :param label: the field's label in the connection form.
    """

    field: str
    text: str
    label: str = ""

    def __str__(self) -> str:
        # Not [field]: Airflow's command line takes square brackets for markup and drops them.
        return f"{self.label} ({self.field}): {self.text}" if self.label else f"{self.field}: {self.text}"


class InvalidSettings(RsAuthError):
    """
    The connection cannot work as it is filled in.

    :param subject: which connection, for the headline.
    :param problems: all that is wrong with it.
    :param notices: what else the user should know.
    """

    def __init__(self, subject: str, problems: Sequence[Problem], notices: Sequence[str] = ()) -> None:
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        lines = [f"  {line}" for line in (*problems, *(f"Note: {notice}" for notice in notices))]
        super().__init__("\n".join([f"{subject} has {count}:", *lines]), code="InvalidSettings")
        self.problems = tuple(problems)

    def about(self, subject: str) -> Self:  # noqa: ARG002
        """Leave the error as it is: its message begins with the connection."""
        return self


class SignInRefused(RsAuthError):
    """Somebody who was asked said no; the same request will be refused again."""


class NoAwsIdentity(SignInRefused):
    """There are no AWS credentials, or AWS does not accept them."""


class NotAllowed(SignInRefused):
    """
    No IAM policy allows an action.

    :param message: what happened.
    :param action: the IAM action, such as ``redshift:GetClusterCredentials``.
    :param resource: the ARN that it was wanted on.
    :param caller: the ARN of who wanted it.
    """

    def __init__(
        self,
        message: str,
        *,
        remedy: str = "",
        code: str = "",
        action: str = "",
        resource: str = "",
        caller: str = "",
    ) -> None:
        super().__init__(message, remedy=remedy, code=code)
        self.action = action
        self.resource = resource
        self.caller = caller


class NotFound(SignInRefused):
    """The cluster, workgroup, database, user or group does not exist."""


class Expired(SignInRefused):
    """A credential was good once and has run out."""

    renewable = True


class SignInNeeded(SignInRefused):
    """Nobody is signed in to IAM Identity Center, or not any more; a person has to approve in a browser."""


class SignInDenied(SignInRefused):
    """The person who was asked to approve a sign-in denied it."""


class LoginRefused(SignInRefused):
    """Redshift does not accept the user and password."""


class CredentialRefused(LoginRefused):
    """Redshift does not accept a credential that AWS gave for it."""

    renewable = True


class UnusableSecret(RsAuthError):
    """A secret was read, and does not say what a sign-in needs."""


class UnusableToken(RsAuthError):
    """What should be the token of an identity provider cannot be read, or is none."""


class TlsRefused(RsAuthError):
    """The server's certificate is not the one expected, so nothing was sent to it."""


class Unavailable(RsAuthError):
    """Nobody refused; trying again can succeed."""

    retryable = True


class Throttled(Unavailable):
    """AWS limits the rate of calls in this account and region."""


class Unreachable(Unavailable):
    """The host does not answer."""


class LimitReached(Unavailable):
    """The cluster takes no more sessions for now."""
