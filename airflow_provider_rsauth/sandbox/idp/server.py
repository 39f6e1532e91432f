"""The HTTPS server of the identity provider."""

from __future__ import annotations

import ssl
import threading
from typing import TYPE_CHECKING, Any

from airflow_provider_rsauth.sandbox.aws.server import HOST, listen

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

HANDSHAKE_SECONDS = 10


class HttpsServer:
    """
    Serves an application on 127.0.0.1, each request in a thread.

    :param application: the application.
    :param tls: holds the certificate.
    """

    def __init__(self, application: WSGIApplication, tls: ssl.SSLContext) -> None:
        with listen(0) as listener:
            self.port: int = listener.getsockname()[1]
            self._server = _server_class()(HOST, self.port, application, _handler(tls), fd=listener.fileno())
        self._thread = threading.Thread(target=self._server.serve_forever, name="idp", daemon=True)

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Stop answering."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()


def _server_class() -> type[Any]:
    from werkzeug.serving import ThreadedWSGIServer

    class QuietServer(ThreadedWSGIServer):
        def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002
            if "ssl." not in message:  # clients hang up as they like
                super().log(type, message, *args)

    return QuietServer


def _handler(tls: ssl.SSLContext) -> type[Any]:
    from werkzeug.serving import WSGIRequestHandler

    class TlsHandler(WSGIRequestHandler):
        def setup(self) -> None:
            # the handshake is left to the request's own thread, so that a client that stalls holds up nobody
            self.request = tls.wrap_socket(self.request, server_side=True, do_handshake_on_connect=False)
            super().setup()

        def handle(self) -> None:
            try:
                self.connection.settimeout(HANDSHAKE_SECONDS)
                self.connection.do_handshake()
                self.connection.settimeout(None)
                super().handle()
            except OSError:
                self.close_connection = True

        def finish(self) -> None:
            try:
                super().finish()
            except OSError:
                pass
            finally:
                self.connection.close()

        def make_environ(self) -> WSGIEnvironment:
            return {**super().make_environ(), "wsgi.url_scheme": "https"}

        def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002
            pass

    return TlsHandler
