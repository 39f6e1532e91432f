"""The parts of the sandbox, put together."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from airflow_provider_rsauth.sandbox import watchdog
from airflow_provider_rsauth.sandbox.aws.calls import Calls
from airflow_provider_rsauth.sandbox.aws.custom_domains import CustomDomains
from airflow_provider_rsauth.sandbox.aws.faults import Faults
from airflow_provider_rsauth.sandbox.challenge import CHALLENGES, Authentication
from airflow_provider_rsauth.sandbox.database import Database
from airflow_provider_rsauth.sandbox.errors import SandboxError
from airflow_provider_rsauth.sandbox.front import Front
from airflow_provider_rsauth.sandbox.logins import Login, LoginLog
from airflow_provider_rsauth.sandbox.requirements import check_installed
from airflow_provider_rsauth.sandbox.roles import Roles
from airflow_provider_rsauth.sandbox.target import Target
from airflow_provider_rsauth.sandbox.tokens import Tokens

if TYPE_CHECKING:
    from airflow_provider_rsauth.sandbox.aws.access_keys import AccessKeys
    from airflow_provider_rsauth.sandbox.aws.authentication_profiles import AuthenticationProfiles
    from airflow_provider_rsauth.sandbox.aws.identities import Identities
    from airflow_provider_rsauth.sandbox.aws.identity_center import IdentityCenter
    from airflow_provider_rsauth.sandbox.aws.issuing import IssuingTarget, Operation
    from airflow_provider_rsauth.sandbox.aws.policy import Document
    from airflow_provider_rsauth.sandbox.certificates import Certificates
    from airflow_provider_rsauth.sandbox.idp.oidc import OidcIssuer
    from airflow_provider_rsauth.sandbox.idp.provider import IdentityProvider

SHORT_DIRECTORY = Path("/tmp")
"""The path of a unix socket may not be longer than about a hundred characters."""

READY_USER, READY_ROLE = "airflow", "RedshiftReader"
READY_SECRET = "sandbox/dbadmin"


class Sandbox:
    """
    A local Redshift with the AWS APIs around it, as long as the ``with`` block lasts.

    :param clusters: the identifiers of the provisioned clusters.
    :param workgroups: the names of the serverless workgroups.
    :param region: where all of it is.
    :param authentication: how logins prove their password, ``md5`` or ``cleartext``.
    :param dsn: a superuser's connection string of a PostgreSQL to use instead of an own one; it must trust
        local connections. What is created in it stays there.
    :param aws_port: the port of the AWS APIs; 0 for a free one.
    :raises SandboxError: when a package is missing, a port is taken, or a part does not start.
    """

    ca_file: Path
    server_log: Path
    endpoint_url: str
    keys: AccessKeys
    role_arn: str
    identity_center: IdentityCenter
    idp: IdentityProvider
    oidc: OidcIssuer
    _database: Database
    _roles: Roles
    _log: LoginLog
    _certificates: Certificates
    _profiles: AuthenticationProfiles
    _identities: Identities
    _issuing: Mapping[str, IssuingTarget]
    _process_id: int

    def __init__(
        self,
        clusters: Sequence[str] = ("examplecluster",),
        workgroups: Sequence[str] = ("example-workgroup",),
        region: str = "us-east-1",
        authentication: Authentication = "md5",
        dsn: str | None = None,
        aws_port: int = 0,
    ) -> None:
        if authentication not in CHALLENGES:
            raise SandboxError(
                f"authentication must be one of {', '.join(CHALLENGES)}, not {authentication!r}"
            )
        names = (*clusters, *workgroups)
        if len(set(names)) < len(names):
            raise SandboxError(f"each cluster and workgroup needs a name of its own: {', '.join(names)}")
        check_installed(with_postgres=dsn is None)
        self.region = region
        self.account_id = str(secrets.randbelow(9 * 10**11) + 10**11)
        self.database_password = secrets.token_urlsafe(24)
        self.connection_limit: int | None = None
        self.calls = Calls()
        self.faults = Faults()
        self.tokens = Tokens()
        self._domains = CustomDomains()
        self.targets: dict[str, Target] = {}
        self._clusters, self._workgroups = tuple(clusters), tuple(workgroups)
        self._authentication: Authentication = authentication
        self._dsn, self._aws_port = dsn, aws_port
        self._parts = ExitStack()
        self._process_id = os.getpid()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start all parts; :meth:`stop` must follow."""
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop all parts and remove their files; in a forked child nothing happens."""
        if os.getpid() == self._process_id:
            self._parts.close()

    @property
    def cluster(self) -> Target:
        """The first provisioned cluster."""
        return self.targets[self._clusters[0]]

    @property
    def workgroup(self) -> Target:
        """The first serverless workgroup."""
        return self.targets[self._workgroups[0]]

    def environment(self) -> dict[str, str]:
        """List the environment variables that lead AWS clients here; there are no credentials in it."""
        return {"AWS_ENDPOINT_URL": self.endpoint_url, "AWS_EC2_METADATA_DISABLED": "true"}

    @property
    def logins(self) -> list[Login]:
        """All login attempts, oldest first."""
        return self._log.all()

    def create_access_keys(self, user_name: str, policy: Document | None) -> AccessKeys:
        """Create an IAM user; without a policy it may do nothing."""
        return self._identities.create_user(user_name, policy)

    def create_role(
        self, role_name: str, policy: Document | None = None, external_id: str | None = None
    ) -> str:
        """Create a role that the users of the account may assume, allowed everything by default; its ARN."""
        from airflow_provider_rsauth.sandbox.aws.identities import ALLOW_ALL

        return self._identities.create_role(role_name, ALLOW_ALL if policy is None else policy, external_id)

    def temporary_keys(self, role_arn: str | None = None, seconds: int = 900, person: str = "") -> AccessKeys:
        """Make keys of a session of a role, by default of the ready one; they may carry a person's identity."""
        return self._identities.temporary_keys(role_arn or self.role_arn, seconds, person=person)

    def create_secret(self, name: str, content: Mapping[str, Any] | str | bytes) -> str:
        """Create a secret, or give it a new version, in Secrets Manager; its ARN."""
        from airflow_provider_rsauth.sandbox.aws.secrets import put_secret

        return put_secret(self._identities, name, content)

    def revoke_credentials(self, login: str | None = None) -> None:
        """Make issued passwords wrong before they expire: those of a login such as ``IAM:etl``, or all."""
        for each in self._issuing.values():
            each.ledger.revoke(login)

    def add_custom_domain(self, domain: str, target_name: str) -> None:
        """
        Register a custom domain name and give the gateway a certificate for it.

        Clients reach it only where the name resolves to 127.0.0.1, for instance by a line in ``/etc/hosts``.

        :param domain: such as ``dwh.example.com``.
        :param target_name: the cluster or workgroup that it is for.
        :raises SandboxError: when there is no such cluster or workgroup.
        """
        if target_name not in self.targets:
            raise SandboxError(f"{target_name!r} is none of {', '.join(self.targets)}")
        self._certificates.add(domain.lower())
        self._domains.add(domain, target_name)

    def remove_custom_domains(self) -> None:
        """Take all custom domain names away, and their certificates."""
        self._domains.clear()
        self._certificates.clear()

    def add_authentication_profile(self, name: str, content: Mapping[str, Any] | str) -> None:
        """
        Keep an authentication profile, or change it.

        :param name: its name.
        :param content: its options, or a text as it is.
        """
        self._profiles.put(name, content if isinstance(content, str) else json.dumps(content))

    def remove_authentication_profiles(self) -> None:
        """Take all authentication profiles away."""
        self._profiles.clear()

    def create_user(self, name: str, password: str | None = None) -> None:
        """Create a database user, or change its password; ``None`` means temporary passwords only."""
        self._roles.create_user(name, password)

    def create_group(self, name: str) -> None:
        """Create a group of database users."""
        self._roles.create_group(name)

    def drop_user(self, name: str) -> None:
        """Drop a database user and what it owns."""
        self._roles.drop_user(name)

    def execute(self, sql: str, parameters: Sequence[Any] | None = None) -> list[tuple[Any, ...]]:
        """Run a statement as the superuser in the database ``dev``, ``%s`` for parameters; its rows, if any."""
        return self._database.execute(sql, parameters)

    def _start(self) -> None:
        directory = self._make_directory()
        self._log = LoginLog(directory / "server.log")
        self.server_log = directory / "server.log"
        self._database = Database(directory, self._dsn)
        self._parts.callback(self._database.stop)
        with ThreadPoolExecutor(1, "postgres") as pool:
            database = pool.submit(self._database.start)
            self._create_identities()  # loads moto, which takes as long as PostgreSQL
            database.result()
        clusters, workgroups = self._open_gateways(directory)
        self._create_identity_providers()
        self._issuing = {**clusters, **workgroups}
        self.targets = {name: each.target for name, each in self._issuing.items()}
        if clusters:
            self._create_ready_secret(self.cluster)
        self._start_aws(clusters, workgroups)

    def _make_directory(self) -> Path:
        parent = SHORT_DIRECTORY if os.access(SHORT_DIRECTORY, os.W_OK | os.X_OK) else None
        directory = Path(tempfile.mkdtemp(prefix="rsauth-", dir=parent))
        directory.chmod(0o711)  # PostgreSQL may run as another user
        watcher = watchdog.start(directory)
        self._parts.callback(_dismiss, watcher)
        self._parts.callback(shutil.rmtree, directory, ignore_errors=True)
        return directory

    def _create_identities(self) -> None:
        from airflow_provider_rsauth.sandbox.aws.identities import ALLOW_ALL, Identities
        from airflow_provider_rsauth.sandbox.aws.identity_center import IdentityCenter

        self._identities = Identities(self.account_id, self.region)
        self.keys = self._identities.create_user(READY_USER, ALLOW_ALL)
        self.role_arn = self._identities.create_role(READY_ROLE, ALLOW_ALL)
        self.identity_center = IdentityCenter(self._identities)

    def _create_identity_providers(self) -> None:
        from airflow_provider_rsauth.sandbox.idp.oidc import OidcIssuer
        from airflow_provider_rsauth.sandbox.idp.provider import IdentityProvider

        self.oidc = OidcIssuer(self._identities)
        self.idp = IdentityProvider(self._identities, self._certificates.loopback_context)
        self._parts.callback(self.idp.stop)

    def _create_ready_secret(self, cluster: Target) -> None:
        login = {"username": "dbadmin", "password": self.database_password, "engine": "redshift"}
        place = {"host": cluster.host, "port": cluster.port, "dbname": cluster.database}
        self.create_secret(READY_SECRET, {**login, **place, "dbClusterIdentifier": cluster.name})

    def _open_gateways(self, directory: Path) -> tuple[dict[str, IssuingTarget], dict[str, IssuingTarget]]:
        from airflow_provider_rsauth.sandbox.certificates import Certificates

        self._roles = Roles(self._database)
        self._parts.callback(self._roles.close)
        self._roles.create_ready_ones(self.database_password)
        self._certificates = Certificates(directory)
        self.ca_file, tls = self._certificates.ca_file, self._certificates.context
        front = Front(
            *(self._database.address, self._roles, tls, self._log, self._authentication, self.tokens),
            connection_limit=lambda: self.connection_limit,
        )
        clusters = front.open(self._clusters, self._parts, is_serverless=False)
        return clusters, front.open(self._workgroups, self._parts, is_serverless=True)

    def _start_aws(
        self, clusters: Mapping[str, IssuingTarget], workgroups: Mapping[str, IssuingTarget]
    ) -> None:
        from airflow_provider_rsauth.sandbox.aws.authentication_profiles import AuthenticationProfiles
        from airflow_provider_rsauth.sandbox.aws.device_page import DevicePage
        from airflow_provider_rsauth.sandbox.aws.identity_tokens import IdentityTokens
        from airflow_provider_rsauth.sandbox.aws.issuing import Account
        from airflow_provider_rsauth.sandbox.aws.redshift import Redshift
        from airflow_provider_rsauth.sandbox.aws.redshift_serverless import RedshiftServerless
        from airflow_provider_rsauth.sandbox.aws.saml_federation import SamlFederation
        from airflow_provider_rsauth.sandbox.aws.server import AwsApplication, AwsServer
        from airflow_provider_rsauth.sandbox.aws.sso_oidc import SsoOidc
        from airflow_provider_rsauth.sandbox.aws.sso_portal import SsoPortal
        from airflow_provider_rsauth.sandbox.aws.web_identity import WebIdentity

        account = Account(self.account_id, self.region, self._identities.partition)
        self._profiles = AuthenticationProfiles(account)
        tokens = IdentityTokens(account, clusters, workgroups, self.tokens, self.faults)
        operations: dict[str, Mapping[str, Operation]] = {
            "redshift": {
                **Redshift(account, clusters, self._domains, self.faults).operations,
                **self._profiles.operations,
                **tokens.of_clusters,
            },
            "redshift-serverless": {
                **RedshiftServerless(account, workgroups, self._domains, self.faults).operations,
                **tokens.of_workgroups,
            },
        }
        unsigned = {
            "sso-oidc": SsoOidc(self.identity_center).operations,
            "sso": SsoPortal(self.identity_center).operations,
            "sts": {
                **SamlFederation(self._identities, self.idp).operations,
                **WebIdentity(self._identities, self.oidc).operations,
            },
        }
        application = AwsApplication(self._identities, operations, unsigned, self.calls, self.faults)
        server = AwsServer(DevicePage(self.identity_center, application), self._aws_port)
        self._parts.callback(server.stop)
        server.start()
        self.endpoint_url = server.url


def _dismiss(watcher: subprocess.Popen[bytes]) -> None:
    watcher.communicate()  # closes its standard input, which ends it
