"""Where to connect: a provisioned cluster or a serverless workgroup of the sandbox."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Target:
    """
    One cluster or workgroup, as a client sees it.

    :param name: the cluster identifier, or the workgroup's name.
    :param port: the port of its gateway.
    :param is_serverless: whether it is a workgroup.
    :param host: always ``localhost``, the only name in the gateway's certificate; custom domains have their own.
    :param database: the database that exists from the start.
    """

    name: str
    port: int
    is_serverless: bool = False
    host: str = "localhost"
    database: str = "dev"
