"""Answers in the form that the SDKs parse."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from airflow_provider_rsauth.sandbox.aws.errors import AwsError
from airflow_provider_rsauth.sandbox.aws.request import AwsRequest

if TYPE_CHECKING:
    from werkzeug import Response

NAMESPACES = {
    "redshift": "http://redshift.amazonaws.com/doc/2012-12-01/",
    "sts": "https://sts.amazonaws.com/doc/2011-06-15/",
    "iam": "https://iam.amazonaws.com/doc/2010-05-08/",
}
JSON_TYPES = {"json": "application/x-amz-json-1.1", "rest": "application/json"}


def success(request: AwsRequest, result: Mapping[str, Any]) -> Response:
    """
    Answer a call.

    :param request: the call.
    :param result: the members of the answer; in the query protocol a list holds one mapping per item,
        from the item's element name to its value.
    """
    if request.protocol == "query":
        name = request.operation
        answer = {f"{name}Result": result, "ResponseMetadata": {"RequestId": _request_id()}}
        return _xml_response(request, f"{name}Response", answer)
    return _json_response(request, result)


def refusal(request: AwsRequest, error: AwsError) -> Response:
    """Answer a call with an error."""
    code, status = error.spelled(request.protocol, request.service)
    if request.protocol == "query":
        fault = "Sender" if status < 500 else "Receiver"
        facts = {"Type": fault, "Code": code, "Message": error.message}
        return _xml_response(request, "ErrorResponse", {"Error": facts, "RequestId": _request_id()}, status)
    if request.protocol == "s3":
        facts = {"Code": code, "Message": error.message, "RequestId": _request_id()}
        return _xml_response(request, "Error", facts, status)
    facts = {"__type": code, "message": error.message}
    if request.service == "sso-oidc":
        facts = {"error": oauth_error(code, status), "error_description": error.message}
    response = _json_response(request, facts, status)
    response.headers["x-amzn-ErrorType"] = code
    return response


def oauth_error(code: str, status: int) -> str:
    """Spell an error code as OAuth 2.0 does: ``slow_down`` for ``SlowDownException``."""
    if status >= 500:
        return "server_error"
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", code.removesuffix("Exception")).lower()


def xml(value: Any) -> str:
    """Write a value as the content of an element."""
    if isinstance(value, Mapping):
        return "".join(f"<{name}>{xml(each)}</{name}>" for name, each in value.items() if each is not None)
    if isinstance(value, list | tuple):
        return "".join(xml(each) for each in value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    return escape(str(value))


def _xml_response(request: AwsRequest, root: str, content: Mapping[str, Any], status: int = 200) -> Response:
    from werkzeug import Response

    namespace = NAMESPACES.get(request.service)
    start = f'{root} xmlns="{namespace}"' if namespace else root
    return Response(f"<{start}>{xml(content)}</{root}>", status, mimetype="text/xml")


def _json_response(request: AwsRequest, content: Mapping[str, Any], status: int = 200) -> Response:
    from werkzeug import Response

    body = json.dumps(content, default=datetime.timestamp)
    return Response(body, status, content_type=JSON_TYPES[request.protocol])


def _request_id() -> str:
    return str(uuid.uuid4())
