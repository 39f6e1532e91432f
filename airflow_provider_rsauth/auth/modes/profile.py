"""Sign in with a named AWS profile of the worker."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Annotated, Any, ClassVar

from airflow_provider_rsauth.auth.aws import AwsSession, BotoSession
from airflow_provider_rsauth.auth.errors import InvalidSettings, Problem
from airflow_provider_rsauth.auth.fields import Ui
from airflow_provider_rsauth.auth.mode import AwsMode, SignInContext
from airflow_provider_rsauth.auth.problems import shown

SECTION = "AWS profile"


class Profile(AwsMode):
    """A profile of the AWS credentials or config file: keys, role chains, ``credential_process``, SSO."""

    name: ClassVar[str] = "profile"
    title: ClassVar[str] = "AWS profile"
    summary: ClassVar[str] = "a profile in the worker's AWS credentials or config file"
    example_extra: ClassVar[dict[str, Any]] = {"profile": "my-profile"}

    profile: Annotated[
        str, Ui("Profile", "Name of a profile in ~/.aws/credentials or ~/.aws/config of the worker.", SECTION)
    ]

    def base_session(self, context: SignInContext, region: str | None) -> AwsSession:
        """
        Return the session of the profile.

        :param context: what the mode may use.
        :param region: the region of the cluster or workgroup, where known.
        :raises InvalidSettings: the worker's files have no such profile.
        """
        import boto3
        from botocore.exceptions import ProfileNotFound

        try:
            return BotoSession(boto3.Session(profile_name=self.profile, region_name=region))
        except ProfileNotFound:
            raise InvalidSettings(
                context.subject, [self._unknown(boto3.Session().available_profiles)]
            ) from None

    def _unknown(self, available: list[str]) -> Problem:
        near = get_close_matches(self.profile, available, n=1)
        hint = f"Did you mean {near[0]!r}? " if near else ""
        known = (
            f"This worker has: {', '.join(available)}."
            if available
            else "This worker has no profiles at all."
        )
        return Problem(
            "profile",
            f"no profile {shown(self.profile) or 'of this name'} in ~/.aws/credentials or ~/.aws/config. {hint}{known} Put the files on every "
            "worker, or point AWS_SHARED_CREDENTIALS_FILE and AWS_CONFIG_FILE to them",
            self.ui("profile").label,
        )
