"""An API call, taken apart: which service, which operation, who signed it."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import parse_qsl

from airflow_provider_rsauth.sandbox.aws import sso_calls

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

Protocol = Literal["query", "json", "rest", "s3"]

SIGNED = re.compile(
    r"AWS4-HMAC-SHA256 +Credential=(?P<key>[^/]+)/(?P<date>\d+)/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request,"
    r" *SignedHeaders=(?P<headers>[^,]+), *Signature=(?P<signature>[0-9a-f]+)"
)
UNSIGNED_STS = frozenset({"AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"})


@dataclass(frozen=True, slots=True)
class Signature:
    """
    The ``Authorization`` header of a signed call.

    :param headers: the names of the signed headers, in lower case.
    """

    access_key_id: str
    region: str
    service: str
    headers: tuple[str, ...]
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class AwsRequest:
    """
    One API call.

    :param service: the service as it is signed for, such as ``redshift-serverless``; ``sso`` or ``sso-oidc``,
        which nobody signs for.
    :param operation: the API's name; method and path where the protocol has no name for it.
    :param parameters: flat as sent in the query protocol, nested in the json protocol.
    :param signature: ``None`` for an unsigned call.
    """

    service: str
    operation: str
    protocol: Protocol
    parameters: Mapping[str, Any]
    signature: Signature | None
    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    @classmethod
    def read(cls, environ: WSGIEnvironment) -> AwsRequest:
        """Read a call; its body stays readable for the next application."""
        from werkzeug import Request

        request = Request(environ)
        body = request.get_data()
        environ["wsgi.input"] = io.BytesIO(body)
        environ["CONTENT_LENGTH"] = str(len(body))
        environ.pop("HTTP_TRANSFER_ENCODING", None)
        signature = read_signature(request.headers.get("Authorization", ""))
        service, protocol, operation, parameters = read_call(request, signature, body)
        return cls(
            service=service,
            operation=operation,
            protocol=protocol,
            parameters=parameters,
            signature=signature,
            method=request.method,
            url=f"http://{request.host}{environ.get('REQUEST_URI', request.full_path)}",
            headers=dict(request.headers),
            body=body,
        )

    @property
    def region(self) -> str:
        """The region that the call is signed for; empty for an unsigned call."""
        return self.signature.region if self.signature else ""

    @property
    def access_key_id(self) -> str:
        """Whose call it claims to be; empty for an unsigned call."""
        return self.signature.access_key_id if self.signature else ""

    def text(self, name: str) -> str | None:
        """Read a parameter; ``None`` where it is not given."""
        value = self.parameters.get(name)
        return None if value is None else str(value)

    def flag(self, name: str) -> bool:
        """Read a yes or no; no where it is not given."""
        return str(self.parameters.get(name, "")).lower() == "true"

    def items(self, name: str) -> tuple[str, ...]:
        """Read a list of the query protocol: ``Name.Member.1``, ``Name.Member.2`` and so on."""
        numbered = {
            int(key.rsplit(".", 1)[1]): str(value)
            for key, value in self.parameters.items()
            if key.startswith(f"{name}.") and key.rsplit(".", 1)[1].isdigit()
        }
        return tuple(numbered[number] for number in sorted(numbered))


def read_signature(authorization: str) -> Signature | None:
    """Take an ``Authorization`` header apart."""
    if not (match := SIGNED.match(authorization)):
        return None
    headers = tuple(match["headers"].lower().split(";"))
    return Signature(match["key"], match["region"], match["service"], headers, match["signature"])


def read_call(
    request: Any, signature: Signature | None, body: bytes
) -> tuple[str, Protocol, str, dict[str, Any]]:
    """Find out service, protocol, operation and parameters of a call."""
    if signature is None and (call := sso_calls.read_call(request, body)):
        service, operation, parameters = call
        return service, "rest", operation, parameters
    service = signature.service if signature else ""
    protocol, operation, parameters = read_operation(request, service, body)
    return service or ("sts" if operation in UNSIGNED_STS else ""), protocol, operation, parameters


def read_operation(request: Any, service: str, body: bytes) -> tuple[Protocol, str, dict[str, Any]]:
    """Find out protocol, operation and parameters of a call."""
    if target := request.headers.get("X-Amz-Target"):
        return "json", target.rsplit(".", 1)[-1], json.loads(body or b"{}")
    form = (
        dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)) if is_form(request) else {}
    )
    query = {**request.args.to_dict(), **form}
    if "Action" in query and service != "s3":
        operation = query.pop("Action")
        query.pop("Version", None)
        return "query", operation, query
    return ("s3" if service == "s3" else "rest"), f"{request.method} {request.path}", request.args.to_dict()


def is_form(request: Any) -> bool:
    """Whether the body is a form, as it is in the query protocol."""
    return str(request.mimetype) == "application/x-www-form-urlencoded"
