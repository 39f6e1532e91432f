"""AWS partitions as Redshift's host names show them."""

from __future__ import annotations

DNS_SUFFIXES: dict[str, str] = {
    "amazonaws.com": "aws",
    "amazonaws.com.cn": "aws-cn",
    "amazonaws.eu": "aws-eusc",
    "c2s.ic.gov": "aws-iso",
    "sc2s.sgov.gov": "aws-iso-b",
    "cloud.adc-e.uk": "aws-iso-e",
    "csp.hci.ic.gov": "aws-iso-f",
}
"""The end of a host name, and the partition it belongs to. GovCloud shares the suffix of ``aws``."""

REGION_PREFIXES: dict[str, str] = {
    "cn-": "aws-cn",
    "us-gov-": "aws-us-gov",
    "eusc-": "aws-eusc",
    "us-iso-": "aws-iso",
    "us-isob-": "aws-iso-b",
    "eu-isoe-": "aws-iso-e",
    "us-isof-": "aws-iso-f",
}


def partition_of(region: str) -> str:
    """
    Return the partition of a region.

    :param region: a region's name, such as ``us-gov-west-1``.
    """
    for prefix, partition in REGION_PREFIXES.items():
        if region.startswith(prefix):
            return partition
    return "aws"
