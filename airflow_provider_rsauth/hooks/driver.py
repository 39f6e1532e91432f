"""One login through the Redshift driver: ready credentials in, a connection or an error of ours out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FunctionType
from typing import TYPE_CHECKING

from airflow_provider_rsauth.auth.login_diagnosis import Attempt, explain_login_error
from airflow_provider_rsauth.hooks.running_task import application_name

if TYPE_CHECKING:
    import redshift_connector

    from airflow_provider_rsauth.auth.credential import Credential
    from airflow_provider_rsauth.auth.settings import SignIn
    from airflow_provider_rsauth.auth.sign_in import Login


def connect(sign_in: SignIn, login: Login) -> redshift_connector.Connection:
    """
    Log in.

    The connect timeout ends with the login: afterwards a query may take as long as it needs, while TCP keepalive
    notices a server that is gone.

    :param sign_in: how to connect.
    :param login: where, and as whom.
    :raises RsAuthError: why Redshift cannot be reached or refuses, and what to do.
    """
    endpoint, credential = login.endpoint, login.credential
    timeout = sign_in.driver.timeout(login.target.is_serverless)
    place = (endpoint.host, endpoint.port, endpoint.database)
    attempt = Attempt(*place, credential.user, timeout, credential.origin, credential.is_token)
    try:
        with _connection_type(sign_in.driver.ca_bundle) as connection_type:
            connection = connection_type(
                host=endpoint.host,
                port=endpoint.port,
                database=endpoint.database,
                **_proof(credential),
                ssl=True,
                timeout=timeout,
                application_name=sign_in.driver.application_name or application_name(),
                **sign_in.driver.arguments(),
            )
    except Exception as error:  # a server that is no Redshift makes the driver raise anything
        refusal = explain_login_error(error, attempt)
    else:
        connection._usock.settimeout(None)
        return connection
    # Raised here, so that it does not keep the driver's frames alive, password and socket in them.
    raise refusal


def _proof(credential: Credential) -> dict[str, str]:
    """
    Return the driver's arguments that say who logs in.

    The plugin of a token is only named, for the startup packet: the driver's constructor runs none. Run by the
    driver, it would print the token at DEBUG.
    """
    if not credential.is_token:
        return {"user": credential.user, "password": credential.password}
    # No password: a server that asks for one is not told the token.
    token = {"web_identity_token": credential.password}
    return {"user": "", "password": "", **token, **credential.presented_as}


@contextmanager
def _connection_type(ca_bundle: str | None) -> Iterator[type[redshift_connector.Connection]]:
    """
    Give the driver's connection class, or one that trusts further certificate authorities.

    The driver takes no such argument: its constructor loads the bundle that lies beside its own module file. The
    class given here has the same constructor, looking beside another file. Should the driver change that, the
    further authorities are not trusted and the connection is refused.
    """
    import redshift_connector

    driver = redshift_connector.Connection
    if ca_bundle is None:
        yield driver
        return
    init = driver.__init__
    module_file = Path(init.__globals__["__file__"])
    with TemporaryDirectory(prefix="rsauth-ca-") as folder:
        bundle = Path(folder, "files", "redshift-ca-bundle.crt")
        bundle.parent.mkdir()
        bundle.write_bytes(
            (module_file.parent / "files" / bundle.name).read_bytes() + Path(ca_bundle).read_bytes()
        )
        relocated = FunctionType(
            init.__code__,
            {**init.__globals__, "__file__": str(Path(folder, module_file.name))},
            init.__name__,
            init.__defaults__,
            init.__closure__,
        )
        yield type(driver.__name__, (driver,), {"__init__": relocated})
