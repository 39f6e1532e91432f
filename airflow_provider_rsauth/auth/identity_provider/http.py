"""HTTPS to one identity provider: verified, bounded in time and size, and never led elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from airflow_provider_rsauth.auth.errors import RsAuthError, SignInRefused, TlsRefused, Unreachable
from airflow_provider_rsauth.auth.identity_provider.tls import system_trust

if TYPE_CHECKING:
    import requests

CONNECT_TIMEOUT = 10
READ_TIMEOUT = 20
LONGEST_CALL = 30
"""Seconds for one call with all that is read of its answer."""

LARGEST_PAGE = 2_000_000
MOST_REDIRECTS = 5
ATTEMPTS = 3
PAUSE = 0.5

USER_AGENT = "airflow-provider-rsauth"

TIMEOUT = "Timeout"

_REDIRECTS = (301, 302, 303, 307, 308)
_NOT_ACCEPTED = 503
_NOT_SENT = (
    "ConnectTimeout",
    "ConnectTimeoutError",
    "NewConnectionError",
    "NameResolutionError",
    "ProxyError",
)
"""What happens before anything is sent."""

_ENCODINGS = (
    "utf-8",
    "utf8",
    "us-ascii",
    "iso-8859-1",
    "iso-8859-15",
    "windows-1250",
    "windows-1251",
    "windows-1252",
)

Content = Callable[[], Mapping[str, str]]
"""Makes what is sent when it is sent, so that no frame of an error's traceback holds a password."""

Proof = Callable[[bytes | None], str]
"""Makes the ``Authorization`` that a page which asks to negotiate gets, for a server with that certificate (DER)."""


@dataclass(frozen=True, slots=True)
class Page:
    """
    An answer.

    :param url: where it comes from, after redirects.
    :param status: its HTTP status.
    :param text: its body; never shown by ``repr``.
    """

    url: str
    status: int
    text: str = field(repr=False)


class IdentityProviderHttp:
    """
    Talks to one identity provider. Cookies are kept from call to call.

    Proxies are those of the environment (``HTTPS_PROXY``, ``NO_PROXY``). Up to three times is tried what failed at the
    server (status 5xx) or on the way to it; but what was sent with a password only if it surely did not arrive, or was
    answered with 503: each arrival may count as a failed sign-in.

    :param host: its host.
    :param port: its port.
    :param ca_bundle: PEM file with authorities to trust besides the system's.
    :param proof: proves who asks, to a page that wants to negotiate; ``None`` for nothing.
    :param user_agent: what the client calls itself.
    """

    def __init__(
        self,
        host: str,
        port: int,
        ca_bundle: str | None = None,
        proof: Proof | None = None,
        user_agent: str = USER_AGENT,
    ) -> None:
        self._host, self._port = host, port
        self._proof = proof
        self._certificate: bytes | None = None
        self._deadline = 0.0
        self._session = self._new_session(ca_bundle, user_agent)

    @property
    def base_url(self) -> str:
        """The address of the identity provider, without a path."""
        return f"https://{self._host}" + ("" if self._port == 443 else f":{self._port}")

    def get(self, url: str, parameters: Mapping[str, str] | None = None) -> Page:
        """
        Read a page.

        :param url: its address, or its path.
        :param parameters: what stands in the address after the question mark.
        :raises RsAuthError: there is no answer, or one that goes beyond the bounds.
        """
        return self._follow("GET", self._joined(self.base_url, url), lambda: {"params": parameters})

    def post(self, url: str, form: Content | None = None, json: Content | None = None) -> Page:
        """
        Send a form, or JSON.

        :param url: the address, or its path.
        :param form: makes the form.
        :param json: or makes the JSON object.
        :raises RsAuthError: there is no answer, or one that goes beyond the bounds.
        """
        return self._follow(
            "POST",
            self._joined(self.base_url, url),
            lambda: {"data": form() if form else None, "json": json() if json else None},
        )

    def _follow(self, method: str, url: str, content: Callable[[], dict[str, Any]]) -> Page:
        for _ in range(MOST_REDIRECTS + 1):
            self._check_place(url)
            status, location, text = self._answer(method, url, content)
            if status not in _REDIRECTS or not location:
                return Page(url, status, text)
            url = self._joined(url, location)
            if status not in (307, 308) and method == "POST":
                method, content = "GET", dict
            elif method == "GET":
                content = dict
        raise SignInRefused(
            f"The identity provider {self._host} redirects without end.",
            remedy="Open its sign-in page in a browser; correct what the connection says of it.",
            code="TooManyRedirects",
        )

    def _joined(self, base: str, url: str) -> str:
        try:
            return urljoin(base, url)
        except ValueError:
            return ""

    def _check_place(self, url: str) -> None:
        try:
            parts = urlsplit(url)
            place = (parts.scheme, parts.hostname, parts.port or 443)
        except ValueError:
            place = ("", "", 0)
        if place != ("https", self._host.lower(), self._port) or "\\" in url:
            raise SignInRefused(
                f"The identity provider {self._host} leads to another place ({place[0]}://{place[1]}:{place[2]}), to which "
                "user and password are not sent.",
                remedy="If that is where people sign in, fill it in as IdP host and IdP port (idp_host, idp_port).",
                code="ForeignRedirect",
            )

    def _answer(self, method: str, url: str, content: Callable[[], dict[str, Any]]) -> tuple[int, str, str]:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                status, location, text = self._call(method, url, content)
            except Unreachable as error:
                is_over = error.code == TIMEOUT or (method == "POST" and error.code not in _NOT_SENT)
                if is_over or attempt == ATTEMPTS:
                    raise
            else:
                if status < 500:
                    return status, location, text
                if method == "POST" and status != _NOT_ACCEPTED:
                    break
            time.sleep(PAUSE * 2 ** (attempt - 1) if attempt < ATTEMPTS else 0)
        raise Unreachable(
            f"The identity provider {self._host} fails (HTTP {status}).",
            remedy="Let the task try again later; ask whoever looks after it.",
            code=f"HTTP{status}",
        )

    def _call(self, method: str, url: str, content: Callable[[], dict[str, Any]]) -> tuple[int, str, str]:
        import requests
        import urllib3

        self._deadline = time.monotonic() + LONGEST_CALL
        explained: RsAuthError
        try:
            return self._exchange(method, url, content)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            explained = self._explain(error)
        # Raised here, so that it does not hold the request, and that the password.
        raise explained

    def _exchange(
        self,
        method: str,
        url: str,
        content: Callable[[], dict[str, Any]],
        proof: Proof | None = None,
    ) -> tuple[int, str, str]:
        with self._session.request(
            method,
            url,
            **content(),
            headers={"Authorization": proof(self._certificate)} if proof else None,
            auth=_nobody,
            timeout=(CONNECT_TIMEOUT, READ_TIMEOUT),
            allow_redirects=False,
            stream=True,
        ) as response:
            body = self._read(response)
        if self._proof and not proof and _wants_to_negotiate(response):
            return self._exchange(method, url, content, self._proof)
        location = response.headers.get("Location", "")
        return response.status_code, location, _text(body, response.encoding)

    def _read(self, response: requests.Response) -> bytes:
        """Read a body as it comes, so that one that trickles in cannot outlast the deadline."""
        if response.headers.get("Content-Encoding", "identity").lower() not in ("", "identity"):
            raise SignInRefused(
                f"The identity provider {self._host} packs its answer although it was asked not to.",
                remedy="Ask whoever looks after it, or after the proxy in between.",
                code="Packed",
            )
        body = bytearray()
        while chunk := response.raw.read1(65536, decode_content=False):
            body += chunk
            if len(body) > LARGEST_PAGE:
                raise SignInRefused(
                    f"The identity provider {self._host} answers with more than {LARGEST_PAGE // 10**6} MB.",
                    remedy="Is it a sign-in page? Open it in a browser; correct what the connection says of it.",
                    code="TooLarge",
                )
        return bytes(body)

    def _left(self) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return min(left, READ_TIMEOUT)

    def _explain(self, error: Exception) -> RsAuthError:
        import requests
        import urllib3

        if isinstance(error, requests.exceptions.SSLError):
            return TlsRefused(
                f"The certificate of the identity provider {self._host} is not trusted.",
                remedy="Put the PEM file of your certificate authority on every worker and fill in its path as ca_bundle; "
                "or correct idp_host, if the certificate is for another name.",
                code="CertificateRefused",
            )
        late = (requests.exceptions.ReadTimeout, urllib3.exceptions.ReadTimeoutError, TimeoutError)
        if isinstance(error, late):
            return Unreachable(
                f"The identity provider {self._host} did not answer in time ({READ_TIMEOUT} s).",
                remedy="Let the task try again later; ask whoever looks after it.",
                code=TIMEOUT,
            )
        if isinstance(error, requests.exceptions.ProxyError):
            return Unreachable(
                f"The proxy of this worker does not lead to the identity provider {self._host}.",
                remedy="Correct HTTPS_PROXY, or name the host in NO_PROXY.",
                code="ProxyError",
            )
        return Unreachable(
            f"The identity provider {self._host}:{self._port} cannot be reached ({_kind(error)}).",
            remedy="Check idp_host and idp_port, name resolution and firewall, from a worker.",
            code=_kind(error),
        )

    def _new_session(self, ca_bundle: str | None, user_agent: str) -> requests.Session:
        import requests

        class Session(requests.Session):  # type: ignore[misc]
            def get_redirect_target(self, _: requests.Response) -> None:
                """Leave redirects to us: requests would read their bodies, without bounds."""

        session = Session()
        session.mount("https://", system_trust(ca_bundle, self._saw, self._left))
        session.headers.update({"User-Agent": user_agent, "Accept-Encoding": "identity"})
        return session

    def _saw(self, certificate: bytes | None) -> None:
        self._certificate = certificate


def _text(body: bytes, encoding: str | None) -> str:
    """Decode a body; of the codecs that a server can name, some take minutes."""
    name = (encoding or "utf-8").lower()
    return body.decode(name if name in _ENCODINGS else "utf-8", "replace")


def _kind(error: Exception) -> str:
    """Return what happened; requests wraps what urllib3 found."""
    inner = error.args[0] if error.args else None
    return type(getattr(inner, "reason", None) or error).__name__


def _nobody(request: Any) -> Any:
    """Keep requests from sending what a .netrc file says of the host."""
    return request


def _wants_to_negotiate(response: requests.Response) -> bool:
    offers = response.headers.get("WWW-Authenticate", "").split(",")
    return response.status_code == 401 and any(
        offer.strip().lower().split(" ")[0] == "negotiate" for offer in offers
    )
