"""From a ``SignIn`` to what the driver needs: an endpoint and a credential."""

from __future__ import annotations

import os
from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime

from pydantic import SecretStr

from airflow_provider_rsauth.auth.aws import AwsSession
from airflow_provider_rsauth.auth.broker import CredentialBroker
from airflow_provider_rsauth.auth.credential import Credential
from airflow_provider_rsauth.auth.database_user import DatabaseUser, check
from airflow_provider_rsauth.auth.diagnosis import asking_aws
from airflow_provider_rsauth.auth.digest import digest
from airflow_provider_rsauth.auth.endpoint import Endpoint, discover, known_endpoint
from airflow_provider_rsauth.auth.errors import InvalidSettings, Problem
from airflow_provider_rsauth.auth.issuer import issue
from airflow_provider_rsauth.auth.mode import AwsMode, DirectMode, IdentityMode, KeptLoginMode, SignInContext
from airflow_provider_rsauth.auth.quiet import withholding_debug_logs
from airflow_provider_rsauth.auth.settings import SignIn
from airflow_provider_rsauth.auth.target import DEFAULT_DATABASE, Target, TargetSettings
from airflow_provider_rsauth.auth.tokens.mode import TokenMode


@dataclass(frozen=True, slots=True)
class Login:
    """
    Everything that one login needs.

    :param endpoint: where.
    :param credential: as whom.
    :param target: the cluster or workgroup, with all that is known of it by now.
    """

    endpoint: Endpoint
    credential: Credential
    target: Target

    @property
    def issued_at(self) -> datetime:
        """When the credential was issued, UTC."""
        return self.credential.issued_at

    @property
    def expires_at(self) -> datetime | None:
        """When the credential stops working, UTC."""
        return self.credential.expires_at


broker: CredentialBroker[Login] = CredentialBroker()
"""The broker of this process; a task process starts with an empty one."""


def obtain_login(sign_in: SignIn, context: SignInContext) -> Login:
    """
    Return endpoint and credential, from the broker where the connection allows it.

    :param sign_in: the sign-in.
    :param context: what the auth mode may use.
    :raises RsAuthError: why there is none, and what to do.
    """
    if sign_in.driver.credential_cache == "off" or not asks_aws(sign_in):
        return new_login(sign_in, context)
    return broker.credential(cache_key(sign_in, context), lambda: new_login(sign_in, context))


def discard_login(sign_in: SignIn, context: SignInContext, login: Login) -> None:
    """
    Forget a login that the server refused.

    :param sign_in: the sign-in.
    :param context: what the auth mode may use.
    :param login: the refused login.
    """
    broker.discard(cache_key(sign_in, context), login)


def asks_aws(sign_in: SignIn) -> bool:
    """
    Tell whether AWS is asked for anything, be it only the host.

    :param sign_in: the sign-in.
    """
    return sign_in.mode.asks_aws or not sign_in.target.host


def new_login(sign_in: SignIn, context: SignInContext, session: AwsSession | None = None) -> Login:
    """
    Return endpoint and a newly issued credential.

    :param sign_in: the sign-in.
    :param context: what the auth mode may use.
    :param session: the AWS identity, if it has been opened already.
    :raises RsAuthError: why there is none, and what to do.
    """
    mode, target = sign_in.mode, sign_in.target
    with withholding_debug_logs():
        if isinstance(mode, DirectMode):
            endpoint = known_endpoint(target)
            assert endpoint  # noqa: S101 - the settings of a direct mode are refused without a host
            return Login(endpoint, mode.credential(context), target)
        if isinstance(mode, TokenMode):
            session = session or (open_session(sign_in, context) if mode.asks_aws else None)
            credential = mode.token_login(context, session, target)
            endpoint = known_endpoint(target)
            endpoint = endpoint or discover(target, session or open_session(sign_in, context))
            return Login(endpoint, credential, target)
        session = session or open_session(sign_in, context)
        if isinstance(mode, KeptLoginMode):
            credential, target = mode.kept_login(context, session, target)
            return Login(known_endpoint(target) or discover(target, session), credential, target)
        endpoint = known_endpoint(target) or discover(target, session)
        credential = issue(target, endpoint.database, _user(sign_in, context), session, context.now())
        context.register_secret(credential.password)
        return Login(endpoint, credential, target)


def open_session(sign_in: SignIn, context: SignInContext) -> AwsSession:
    """
    Open the AWS identity that asks for a credential.

    :param sign_in: the sign-in, in a mode with an AWS identity.
    :param context: what the auth mode may use.
    :raises RsAuthError: why there is none, and what to do.
    """
    mode, target = sign_in.mode, sign_in.target
    assert isinstance(mode, IdentityMode)  # noqa: S101 - all but the direct ones are
    region = target.region or mode.implied_region
    for name in type(mode).model_fields:
        if isinstance(secret := getattr(mode, name), SecretStr):
            context.register_secret(secret.get_secret_value())
    with withholding_debug_logs():
        session = asking_aws(lambda: mode.session(context, region), target)
        for secret in asking_aws(session.secrets, target):
            context.register_secret(secret)
    if not (region or session.region):
        label = TargetSettings.ui("region").label
        raise InvalidSettings(sign_in.subject, [Problem("region", mode.no_region, label)])
    return session


def _user(sign_in: SignIn, context: SignInContext) -> DatabaseUser:
    """Return the database user to ask for, which the identity may have a say in."""
    mode, target = sign_in.mode, sign_in.target
    assert isinstance(mode, AwsMode)  # noqa: S101 - only these ask Redshift
    if target.is_serverless or sign_in.database_user.as_iam_identity:
        return sign_in.database_user  # AWS decides
    user = mode.database_user(sign_in.database_user, context, target.region)
    if mode.claims_database_user:
        problems, _ = check(user, target)
        if problems:
            raise InvalidSettings(sign_in.subject, problems)
    return user


def aws_identity(sign_in: SignIn, session: AwsSession) -> str:
    """
    Return the ARN of the AWS identity that asks (STS GetCallerIdentity, which needs no permission).

    :param sign_in: the sign-in.
    :param session: its AWS identity.
    :raises RsAuthError: STS cannot be asked.
    """
    region = sign_in.target.region
    with withholding_debug_logs():
        answer = asking_aws(lambda: session.client("sts", region).get_caller_identity(), sign_in.target)
    return str(answer["Arn"])


def cache_key(sign_in: SignIn, context: SignInContext) -> Hashable:
    """
    Return who asks for what, with secrets reduced to a keyed digest: equal sign-ins share, others never do.

    :param sign_in: the sign-in.
    :param context: what the auth mode may use.
    """
    mode = sign_in.mode
    identity = {
        "fields": mode.model_dump(),
        "beyond": mode.fingerprint(context) if isinstance(mode, IdentityMode) else "",
        "ambient": sorted((name, value) for name, value in os.environ.items() if name.startswith("AWS_")),
    }
    target = sign_in.target
    return (
        context.scope,
        target.partition,
        target,
        target.database or DEFAULT_DATABASE,
        sign_in.database_user,
        mode.name,
        digest(identity),
    )
