"""Sign in with a database user and its password."""

from __future__ import annotations

from typing import Annotated, ClassVar

from airflow_provider_rsauth.auth.credential import Credential, Origin
from airflow_provider_rsauth.auth.fields import LOGIN, PASSWORD, RequiredSecret
from airflow_provider_rsauth.auth.mode import DirectMode, SignInContext


class Password(DirectMode):
    """A database user whose password the connection keeps."""

    name: ClassVar[str] = "password"
    title: ClassVar[str] = "Database user and password"
    summary: ClassVar[str] = "a database user; the password does not expire by itself"
    example_login: ClassVar[dict[str, str]] = {"login": "dbadmin", "password": "Example-Passw0rd"}

    login: Annotated[str, LOGIN]
    password: Annotated[RequiredSecret, PASSWORD]

    def credential(self, context: SignInContext) -> Credential:
        """
        Return the stored user and password.

        :param context: what the mode may use.
        """
        password = self.password.get_secret_value()
        context.register_secret(password)
        return Credential(self.login, password, context.now(), origin=Origin.CONNECTION)
