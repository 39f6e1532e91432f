"""The HTTP server that all AWS clients of the sandbox talk to."""

from __future__ import annotations

import errno
import socket
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from airflow_provider_rsauth.sandbox.aws import answers
from airflow_provider_rsauth.sandbox.aws.calls import Calls
from airflow_provider_rsauth.sandbox.aws.errors import AwsError
from airflow_provider_rsauth.sandbox.aws.faults import Faults
from airflow_provider_rsauth.sandbox.aws.identities import Identities, Identity
from airflow_provider_rsauth.sandbox.aws.issuing import Operation, UnsignedOperation
from airflow_provider_rsauth.sandbox.aws.permissions import authorize_assume_role
from airflow_provider_rsauth.sandbox.aws.request import AwsRequest
from airflow_provider_rsauth.sandbox.aws.secrets import authorize_get_secret_value
from airflow_provider_rsauth.sandbox.aws.sso_calls import BEARER_TOKEN
from airflow_provider_rsauth.sandbox.errors import SandboxError

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

HOST = "127.0.0.1"

CHECKS: Mapping[tuple[str, str], Callable[[Identities, Identity, AwsRequest], None]] = {
    ("sts", "AssumeRole"): authorize_assume_role,
    ("secretsmanager", "GetSecretValue"): authorize_get_secret_value,
}
"""What is checked before moto, which allows everything, answers."""


class AwsApplication:
    """
    The WSGI application: our own operations first, all else is moto's.

    :param identities: who may sign calls.
    :param operations: our own operations by service and name.
    :param unsigned: those that need no signature.
    :param calls: where calls are recorded.
    :param faults: what goes wrong on purpose.
    """

    def __init__(
        self,
        identities: Identities,
        operations: Mapping[str, Mapping[str, Operation]],
        unsigned: Mapping[str, Mapping[str, UnsignedOperation]],
        calls: Calls,
        faults: Faults,
    ) -> None:
        from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

        self._identities = identities
        self._operations = operations
        self._unsigned = unsigned
        self._calls = calls
        self._faults = faults
        self._moto = DomainDispatcherApplication(create_backend_app)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = AwsRequest.read(environ)
        try:
            result = self._answer(request)
        except AwsError as error:
            return answers.refusal(request, error)(environ, start_response)
        if result is None:
            # moto keeps accounts apart by this header
            environ["HTTP_X_MOTO_ACCOUNT_ID"] = self._identities.account_id
            passed_on: Iterable[bytes] = self._moto(environ, start_response)
            return passed_on
        return answers.success(request, result)(environ, start_response)

    def _answer(self, request: AwsRequest) -> Mapping[str, Any] | None:
        self._calls.add(request)
        self._faults.strike(request.operation)
        if unsigned := self._unsigned.get(request.service, {}).get(request.operation):
            return unsigned(request)
        if request.signature is None:
            return None  # such as a request to a public bucket, which is moto's
        identity = self._identities.identify(request)
        operation = self._operations.get(request.service, {}).get(request.operation)
        if operation is not None:
            return operation(request, identity)
        if check := CHECKS.get((request.service, request.operation)):
            check(self._identities, identity, request)
        return None


class AwsServer:
    """
    Serves the application on 127.0.0.1, each call in a thread.

    :param application: the application.
    :param port: the port; 0 for a free one.
    :raises SandboxError: when the port is taken.
    """

    def __init__(self, application: WSGIApplication, port: int = 0) -> None:
        from werkzeug.serving import make_server

        with listen(port) as listener:
            self.port: int = listener.getsockname()[1]
            self._server = make_server(
                HOST, self.port, application, threaded=True, request_handler=_handler(), fd=listener.fileno()
            )
        self._thread = threading.Thread(target=self._server.serve_forever, name="aws", daemon=True)

    @property
    def url(self) -> str:
        """What AWS clients need as their endpoint."""
        return f"http://{HOST}:{self.port}"

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Stop answering."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()


def listen(port: int) -> socket.socket:
    """
    Take a port.

    :raises SandboxError: when somebody else has it.
    """
    try:
        return socket.create_server((HOST, port), backlog=256)
    except OSError as error:
        if error.errno not in (errno.EADDRINUSE, errno.EACCES):
            raise
        text = f"port {port} on {HOST} is taken: stop what uses it, or choose another with aws_port=..."
        raise SandboxError(text) from error


def _handler() -> type[Any]:
    from werkzeug.serving import WSGIRequestHandler

    class QuietHandler(WSGIRequestHandler):
        def make_environ(self) -> WSGIEnvironment:
            environ = super().make_environ()
            if token := self.headers.get(BEARER_TOKEN):  # werkzeug leaves out headers with an underscore
                environ[f"HTTP_{BEARER_TOKEN.upper().replace('-', '_')}"] = token
            return environ

        def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002
            pass

    return QuietHandler
