"""The IAM roles that an assertion offers, and which of them is taken. Never at random."""

from __future__ import annotations

import re
from dataclasses import dataclass

from airflow_provider_rsauth.auth.errors import InvalidSettings, Problem, SignInRefused
from airflow_provider_rsauth.auth.partitions import partition_of
from airflow_provider_rsauth.auth.saml.assertion import Assertion

ROLE_ATTRIBUTE = "https://aws.amazon.com/SAML/Attributes/Role"
MOST_SHOWN = 20

_ROLE = re.compile(r"arn:(?P<partition>aws[a-z-]*):iam::\d{12}:role/[\w+=,.@/-]+", re.ASCII)
_PROVIDER = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:saml-provider/[\w.-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class SamlRole:
    """
    A role that the assertion lets the person assume.

    :param arn: the role.
    :param provider_arn: the SAML provider in IAM through which it is assumed.
    """

    arn: str
    provider_arn: str

    @property
    def partition(self) -> str:
        """The AWS partition that the role is in."""
        return self.arn.split(":")[1]


def offered_roles(assertion: Assertion) -> list[SamlRole]:
    """
    Return the roles of an assertion in its order, each once.

    A value is a pair of role and provider, in either order ("Configure SAML assertions", IAM User Guide).

    :param assertion: the assertion.
    """
    found: dict[str, SamlRole] = {}
    for value in assertion.values(ROLE_ATTRIBUTE):
        arns = [part.strip() for part in re.split(r",(?=\s*arn:)", value)]
        role = next(filter(_ROLE.fullmatch, arns), None)
        provider = next(filter(_PROVIDER.fullmatch, arns), None)
        if role and provider:
            found.setdefault(role, SamlRole(role, provider))
    return list(found.values())


def choose_role(
    assertion: Assertion, preferred: str | None, region: str | None, subject: str, label: str
) -> SamlRole:
    """
    Return the preferred role, or the only one.

    :param assertion: the assertion.
    :param preferred: the ARN of the preferred role.
    :param region: the region of the cluster or workgroup.
    :param subject: the connection, for messages.
    :param label: the label of the field that names the preferred role.
    :raises SignInRefused: the assertion offers no role.
    :raises InvalidSettings: the connection has to say which one, or says one that is not offered.
    """
    roles = offered_roles(assertion)
    if not roles:
        raise SignInRefused(
            f"The identity provider offers no IAM role: the attribute {ROLE_ATTRIBUTE} of its assertion has no pair of "
            "role and provider.",
            remedy="Have the attribute set for this person at the identity provider: "
            "arn:aws:iam::ACCOUNT:role/ROLE,arn:aws:iam::ACCOUNT:saml-provider/PROVIDER.",
            code="NoRole",
        )
    offered = ", ".join(role.arn for role in roles[:MOST_SHOWN])
    more = f" and {len(roles) - MOST_SHOWN} more" if len(roles) > MOST_SHOWN else ""
    if preferred:
        role = next((role for role in roles if role.arn == preferred), None)
        text = f"is not among the roles that the identity provider offers. These are: {offered}{more}"
    else:
        role = roles[0] if len(roles) == 1 else None
        text = f"missing. The identity provider offers {len(roles)} roles; fill in one of: {offered}{more}"
    if role is None:
        raise InvalidSettings(subject, [Problem("preferred_role", text, label)])
    if region and role.partition != partition_of(region):
        text = f"the role {role.arn} is in the partition {role.partition}, and {region} in {partition_of(region)}. Choose a role there"
        raise InvalidSettings(subject, [Problem("preferred_role", text, label)])
    return role
