"""Sign in as a person of IAM Identity Center who approved in a browser, anywhere."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import PrivateAttr, model_validator

from airflow_provider_rsauth.auth.aws import AwsSession, BotoSession
from airflow_provider_rsauth.auth.identity_center.device_sign_in import DeviceSignIn
from airflow_provider_rsauth.auth.identity_center.fields import (
    AccountId,
    SsoRegion,
    SsoRoleName,
    StartUrl,
    StoreKind,
)
from airflow_provider_rsauth.auth.identity_center.grant import Grant, resolve
from airflow_provider_rsauth.auth.mode import AwsMode, SignInContext
from airflow_provider_rsauth.auth.modes.profile import PROFILE


class IdentityCenter(AwsMode):
    """A person's sign-in to IAM Identity Center (AWS SSO): by device code, then refreshed."""

    name: ClassVar[str] = "identity_center"
    title: ClassVar[str] = "IAM Identity Center"
    summary: ClassVar[str] = (
        "a person of IAM Identity Center (AWS SSO) who approves in a browser now and then"
    )
    fields_in_words: ClassVar[str] = (
        "`profile`, or `sso_start_url`, `sso_region`, `sso_account_id` and `sso_role_name`; `sign_in_store` (optional)"
    )
    example_extra: ClassVar[dict[str, Any]] = {
        "sso_start_url": "https://mycompany.awsapps.com/start",
        "sso_region": "us-east-1",
        "sso_account_id": "123456789012",
        "sso_role_name": "RedshiftReadOnly",
    }

    profile: Annotated[str | None, PROFILE] = None
    sso_start_url: StartUrl = None
    sso_region: SsoRegion = None
    sso_account_id: AccountId = None
    sso_role_name: SsoRoleName = None
    sign_in_store: StoreKind = "file"
    _grant: Grant = PrivateAttr()

    @model_validator(mode="after")
    def _is_complete(self) -> IdentityCenter:
        self._grant = resolve(
            self.profile, self.sso_start_url, self.sso_region, self.sso_account_id, self.sso_role_name
        )
        return self

    @property
    def start_url(self) -> str:
        """The AWS access portal, of the connection or its profile."""
        return self._grant.session.start_url

    def person(self, context: SignInContext) -> DeviceSignIn:
        """
        Return the sign-in of the person.

        :param context: what the mode may use.
        """
        store = context.sign_in_store(self.sign_in_store)
        return DeviceSignIn(self._grant.session, store, context.register_secret, context.conn_id)

    def base_session(self, context: SignInContext, region: str | None) -> AwsSession:
        """
        Return the session of the person's role.

        :param context: what the mode may use.
        :param region: the region of the cluster or workgroup, where known.
        :raises SignInNeeded: a person has to sign in first.
        """
        keys = self.person(context).role_credentials(self._grant.account_id, self._grant.role_name)
        return BotoSession.of_keys(
            keys["accessKeyId"], keys["secretAccessKey"], keys["sessionToken"], region or self._grant.region
        )

    def fingerprint(self, context: SignInContext) -> str:
        """
        Return what the profile says.

        :param context: what the mode may use.
        """
        return repr(self._grant)
