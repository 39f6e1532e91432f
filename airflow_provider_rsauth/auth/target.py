"""Which Redshift: the cluster or workgroup, its region, and the host where the connection names one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from airflow_provider_rsauth.auth.errors import Problem
from airflow_provider_rsauth.auth.fields import TARGET, Flag, Settings, Ui, matching
from airflow_provider_rsauth.auth.partitions import DNS_SUFFIXES, partition_of

DEFAULT_PORT = 5439
DEFAULT_DATABASE = "dev"

REGION = r"[a-z]{2,4}(?:-[a-z]+)+-[0-9]{1,2}"
_SUFFIX = "|".join(re.escape(suffix) for suffix in sorted(DNS_SUFFIXES, key=len, reverse=True))
_CLUSTER_HOST = re.compile(
    rf"(?P<id>[a-z][a-z0-9-]*)\.[a-z0-9]+\.(?P<region>{REGION})\.redshift\.(?:{_SUFFIX})"
)
_WORKGROUP_HOST = re.compile(
    rf"(?P<id>[a-z0-9-]+)\.(?P<account>[0-9]{{12}})\.(?P<region>{REGION})\.redshift-serverless\.(?:{_SUFFIX})"
)
_ENDPOINT = re.compile(r"(?P<host>[^:/\s]+)(?::(?P<port>\d+))?(?:/(?P<database>[^/?#\s]+)?)?")


_LABEL = r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST_NAME = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(\.{_LABEL})*")
_CUSTOM_DOMAIN = re.compile(
    r"(?=.{1,253}\Z)((?!-)[a-z0-9-]{0,62}[a-z0-9]\.)+(?![0-9]+\Z)(?!-)[a-z0-9-]{1,62}[a-z0-9]"
)
_IPV6 = re.compile(r"\[?[0-9a-f]*:[0-9a-f:.]*:[0-9a-f:.%]*\]?")


def _host(value: str | None) -> str | None:
    if value is None:
        return None
    name = value.lower().rstrip(".")
    if _IPV6.fullmatch(name):
        raise ValueError("must be a host name or an IPv4 address: the driver does not connect over IPv6")
    if not _HOST_NAME.fullmatch(name):
        raise ValueError(
            "must be a host name without scheme, user, port or path, such as the endpoint that the Redshift console shows"
        )
    return name


def _lower(value: object) -> object:
    return value.strip().lower() if isinstance(value, str) else value


class TargetSettings(Settings):
    """The fields that say which Redshift."""

    host: Annotated[
        str | None,
        AfterValidator(_host),
        Ui(
            "Host",
            "Endpoint of the cluster or workgroup; empty: AWS is asked for it.",
            TARGET,
            standard="host",
        ),
    ] = None
    port: Annotated[
        int | None,
        Field(ge=1, le=65535),
        Ui(
            "Port",
            "Port of the endpoint, 1 to 65535; 5439, or what AWS says where it is asked for the host, when empty.",
            TARGET,
            standard="port",
        ),
    ] = None
    database: Annotated[
        str | None,
        Field(max_length=127),
        Ui(
            "Database",
            "Database to connect to; dev, or the cluster's own where AWS is asked for the host, when empty.",
            TARGET,
            standard="schema",
        ),
    ] = None
    cluster_identifier: Annotated[
        str | None,
        matching(
            r"(?=.{1,63}\Z)[a-z](-?[a-z0-9])*",
            "a cluster identifier: small letters, digits and single hyphens",
        ),
        Ui(
            "Cluster identifier",
            "Provisioned cluster; known from the host where that is the cluster's endpoint.",
            TARGET,
        ),
    ] = None
    serverless_work_group: Annotated[
        str | None,
        matching(r"[a-z0-9-]{3,64}", "a workgroup name: 3 to 64 small letters, digits and hyphens"),
        Ui(
            "Workgroup",
            "Serverless workgroup; known from the host where that is the workgroup's endpoint.",
            TARGET,
        ),
    ] = None
    is_serverless: Annotated[
        Flag | None,
        Ui("Serverless", "The target is a serverless workgroup and the host does not show it.", TARGET),
    ] = None
    custom_domain: Annotated[
        Flag | None,
        Ui(
            "Custom domain",
            "The host is a custom domain name that is registered in Redshift for the cluster or workgroup, by which AWS knows "
            "it. Not for other names (load balancer, tunnel).",
            TARGET,
        ),
    ] = None
    region: Annotated[
        str | None,
        BeforeValidator(_lower),
        matching(REGION, "an AWS region, such as us-west-2"),
        Ui(
            "Region",
            "AWS region of the cluster or workgroup; known from its endpoint, else the AWS identity's own when empty.",
            TARGET,
            shown=True,
        ),
    ] = None


@dataclass(frozen=True, slots=True)
class Target:
    """
    A cluster or a workgroup.

    :param identifier: the cluster's identifier or the workgroup's name; empty where only the host is known.
    :param is_serverless: whether it is a workgroup.
    :param region: its region; ``None`` where only the AWS identity's own configuration can tell.
    :param host: where to connect; ``None`` to ask AWS.
    :param port: the port; ``None`` for what AWS says, or 5439.
    :param database: the database; ``None`` for the cluster's own, or ``dev``.
    :param account: the AWS account that it belongs to, where the host shows it.
    :param custom_domain: the custom domain name by which AWS is asked instead of the identifier.
    """

    identifier: str
    is_serverless: bool
    region: str | None
    host: str | None
    port: int | None
    database: str | None
    account: str = ""
    custom_domain: str = ""

    @property
    def kind(self) -> str:
        """What it is, in words."""
        return "workgroup" if self.is_serverless else "cluster"

    @property
    def partition(self) -> str:
        """The AWS partition, or ``aws`` while the region is not known."""
        return partition_of(self.region or "")

    def __str__(self) -> str:
        place = f" in {self.region}" if self.region else ""
        if self.custom_domain:
            return f"{self.kind} at custom domain {self.custom_domain!r}{place}"
        return f"{self.kind} {self.identifier!r}{place}" if self.identifier else f"host {self.host!r}"


def split_endpoint(host: str) -> dict[str, str]:
    """
    Split an endpoint as the Redshift console shows it, ``host:port/database``.

    :param host: what stands in the host field.
    :return: ``host`` and, where given, ``port`` and ``database``; unchanged if it has another form.
    """
    match = _ENDPOINT.fullmatch(host.strip())
    return {key: value for key, value in match.groupdict().items() if value} if match else {"host": host}


def identifier_in(host: str) -> str:
    """
    Return the cluster's identifier or the workgroup's name that a host shows; empty for any other host.

    :param host: the host.
    """
    name = host.strip().lower().rstrip(".")
    match = _CLUSTER_HOST.fullmatch(name) or _WORKGROUP_HOST.fullmatch(name)
    return match["id"] if match else ""


def resolve(
    settings: TargetSettings, *, needs_identifier: bool = False, needs_host: bool = False
) -> tuple[Target, list[Problem], list[str]]:
    """
    Decide which cluster or workgroup the settings mean. Explicit fields beat what the host shows.

    :param settings: the fields.
    :param needs_identifier: whether an AWS API will be asked, so that cluster or workgroup must be known.
    :param needs_host: whether nobody can be asked for the host.
    :return: the target, what is wrong, and what the user should know.
    """
    cluster_host = _CLUSTER_HOST.fullmatch(settings.host or "")
    workgroup_host = _WORKGROUP_HOST.fullmatch(settings.host or "")
    shown = cluster_host or workgroup_host
    cluster, workgroup, notices = settings.cluster_identifier, settings.serverless_work_group, []
    problems = _contradictions(settings)
    if settings.is_serverless and cluster and not workgroup:
        cluster, workgroup = None, cluster
        notices.append(
            f"Serverless is on, so the cluster identifier {workgroup!r} is taken for the workgroup."
        )
    if not cluster and not workgroup:
        workgroup = workgroup_host["id"] if workgroup_host else None
        cluster = cluster_host["id"] if cluster_host and not settings.is_serverless else None
    is_known = bool(cluster or workgroup)
    by_domain = bool(settings.custom_domain and settings.host and not is_known)
    if needs_identifier and not (problems or is_known or by_domain):
        problems.append(_nothing_to_ask_for(settings))
    if needs_host and not settings.host:
        problems.append(Problem("host", "missing. Fill it in", TargetSettings.ui("host").label))
    region = settings.region or (shown["region"] if shown else None)
    if shown and region != shown["region"]:
        notices.append(
            f"Region {region} of the connection is used, although the host is in {shown['region']}."
        )
    target = Target(
        identifier=workgroup or cluster or "",
        is_serverless=bool(workgroup or (by_domain and settings.is_serverless)),
        region=region,
        host=settings.host,
        port=settings.port,
        database=settings.database,
        account=workgroup_host["account"] if workgroup_host else "",
        custom_domain=(settings.host or "") if by_domain else "",
    )
    return target, problems, notices


def _contradictions(settings: TargetSettings) -> list[Problem]:
    if settings.cluster_identifier and settings.serverless_work_group:
        return [
            Problem(
                "serverless_work_group",
                f"both cluster {settings.cluster_identifier!r} and workgroup {settings.serverless_work_group!r} are given. "
                "Clear the one that you do not mean",
                TargetSettings.ui("serverless_work_group").label,
            )
        ]
    text = _custom_domain_problem(settings.host) if settings.custom_domain else ""
    return [Problem("custom_domain", text, TargetSettings.ui("custom_domain").label)] if text else []


def _custom_domain_problem(host: str | None) -> str:
    if not host:
        return "is on, but there is no host. Fill in the custom domain name as the host, or turn it off"
    if _CLUSTER_HOST.fullmatch(host) or _WORKGROUP_HOST.fullmatch(host):
        return f"is on, but {host!r} is an endpoint of Redshift's own. Turn it off, or fill in the custom domain name as the host"
    if not _CUSTOM_DOMAIN.fullmatch(host):
        return (
            "is on, but the host cannot be a custom domain name, which has a dot, letters, digits and hyphens and is no IP "
            "address. Turn it off and fill in the cluster identifier or the workgroup, or correct the host"
        )
    return ""


def _nothing_to_ask_for(settings: TargetSettings) -> Problem:
    if settings.is_serverless:
        field, text = (
            "serverless_work_group",
            "missing. Serverless is on and the host does not show the workgroup; fill it in, or turn on custom_domain if the "
            "host is a custom domain name of the workgroup",
        )
    elif settings.host:
        field = "cluster_identifier"
        named = repr(settings.host) if "." in settings.host else "The host"  # a secret has no dots
        text = (
            f"missing. {named} is not the endpoint of a cluster or workgroup (a load balancer, tunnel or own "
            "name?), so it does not show which one to ask AWS for. Fill in the cluster identifier or the workgroup, and the "
            "region; or turn on custom_domain if it is a custom domain name registered in Redshift"
        )
    else:
        field, text = (
            "host",
            "missing. Fill in the host, or the cluster identifier or workgroup, from which AWS tells the host",
        )
        return Problem(field, text, TargetSettings.ui("host").label)
    return Problem(field, text, TargetSettings.ui(field).label)
