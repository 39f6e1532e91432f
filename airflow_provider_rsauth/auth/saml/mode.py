"""What all sign-ins at a corporate identity provider have in common: an assertion in, a role's session out."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Hashable
from contextlib import nullcontext
from typing import ClassVar

from pydantic import ValidationError

from airflow_provider_rsauth.auth.aws import AwsSession, BotoSession
from airflow_provider_rsauth.auth.database_user import DatabaseUser
from airflow_provider_rsauth.auth.digest import digest
from airflow_provider_rsauth.auth.driver import CaBundle
from airflow_provider_rsauth.auth.errors import InvalidSettings
from airflow_provider_rsauth.auth.identity_provider.refusals import refusals
from airflow_provider_rsauth.auth.mode import AwsMode, SignInContext
from airflow_provider_rsauth.auth.problems import problems_of
from airflow_provider_rsauth.auth.saml.assertion import read_assertion
from airflow_provider_rsauth.auth.saml.claims import claimed_user
from airflow_provider_rsauth.auth.saml.fields import PreferredRole
from airflow_provider_rsauth.auth.saml.role_session import RoleSession, assume_role_with_saml, broker
from airflow_provider_rsauth.auth.saml.roles import choose_role


class SamlMode(AwsMode):
    """A mode whose identity is a person at a corporate identity provider. Subclasses fetch the SAML response."""

    claims_database_user: ClassVar[bool] = True

    preferred_role: PreferredRole = None
    ca_bundle: CaBundle = None

    @abstractmethod
    def saml_response(self, context: SignInContext) -> str:
        """
        Sign in at the identity provider and return its SAML response in Base64.

        :param context: what the mode may use.
        :raises RsAuthError: why there is none, and what to do.
        """

    def base_session(self, context: SignInContext, region: str | None) -> AwsSession:
        """
        Return the session of the role that the identity provider offers.

        :param context: what the mode may use.
        :param region: the region of the cluster or workgroup, where known.
        """
        keys = self._role_session(context, region).keys
        return BotoSession.of_keys(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], region)

    def database_user(
        self, declared: DatabaseUser, context: SignInContext, region: str | None
    ) -> DatabaseUser:
        """
        Return the database user, which the assertion may name.

        :param declared: what the connection says.
        :param context: what the mode may use.
        :param region: the region of the cluster or workgroup, where known.
        :raises InvalidSettings: what the assertion says cannot be a database user.
        """
        assertion = self._role_session(context, region).assertion
        try:
            return claimed_user(declared, assertion)
        except ValidationError as error:
            problems = problems_of(error, DatabaseUser, {})
        raise InvalidSettings(
            f"{context.subject}: what the identity provider asserts of the database user", problems
        )

    def _role_session(self, context: SignInContext, region: str | None) -> RoleSession:
        key = (context.scope, self.name, region, digest([self.model_dump(), self.fingerprint(context)]))
        return broker.credential(key, lambda: self._new_role_session(context, region, key))

    def _new_role_session(self, context: SignInContext, region: str | None, key: Hashable) -> RoleSession:
        password = getattr(self, "password", None)
        asking = refusals.told_once(key, is_for_good=context.scope is not None) if password else nullcontext()
        with asking:
            assertion = read_assertion(self.saml_response(context), context.register_secret)
        label = self.ui("preferred_role").label
        role = choose_role(assertion, self.preferred_role, region, context.subject, label)
        session = assume_role_with_saml(role, assertion, region, context.now())
        for name in ("SecretAccessKey", "SessionToken"):
            context.register_secret(session.keys[name])
        return session
