"""Sign in with a database user and its password."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from airflow_provider_rsauth.auth.credential import Credential
from airflow_provider_rsauth.auth.fields import SIGN_IN, RequiredSecret, Ui
from airflow_provider_rsauth.auth.mode import DirectMode, SignInContext


class Password(DirectMode):
    """A database user whose password the connection keeps."""

    name: ClassVar[str] = "password"
    title: ClassVar[str] = "Database user and password"
    summary: ClassVar[str] = "a database user; the password does not expire by itself"

    login: Annotated[str, Ui("Login", "Database user.", SIGN_IN, standard="login")]
    password: Annotated[
        RequiredSecret, Ui("Password", "The database user's password.", SIGN_IN, standard="password")
    ]

    @classmethod
    def example(cls) -> dict[str, Any]:
        """Return the least that a connection in this mode needs."""
        return {
            "host": "examplecluster.abc123xyz789.us-west-2.redshift.amazonaws.com",
            "schema": "dev",
            "login": "dbadmin",
            "password": "Example-Passw0rd",
            "extra": {"auth_mode": cls.name},
        }

    def credential(self, context: SignInContext) -> Credential:
        """
        Return the stored user and password.

        :param context: what the mode may use.
        """
        password = self.password.get_secret_value()
        context.register_secret(password)
        return Credential(user=self.login, password=password, issued_at=context.now())
