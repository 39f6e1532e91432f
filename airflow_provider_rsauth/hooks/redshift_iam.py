"""The hook: an Airflow connection in, database connections with fresh temporary credentials out."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from airflow.providers.common.compat.sdk import AirflowNotFoundException, mask_secret
from tenacity import (
    Retrying,
    retry_if_exception,
    stop_after_attempt,
    stop_after_delay,
    wait_random_exponential,
)

from airflow_provider_rsauth.auth.auth_profile import complete
from airflow_provider_rsauth.auth.custom_domain import belongs_to
from airflow_provider_rsauth.auth.endpoint import known_endpoint
from airflow_provider_rsauth.auth.errors import RsAuthError
from airflow_provider_rsauth.auth.mode import SignInContext
from airflow_provider_rsauth.auth.settings import CONN_TYPE, SignIn, parse
from airflow_provider_rsauth.auth.sign_in import (
    Login,
    asks_aws,
    aws_identity,
    discard_login,
    new_login,
    obtain_login,
    open_session,
)
from airflow_provider_rsauth.hooks.airflow_connection import read_connection
from airflow_provider_rsauth.hooks.aws_connections import AirflowAwsConnections
from airflow_provider_rsauth.hooks.dbapi import RedshiftDbApiHook
from airflow_provider_rsauth.hooks.driver import connect
from airflow_provider_rsauth.hooks.running_task import running_task
from airflow_provider_rsauth.hooks.sign_in_store import sign_in_store

if TYPE_CHECKING:
    import redshift_connector
    from sqlalchemy.engine import Engine

    from airflow_provider_rsauth.auth.aws import AwsSession
    from airflow_provider_rsauth.auth.defaults import Defaults

ATTEMPTS = 3


class RedshiftIAMHook(RedshiftDbApiHook):
    """
    Connects to Amazon Redshift with credentials issued a moment before.

    Takes a connection of type ``redshift_iam``, or one of type ``redshift`` made for Airflow's own hook. The keyword
    arguments win over the connection; each setting of the connection can be one, ``None`` means "as the connection
    says".

    :param redshift_conn_id: id of the connection.
    :param database: database to connect to.
    :param db_user: database user to log in as.
    :param db_groups: database groups that the user joins for the session.
    :param auto_create: whether to create the user if it does not exist.
    :param duration_seconds: how long the password is valid, 900 to 3600 seconds.
    :param role_arn: IAM role to assume before Redshift is asked.
    :param schema: another name of ``database``, as in other SQL hooks.
    :param log_sql: whether to log the statements that are run.
    :param settings: any other setting of the connection.
    """

    conn_name_attr = "redshift_conn_id"
    default_conn_name = "redshift_iam_default"
    conn_type = CONN_TYPE
    hook_name = "Amazon Redshift (IAM)"

    def __init__(
        self,
        redshift_conn_id: str = default_conn_name,
        *,
        database: str | None = None,
        db_user: str | None = None,
        db_groups: Sequence[str] | str | None = None,
        auto_create: bool | None = None,
        duration_seconds: int | None = None,
        role_arn: str | None = None,
        schema: str | None = None,
        log_sql: bool = True,
        **settings: Any,
    ) -> None:
        # The SQL operators pass every extra of the connection; one named like an attribute of the base must not win.
        settings.pop("connection", None)
        super().__init__(redshift_conn_id=redshift_conn_id, schema=schema, log_sql=log_sql, **settings)
        self.schema = self._given_schema = schema
        named = {
            "database": database,
            "db_user": db_user,
            "db_groups": db_groups,
            "auto_create": auto_create,
            "duration_seconds": duration_seconds,
            "role_arn": role_arn,
        }
        self._settings = settings | {key: value for key, value in named.items() if value is not None}
        self._told: set[str] = set()

    @classmethod
    def get_connection_form_widgets(cls) -> dict[str, Any]:
        """Return the fields of the connection form, for Airflow 2.11 to 3.1."""
        from airflow_provider_rsauth.form.widgets import widgets

        return widgets()

    @classmethod
    def get_ui_field_behaviour(cls) -> dict[str, Any]:
        """Return labels and placeholders of the connection form, for Airflow 2.11 to 3.1."""
        from airflow_provider_rsauth.form.widgets import ui_field_behaviour

        return ui_field_behaviour()

    @property
    def sign_in(self) -> SignIn:
        """
        The connection, parsed and checked.

        Asks Airflow for the AWS connection, and nobody else for anything; only a connection that names an
        authentication profile asks AWS for it, unless the process has read it in the last minutes.

        :raises InvalidSettings: something is wrong with it; the error names all of it.
        """
        return self._sign_in()

    @property
    def declared_sign_in(self) -> SignIn:
        """
        What the connection itself says, parsed and checked; asks nobody but Airflow.

        :raises InvalidSettings: something is wrong with it; the error names all of it.
        """
        return self._parse()

    def _sign_in(self, *, anew: bool = False) -> SignIn:
        sign_in = complete(self._parse(), self.context, self._parse, anew=anew)
        for notice in sign_in.notices:
            if notice not in self._told:
                self._told.add(notice)
                self.log.warning("%s: %s", sign_in.subject, notice)
        return sign_in

    def _parse(self, defaults: Defaults | None = None) -> SignIn:
        raw = read_connection(self.get_conn_id(), lambda: self.connection)
        return parse(raw, self._overrides(), self._aws_connections.is_defined, defaults)

    def get_conn(self) -> redshift_connector.Connection:
        """
        Log in and return the driver's connection.

        A credential that the server finds expired or does not accept is replaced once, if there is another. What can
        pass (a refused or broken connection, the session limit) is tried up to three times within the connect timeout.

        :raises RsAuthError: why it does not work, and what to do.
        """
        sign_in = self.sign_in
        try:
            login, connection = self._log_in(sign_in)
        except RsAuthError as error:
            error.about(sign_in.subject)
            raise
        self.log.info("%s", describe(sign_in, login))
        return connection

    def get_uri(self) -> str:
        """
        Return the SQLAlchemy URI, without a password.

        Calls no API: what only AWS can tell (the host of a cluster, what an authentication profile says) is left out.
        """
        sign_in = self.declared_sign_in
        user = quote(sign_in.database_user.db_user or "", safe="")
        endpoint = known_endpoint(sign_in.target)
        host = f"{endpoint.host}:{endpoint.port}" if endpoint else ""
        database = quote(endpoint.database if endpoint else sign_in.target.database or "", safe="")
        return f"redshift+redshift_connector://{f'{user}@' if user and host else ''}{host}/{database}"

    def get_sqlalchemy_engine(self, engine_kwargs: dict[str, Any] | None = None) -> Engine:
        """
        Return an engine whose every new connection is a sign-in of its own; the URL holds no password.

        Needs the extra ``sqlalchemy``.

        :param engine_kwargs: arguments of :func:`sqlalchemy.create_engine`.
        """
        from sqlalchemy import create_engine

        return create_engine(
            "redshift+redshift_connector://", **{"creator": self.get_conn, **(engine_kwargs or {})}
        )

    def test_connection(self) -> tuple[bool, str]:  # type: ignore[override]
        """
        Sign in with a new credential and tell what was found, or what is wrong and what to do.

        :return: whether it worked, and the text: API, endpoint, expiry, AWS identity, database user as the server
            says, server version.
        """
        try:
            sign_in = self._sign_in(anew=True)
            context = replace(self.context, scope=object())  # nothing that an earlier sign-in left counts
            session = open_session(sign_in, context) if asks_aws(sign_in) else None
            login = new_login(sign_in, context, session)
            with closing(connect(sign_in, login)) as connection, closing(connection.cursor()) as cursor:
                cursor.execute("select current_user, version()")
                user, version = cursor.fetchone()
            identity = who_in_aws(sign_in, session) if session else "none"
            domain = [behind_custom_domain(sign_in, session)] if session else []
        except RsAuthError as error:
            return False, str(error.about(self._aws_connections.subject))
        except AirflowNotFoundException as error:
            return False, str(error)
        found = [
            describe(sign_in, login),
            *filter(None, domain),
            f"AWS identity: {identity}.",
            f"Database user: {user}.",
            f"Server: {version}.",
        ]
        return True, " ".join([*found, *sign_in.notices])

    def _log_in(self, sign_in: SignIn) -> tuple[Login, redshift_connector.Connection]:
        context = self.context
        login = obtain_login(sign_in, context)
        attempts = Retrying(
            retry=retry_if_exception(lambda error: isinstance(error, RsAuthError) and error.retryable),
            stop=stop_after_attempt(ATTEMPTS)
            | stop_after_delay(sign_in.driver.timeout(login.target.is_serverless)),
            wait=wait_random_exponential(multiplier=0.5, max=5),
            reraise=True,
        )
        try:
            return login, attempts(connect, sign_in, login)
        except RsAuthError as error:
            if not (error.renewable and login.credential.is_renewable):
                raise
            refusal = error
        self.log.info("%s Getting another credential.", refusal.message)
        discard_login(sign_in, context, login)
        renewed = obtain_login(sign_in, context)
        if renewed.credential.is_same_as(login.credential):
            raise refusal
        return renewed, attempts(connect, sign_in, renewed)

    def _overrides(self) -> dict[str, Any]:
        """Return the settings of the constructor, and the database that an operator sets as ``schema`` later."""
        if self.schema and self.schema != self._given_schema:
            return self._settings | {"database": self.schema}
        return (
            {"schema": self.schema} if self.schema and "database" not in self._settings else {}
        ) | self._settings

    @property
    def context(self) -> SignInContext:
        """What the auth modes may use of this Airflow."""
        return SignInContext(
            self._aws_connections.subject,
            self._aws_connections,
            mask_secret,
            running_task(),
            conn_id=self.get_conn_id(),
            sign_in_store=sign_in_store,
        )

    @cached_property
    def _aws_connections(self) -> AirflowAwsConnections:
        return AirflowAwsConnections(f"Connection {self.get_conn_id()!r}")


def describe(sign_in: SignIn, login: Login) -> str:
    """
    Tell in a sentence who signed in where, and for how long.

    :param sign_in: the sign-in.
    :param login: the login that was made.
    """
    credential = login.credential
    through = f" through {credential.api}" if credential.api else ""
    until = f", valid until {credential.expires_at:%Y-%m-%d %H:%M:%S %Z}" if credential.expires_at else ""
    who = "by token" if credential.is_token else f"as {credential.user!r}"
    return f"Signed in to {login.target} at {login.endpoint} {who} ({sign_in.mode.title}{through}{until})."


def who_in_aws(sign_in: SignIn, session: AwsSession) -> str:
    """
    Tell who signed in to AWS; that STS cannot be reached is no reason to fail.

    :param sign_in: the sign-in.
    :param session: its AWS identity.
    """
    try:
        return aws_identity(sign_in, session)
    except RsAuthError as error:
        return f"not known ({error.message})"


def behind_custom_domain(sign_in: SignIn, session: AwsSession) -> str:
    """
    Tell to what the custom domain belongs, if there is one; not to be allowed to know is no reason to fail.

    :param sign_in: the sign-in.
    :param session: its AWS identity.
    """
    target = sign_in.target
    if not target.custom_domain:
        return ""
    try:
        name = belongs_to(target, session)
    except RsAuthError as error:
        return f"Custom domain of: not known ({error.message})."
    return f"Custom domain of {target.kind} {name!r}."
