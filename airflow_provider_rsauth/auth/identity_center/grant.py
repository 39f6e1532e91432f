"""Which role of which account, through which Identity Center: what a connection and its AWS profile say together."""

from __future__ import annotations

from dataclasses import dataclass

from airflow_provider_rsauth.auth.aws_profile import AwsProfile, read_profile, unknown_profile
from airflow_provider_rsauth.auth.identity_center.session import SCOPES, SsoSession


@dataclass(frozen=True, slots=True)
class Grant:
    """
    What is asked of Identity Center.

    :param session: which Identity Center.
    :param account_id: the AWS account.
    :param role_name: the role, which is named after its permission set.
    :param region: the region that the profile names.
    """

    session: SsoSession
    account_id: str
    role_name: str
    region: str | None = None


def resolve(
    profile_name: str | None,
    start_url: str | None,
    sso_region: str | None,
    account_id: str | None,
    role_name: str | None,
) -> Grant:
    """
    Put together what the connection's fields and its AWS profile say; the fields win.

    :raises ValueError: something is missing; the text begins with the field.
    """
    profile = _profile(profile_name)
    from_profile = {**(profile.sso_session or {}), **profile.options} if profile else {}
    found = {
        "sso_start_url": start_url or from_profile.get("sso_start_url"),
        "sso_region": sso_region or from_profile.get("sso_region"),
        "sso_account_id": account_id or from_profile.get("sso_account_id"),
        "sso_role_name": role_name or from_profile.get("sso_role_name"),
    }
    if missing := [name for name, value in found.items() if not value]:
        raise ValueError(_missing(missing, profile))
    session = SsoSession(
        str(found["sso_start_url"]),
        str(found["sso_region"]),
        *(_name_and_scopes(profile) if profile and not start_url else (None, SCOPES)),
    )
    return Grant(
        session, str(found["sso_account_id"]), str(found["sso_role_name"]), from_profile.get("region")
    )


def _profile(name: str | None) -> AwsProfile | None:
    if not name:
        return None
    try:
        profile = read_profile(name)
    except ValueError as error:
        raise ValueError(f"profile: {error}") from None
    if profile is None:
        raise ValueError(f"profile: {unknown_profile(name)}")
    if (wanted := profile.options.get("sso_session")) and profile.sso_session is None:
        raise ValueError(
            f"profile: its sso_session {wanted!r} is not in ~/.aws/config. Add a section [sso-session {wanted}] there, "
            "with sso_start_url and sso_region"
        )
    return profile


def _name_and_scopes(profile: AwsProfile) -> tuple[str | None, tuple[str, ...]]:
    """Return what decides about the token's place in the cache, and about refresh tokens, as the AWS CLI does."""
    if profile.sso_session is None:
        return None, ()
    scopes = profile.sso_session.get("sso_registration_scopes", "")
    return profile.options["sso_session"], tuple(filter(None, map(str.strip, scopes.split(",")))) or SCOPES


def _missing(names: list[str], profile: AwsProfile | None) -> str:
    others = f", and so is {' and '.join(names[1:])}" if names[1:] else ""
    if profile is None:
        return (
            f"{names[0]}: missing{others}. Fill in start URL, region of Identity Center, account and role; or an AWS "
            "profile that has them"
        )
    return (
        f"{names[0]}: missing{others}: the AWS profile does not have it. Fill it in, here or in ~/.aws/config"
    )
