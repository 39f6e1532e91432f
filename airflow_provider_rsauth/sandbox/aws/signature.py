"""Whether a call is signed with a given secret: the signature is made once more and compared."""

from __future__ import annotations

import hmac

from airflow_provider_rsauth.sandbox.aws.access_keys import AccessKeys
from airflow_provider_rsauth.sandbox.aws.request import AwsRequest


def is_signed_with(request: AwsRequest, keys: AccessKeys) -> bool:
    """
    Verify the AWS Signature Version 4 of a call.

    :param request: the call as received.
    :param keys: the keys it should be signed with.
    """
    from botocore.auth import S3SigV4Auth, SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    signature = request.signature
    if signature is None:
        return False
    headers = {name: value for name, value in request.headers.items() if name.lower() in signature.headers}
    received = AWSRequest(request.method, request.url, headers, request.body)
    received.context["timestamp"] = request.headers.get("X-Amz-Date", "")
    credentials = Credentials(keys.access_key_id, keys.secret_access_key, keys.session_token)
    kind = S3SigV4Auth if signature.service == "s3" else SigV4Auth
    auth = kind(credentials, signature.service, signature.region)
    to_sign = auth.string_to_sign(received, auth.canonical_request(received))
    return hmac.compare_digest(auth.signature(to_sign, received), signature.value)
