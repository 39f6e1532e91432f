"""A login that the gateway refuses."""

from __future__ import annotations

from airflow_provider_rsauth.sandbox.ledger import TemporaryCredential

INVALID_AUTHORIZATION = "28000"
UNDEFINED_OBJECT = "42704"
TOO_MANY_CONNECTIONS = "53300"


class Refusal(Exception):
    """
    A login that ends here.

    :param sqlstate: the state that the client sees.
    :param message: the text that the client sees.
    :param credential: the credential that was recognised, if any.
    """

    def __init__(self, sqlstate: str, message: str, credential: TemporaryCredential | None = None) -> None:
        super().__init__(message)
        self.sqlstate = sqlstate
        self.message = message
        self.credential = credential
