"""Sign in with AWS access keys kept in the connection."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import model_validator

from airflow_provider_rsauth.auth.aws import AwsSession, BotoSession
from airflow_provider_rsauth.auth.fields import AwsSecret, Ui, matching
from airflow_provider_rsauth.auth.mode import AwsMode, SignInContext

SECTION = "AWS access key"
TEMPORARY = "ASIA"
LONG_TERM = "AKIA"


class AccessKey(AwsMode):
    """Access key of an IAM user, or temporary keys with their session token."""

    name: ClassVar[str] = "access_key"
    title: ClassVar[str] = "AWS access key"
    summary: ClassVar[str] = "an IAM user's access key, or temporary keys with their session token"
    example_extra: ClassVar[dict[str, Any]] = {
        "access_key_id": "AKIAIOSFODNN7EXAMPLE",
        "secret_access_key": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    }

    access_key_id: Annotated[
        str,
        matching(
            r"[A-Z0-9]{16,128}", "an access key ID: 16 or more capital letters and digits, such as AKIA…"
        ),
        Ui("Access key ID", "AKIA… of an IAM user, or ASIA… of temporary keys.", SECTION),
    ]
    secret_access_key: Annotated[AwsSecret, Ui("Secret access key", "The secret of the access key.", SECTION)]
    session_token: Annotated[
        AwsSecret | None,
        Ui("Session token", "Needed with temporary keys (ASIA…), and only with them.", SECTION),
    ] = None

    @model_validator(mode="after")
    def _token_fits_key(self) -> AccessKey:
        if self.access_key_id.startswith(TEMPORARY) and not self.session_token:
            raise ValueError(
                "session_token: missing. Access keys that begin with ASIA are temporary and work only with their session token"
            )
        if self.access_key_id.startswith(LONG_TERM) and self.session_token:
            raise ValueError(
                "session_token: does not belong to this key. Access keys that begin with AKIA have none; "
                "clear it, or fill in the ASIA key that it came with"
            )
        return self

    def base_session(self, context: SignInContext, region: str | None) -> AwsSession:
        """
        Return the session of the keys.

        :param context: what the mode may use.
        :param region: the region of the cluster or workgroup, where known.
        """
        # Airflow 2 hides it only when told; later versions know it by its name.
        context.register_secret(self.access_key_id)
        token = self.session_token.get_secret_value() if self.session_token else None
        return BotoSession.of_keys(
            self.access_key_id, self.secret_access_key.get_secret_value(), token, region
        )
