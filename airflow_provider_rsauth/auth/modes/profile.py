"""Sign in with a named AWS profile of the worker."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from airflow_provider_rsauth.auth.aws import AwsSession, BotoSession
from airflow_provider_rsauth.auth.aws_profile import unknown_profile
from airflow_provider_rsauth.auth.errors import InvalidSettings, Problem
from airflow_provider_rsauth.auth.fields import Ui
from airflow_provider_rsauth.auth.mode import AwsMode, SignInContext

PROFILE = Ui(
    "Profile", "Name of a profile in ~/.aws/credentials or ~/.aws/config of the worker.", "AWS profile"
)


class Profile(AwsMode):
    """A profile of the AWS credentials or config file: keys, role chains, ``credential_process``, SSO."""

    name: ClassVar[str] = "profile"
    title: ClassVar[str] = "AWS profile"
    summary: ClassVar[str] = "a profile in the worker's AWS credentials or config file"
    example_extra: ClassVar[dict[str, Any]] = {"profile": "my-profile"}

    profile: Annotated[str, PROFILE]

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
            problem = Problem("profile", unknown_profile(self.profile), PROFILE.label)
        raise InvalidSettings(context.subject, [problem])
