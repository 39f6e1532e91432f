"""
Authentication profiles: options for Redshift's drivers, kept in Redshift under a name.

A connection that names one is parsed twice: first as far as it goes without the profile, which tells with which AWS
identity and in which region the profile is read; then again, with what the profile says under everything else.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from airflow_provider_rsauth.auth.aliases import canonical_name
from airflow_provider_rsauth.auth.aws import AwsSession
from airflow_provider_rsauth.auth.broker import CredentialBroker
from airflow_provider_rsauth.auth.defaults import Defaults
from airflow_provider_rsauth.auth.diagnosis import asking_aws
from airflow_provider_rsauth.auth.errors import InvalidSettings, NotFound, Problem, RsAuthError, SignInRefused
from airflow_provider_rsauth.auth.jdbc_url import secrets_in
from airflow_provider_rsauth.auth.mode import AwsMode, SignInContext
from airflow_provider_rsauth.auth.problems import shown
from airflow_provider_rsauth.auth.quiet import withholding_debug_logs
from airflow_provider_rsauth.auth.settings import SignIn
from airflow_provider_rsauth.auth.sign_in import cache_key, open_session

REMEMBERED = timedelta(minutes=5)
"""How long a process goes by what it has read, at most."""

MOST_PROFILES = 64

NOT_FOUND = "AuthenticationProfileNotFoundFault"
UNREADABLE = "not a JSON object"


@dataclass(frozen=True, slots=True)
class AuthProfile:
    """
    What an authentication profile says.

    :param options: its options, as they are spelt in it; never shown by ``repr``.
    :param issued_at: when it was read, UTC.
    :param expires_at: when it is to be read again, UTC.
    """

    options: Mapping[str, Any] = field(repr=False)
    issued_at: datetime
    expires_at: datetime | None


broker: CredentialBroker[AuthProfile] = CredentialBroker(most_entries=MOST_PROFILES)
"""What this process has read; each once, however many threads want it."""


def complete(
    sign_in: SignIn,
    context: SignInContext,
    parse_again: Callable[[Defaults], SignIn],
    *,
    anew: bool = False,
) -> SignIn:
    """
    Complete a sign-in with its authentication profile, if it names one that has not been read yet.

    :param sign_in: the connection, as far as it goes without the profile.
    :param context: what the auth mode may use.
    :param parse_again: parses the connection with what the profile says under everything else.
    :param anew: whether to ask AWS even if the profile has been read a moment before.
    :raises InvalidSettings: connection and profile together do not make a sign-in, or the profile cannot be read.
    :raises NotFound: there is no such profile.
    :raises NotAllowed: an IAM policy lacks redshift:DescribeAuthenticationProfiles.
    """
    name = sign_in.pending_profile
    if not name:
        return sign_in
    try:
        if anew:
            profile = _read(sign_in, context)
        else:
            profile = broker.credential(cache_key(sign_in, context), lambda: _read(sign_in, context))
    except RsAuthError as error:
        error.about(sign_in.subject)
        raise
    return parse_again(Defaults(_called(name), profile.options))


def _read(sign_in: SignIn, context: SignInContext) -> AuthProfile:
    name, region = sign_in.pending_profile, sign_in.target.region
    session = open_session(sign_in, context)
    options = _ask(sign_in, session)
    if options == NOT_FOUND:
        raise _no_such_profile(name, region or session.region)
    if isinstance(options, str):
        raise InvalidSettings(sign_in.subject, [_unreadable(name)])
    for key, value in options.items():
        if value and secrets_in({canonical_name(key): "x"}):
            context.register_secret(str(value))
    now = context.now()
    return AuthProfile(options, now, now + REMEMBERED)


def _ask(sign_in: SignIn, session: AwsSession) -> Mapping[str, Any] | str:
    """Return the options of the profile, or why there are none; no frame of an error's traceback holds its content."""

    def ask() -> list[dict[str, str]]:
        client = session.client("redshift", sign_in.target.region)
        answer = client.describe_authentication_profiles(AuthenticationProfileName=sign_in.pending_profile)
        return list(answer.get("AuthenticationProfiles", ()))

    with withholding_debug_logs():
        try:
            found = asking_aws(ask, sign_in.target)
        except SignInRefused as error:
            if error.code != NOT_FOUND:
                raise
            return NOT_FOUND
    if not found:
        return NOT_FOUND
    options = _options(found[0].get("AuthenticationProfileContent", ""))
    return UNREADABLE if options is None else options


def _options(content: str) -> dict[str, Any] | None:
    try:
        options = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return options if isinstance(options, dict) else None


def _called(name: str) -> str:
    return f"authentication profile {shown(name)}" if shown(name) else "the authentication profile"


def _no_such_profile(name: str, region: str | None) -> NotFound:
    which = f"authentication profile {shown(name)}" if shown(name) else "authentication profile of this name"
    return NotFound(
        f"There is no {which} in this AWS account and region ({NOT_FOUND}).",
        remedy="Correct auth_profile, or the region or AWS account in which it is looked for. Those that there are: "
        f"`aws redshift describe-authentication-profiles --region {region} "
        "--query 'AuthenticationProfiles[].AuthenticationProfileName'`.",
        code=NOT_FOUND,
    )


def _unreadable(name: str) -> Problem:
    text = (
        f'the content of {_called(name)} is not a JSON object. Write it as {{"option": "value", …}} with '
        "`aws redshift modify-authentication-profile`"
    )
    return Problem("auth_profile", text, AwsMode.ui("auth_profile").label)
