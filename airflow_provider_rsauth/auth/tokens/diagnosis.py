"""What it means that Redshift refuses a token, and what a user does about it."""

from __future__ import annotations

from airflow_provider_rsauth.auth import errors
from airflow_provider_rsauth.auth.credential import Origin
from airflow_provider_rsauth.auth.errors import RsAuthError

_RULES: tuple[tuple[str, type[RsAuthError], str], ...] = (
    ("Token credentials expired or invalid", errors.Expired, "Get a new one. {renew}"),
    (
        "TYPE_INVALID_TOKEN",
        errors.LoginRefused,
        "Correct token_type: a token of GetIdentityCenterAuthToken is a SUBJECT_TOKEN, one of IAM Identity Center itself "
        "(sso-oidc) an ACCESS_TOKEN, the JWT of a trusted token issuer an EXT_JWT.",
    ),
    (
        "invalid token",
        errors.LoginRefused,
        "Is the token whole, and for this cluster or workgroup? Does Redshift know the identity provider that issued it "
        "(SVV_IDENTITY_PROVIDERS), under the name in provider_name?",
    ),
    (
        'identity provider type "awsidc" is not supported',
        errors.LoginRefused,
        "This cluster cannot take tokens of IAM Identity Center: upgrade it, or choose another auth mode.",
    ),
    (
        "AWS IdC identity provider does not exist",
        errors.NotFound,
        "Integrate Redshift with IAM Identity Center (CREATE IDENTITY PROVIDER … TYPE AWSIDC). If it is, correct "
        "identity_namespace: it is the NAMESPACE there.",
    ),
    (
        "Invalid scope",
        errors.NotAllowed,
        "Assign the person, or a group of theirs, to the Redshift application in IAM Identity Center, and let the token be "
        "requested with the scope redshift:connect.",
    ),
)

_RENEW = {
    Origin.CONNECTION: "A token in the connection is not renewed: let it be written to a file or a secret, and name that in "
    "the connection; it is read anew then.",
    Origin.FILE: "It was read from its file a moment before: does whatever writes the file still run?",
    Origin.SECRET: "The secret holds no newer one: does whatever renews it still run?",
    Origin.ISSUED: "AWS issued it a moment before, and another one was refused, too: set this machine's clock (NTP).",
}


def explain_token_refusal(message: str, text: str, code: str, origin: Origin) -> RsAuthError | None:
    """
    Turn Redshift's refusal of a token into an error of ours; ``None`` for what any login may be told.

    :param message: what happened, in a sentence.
    :param text: what Redshift said.
    :param code: its SQLSTATE.
    :param origin: where the token comes from.
    """
    for fragment, kind, remedy in _RULES:
        if fragment in text:
            return kind(message, remedy=remedy.format(renew=_RENEW[origin]), code=code)
    return None
