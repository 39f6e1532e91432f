"""What SAML needs to know about the partitions of AWS: where a browser would sign in, and how AWS is called there."""

from __future__ import annotations

import re
from dataclasses import dataclass

PARTITION = re.compile(r"^arn:[^:]+:")


@dataclass(frozen=True, slots=True)
class SamlSignIn:
    """
    The sign-in page of a partition.

    :param recipient: the page's address.
    :param audience: the name of AWS as a service provider there.
    """

    recipient: str
    audience: str


SIGN_INS = {
    "aws": SamlSignIn("https://signin.aws.amazon.com/saml", "urn:amazon:webservices"),
    "aws-cn": SamlSignIn("https://signin.amazonaws.cn/saml", "urn:amazon:webservices:cn-north-1"),
    "aws-us-gov": SamlSignIn("https://signin.amazonaws-us-gov.com/saml", "urn:amazon:webservices:govcloud"),
}


def in_partition(arn: str, partition: str) -> str:
    """Write an ARN for another partition."""
    return PARTITION.sub(f"arn:{partition}:", arn)
