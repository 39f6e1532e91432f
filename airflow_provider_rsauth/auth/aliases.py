"""Other spellings of our settings: those of the JDBC and ODBC drivers, of boto3, and of Airflow's own Redshift hook."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from airflow_provider_rsauth.auth.errors import Problem

ALIASES: dict[str, str] = {
    # where
    "jdbcurl": "jdbc_url",
    "hostname": "host",
    "server": "host",
    "servername": "host",
    "portnumber": "port",
    "db": "database",
    "dbname": "database",
    "db_name": "database",
    "schema": "database",
    "clusterid": "cluster_identifier",
    "cluster_id": "cluster_identifier",
    "workgroup": "serverless_work_group",
    "work_group": "serverless_work_group",
    "workgroup_name": "serverless_work_group",
    "serverlessworkgroup": "serverless_work_group",
    "serverless": "is_serverless",
    "isserverless": "is_serverless",
    "customdomain": "custom_domain",
    "region_name": "region",
    # as whom
    "user": "login",
    "uid": "login",
    "username": "login",
    "pwd": "password",
    "dbuser": "db_user",
    "dbgroups": "db_groups",
    "autocreate": "auto_create",
    "user autocreate": "auto_create",
    "forcelowercase": "force_lowercase",
    "group_federation": "as_iam_identity",
    "groupfederation": "as_iam_identity",
    "iamduration": "duration_seconds",
    "serverless_token_duration_seconds": "duration_seconds",
    # who
    "accesskeyid": "access_key_id",
    "aws_access_key_id": "access_key_id",
    "secretaccesskey": "secret_access_key",
    "aws_secret_access_key": "secret_access_key",
    "sessiontoken": "session_token",
    "aws_session_token": "session_token",
    "profile_name": "profile",
    "authprofile": "auth_profile",
    "secret_arn": "secret_id",
    "secret_name": "secret_id",
    "secretarn": "secret_id",
    "secretid": "secret_id",
    "secretname": "secret_id",
    "version_stage": "secret_version",
    "versionstage": "secret_version",
    "rolearn": "role_arn",
    "externalid": "external_id",
    "rolesessionname": "role_session_name",
    "webidentitytoken": "web_identity_token",
    "webidentitytokenfile": "web_identity_token_file",
    "tokentype": "token_type",
    "tokenfile": "token_file",
    "identitynamespace": "identity_namespace",
    "providername": "provider_name",
    "authtype": "auth_type",
    "credentials_provider": "plugin_name",
    "instanceprofile": "instance_profile",
    # at a corporate identity provider
    "appid": "app_id",
    "appname": "app_name",
    "clientid": "client_id",
    "clientsecret": "client_secret",
    "idphost": "idp_host",
    "idppartition": "idp_partition",
    "idpport": "idp_port",
    "idptenant": "idp_tenant",
    "logintorp": "login_to_rp",
    "partner_spid": "partner_sp_id",
    "partnerspid": "partner_sp_id",
    "preferredrole": "preferred_role",
    # how
    "authmech": "sslmode",
    "sslrootcert": "ca_bundle",
    "cafile": "ca_bundle",
    "timeout": "connect_timeout",
    "connecttimeout": "connect_timeout",
    "logintimeout": "connect_timeout",
    "applicationname": "application_name",
    "databasemetadatacurrentdbonly": "database_metadata_current_db_only",
    "keepaliveidle": "tcp_keepalive_idle",
    "keepaliveinterval": "tcp_keepalive_interval",
    "keepalivecount": "tcp_keepalive_count",
    "iam_disable_cache": "credential_cache",
    "iamdisablecache": "credential_cache",
}
"""Spelling, in small letters → the name of the setting."""

WITHOUT_EFFECT = frozenset(
    {
        # say nothing that is not known anyway
        "driver",
        "iam",
        "iamauth",
        "keepalive",
        "serverless_acct_id",
        "serverlessacctid",
        "tcp_keepalive",
        "tcpkeepalive",
        # read by Airflow's SQL hooks themselves
        "dialect",
        "escape_column_names",
        "escape_word_format",
        "insert_statement_format",
        "log_sql",
        "placeholder",
        "replace_statement_format",
        "sqlalchemy_scheme",
    }
)
"""Options that are known and not ours."""


NOT_OURS: dict[str, str] = {
    name: reason
    for reason, names in {
        "it is an option of the JDBC or ODBC driver that has no counterpart here": """
            allowencodingchanges assumeminserverversion autosave binarytransfer binarytransferdisable
            binarytransferenable blockingrowsmode boolsaschar cancelsignaltimeout cleanupsavepoints compression
            databasemetadatacachefields databasemetadatacachefieldsmib defaultrowfetchsize description
            disablecolumnsanitiser disableisvalidquery dsiloglevel enablefetchringbuffer enablegeneratedname
            enablemultisqlsupport enablestatementcache escapesyntaxcallmode fetch fetchringbuffersize
            hideunprivilegedobjects hostrecheckseconds loadbalancehosts locale loggerfile loggerlevel loglevel logpath
            logservererrordetail logunclosedconnections maxbytea maxlogfilecount maxlogfilesize maxlongvarchar
            maxresultbuffer maxvarchar min_tls options overrideschemapatterntype preferquerymode
            preparedstatementcachequeries preparedstatementcachesizemib preparethreshold protocolversion readonly
            readonlymode receivebuffersize replication rewritebatchedinserts rewritebatchedinsertssize sendbuffersize
            showsystemtables singlerowmode stringtype targetservertype tcpkeepaliveminutes textaslongvarchar
            unknownlength usedeclarefetch usemultiplestatements useunicode xmlfactoryfactory""",
        "queries are not limited in time; keepalive notices a server that is gone": """
            querytimeout socket_timeout sockettimeout""",
        "say it in SQL (SET search_path, SET query_group)": "currentschema querygroup",
        "it is an option of signing in through an identity provider": """
            allow_db_user_override allowdbuseroverride idc_client_display_name idc_region idp_response_timeout
            issuer_url listen_port login_url principal_arn saml_assertion scope ssl_insecure""",
        "choose an auth_mode; only a JDBC or ODBC string is read for it": "auth_type instance_profile plugin_name",
        "there is no filter; name the groups in db_groups": "dbgroupsfilter dbgroups_filter",
        "the AWS APIs are found by region; for another address set AWS_ENDPOINT_URL_REDSHIFT, "
        "AWS_ENDPOINT_URL_REDSHIFT_SERVERLESS or AWS_ENDPOINT_URL_STS on the workers": """
            endpoint_url endpointurl sts_endpoint_url stsconnectiontimeout stsendpointurl""",
        "proxies are set on the workers (HTTPS_PROXY)": """
            https_proxy_host https_proxy_password https_proxy_port https_proxy_username proxyhost proxyport proxypwd
            proxyuid""",
        "only the connection is read, no odbc.ini and no rsjdbc.ini; put what the file says into the connection": """
            dsn inifile inisection""",
        "the server's certificate is always verified; for further authorities there is ca_bundle": """
            capath sslfactory sslfactoryarg sslhostnameverifier ssltruststore ssltruststorepath trustservercertificate
            usesystemtruststore""",
        "Redshift takes no certificates of clients": "sslcert sslkey sslpassword sslpasswordcallback",
        "Kerberos is not a way to sign in here": """
            gsslib jaasapplicationname jaaslogin kerberosservername sspiserviceclass usespnego""",
    }.items()
    for name in names.split()
}
"""Well-known options of the drivers that are no setting (yet), and what to tell the user."""

TRUE_WORDS = ("true", "1", "yes", "on", "t", "y")
FALSE_WORDS = ("false", "0", "no", "off", "f", "n")

_NO_LIMIT = (
    "connecttimeout",
    "keepalivecount",
    "keepaliveidle",
    "keepaliveinterval",
    "logintimeout",
    "timeout",
)
"""Where the drivers take 0 for "as the system does"."""


def hides_its_value(name: str) -> bool:
    """
    Tell whether Airflow knows by an option's name that its value is a secret.

    :param name: the option, as it is spelt.
    """
    return any(word in name.lower() for word in ("password", "passwd", "secret", "token"))


def canonical_name(name: str) -> str:
    """
    Return the name of a setting, whichever way it is spelt.

    :param name: a name in any case, ours or another tool's.
    """
    small = name.strip().lower()
    return ALIASES.get(small, small)


def canonical_option(name: str, value: Any) -> tuple[str, Any]:
    """
    Return the name of a setting and its value; some options of other tools say the same in other words.

    :param name: a name in any case, ours or another tool's.
    :param value: its value.
    """
    small, word = name.strip().lower(), str(value).strip().lower()
    if is_empty(value):
        return canonical_name(name), value
    if small in ("iam_disable_cache", "iamdisablecache"):
        value = "off" if word in TRUE_WORDS else "process"
    elif small in _NO_LIMIT and word == "0":
        value = None
    return canonical_name(name), value


def canonical_options(options: Iterable[tuple[str, Any]]) -> tuple[dict[str, Any], list[Problem]]:
    """
    Return options under the names of our settings, and what contradicts itself. Empty ones are not given.

    :param options: names and values, in any spelling.
    """
    found: dict[str, Any] = {}
    problems = []
    for key, given in options:
        name, value = canonical_option(key, given)
        if not is_empty(value) and found.setdefault(name, value) != value:
            text = f"is given twice with different values, once as {key!r}. Keep one"
            problems.append(Problem(name, text))
    return found, problems


def is_empty(value: Any) -> bool:
    """
    Tell whether a value means "not given", as Airflow's forms store it.

    :param value: the value.
    """
    return value in (None, "", []) or (isinstance(value, str) and not value.strip())
