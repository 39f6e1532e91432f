"""A refusal of the AWS side, spelled as the protocol of the called service spells it."""

from __future__ import annotations

JSON_SPELLING = {
    "AccessDenied": "AccessDeniedException",
    "ExpiredToken": "ExpiredTokenException",
    "InvalidClientTokenId": "UnrecognizedClientException",
    "SignatureDoesNotMatch": "InvalidSignatureException",
    "Throttling": "ThrottlingException",
}
SSO_THROTTLING = {"sso-oidc": ("SlowDownException", 400), "sso": ("TooManyRequestsException", 429)}
S3_SPELLING = {"InvalidClientTokenId": "InvalidAccessKeyId", "Throttling": "SlowDown"}


class AwsError(Exception):
    """
    An API call that is refused.

    :param code: the error code in the query protocol's spelling.
    :param message: the text that the caller sees.
    :param status: the HTTP status.
    :param verbatim: whether the code and the status are to be sent as they are, in any protocol.
    """

    def __init__(self, code: str, message: str, status: int = 400, *, verbatim: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.verbatim = verbatim

    def spelled(self, protocol: str, service: str = "") -> tuple[str, int]:
        """Spell the code and the status for a protocol, where need be for a service."""
        if self.verbatim:
            return self.code, self.status
        if self.code == "Throttling" and service in SSO_THROTTLING:
            return SSO_THROTTLING[service]
        if protocol == "s3":
            return S3_SPELLING.get(self.code, self.code), self.status
        if protocol != "query" and self.code in JSON_SPELLING:
            return JSON_SPELLING[self.code], 400
        return self.code, self.status
