"""Other spellings of our settings: those of the JDBC and ODBC drivers, of boto3, and of Airflow's own Redshift hook."""

from __future__ import annotations

ALIASES: dict[str, str] = {
    # where
    "server": "host",
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
    "rolearn": "role_arn",
    "rolesessionname": "role_session_name",
    # how
    "authmech": "sslmode",
    "sslrootcert": "ca_bundle",
    "cafile": "ca_bundle",
    "timeout": "connect_timeout",
    "connecttimeout": "connect_timeout",
    "logintimeout": "connect_timeout",
    "applicationname": "application_name",
    "keepaliveidle": "tcp_keepalive_idle",
    "keepaliveinterval": "tcp_keepalive_interval",
    "keepalivecount": "tcp_keepalive_count",
}
"""Spelling, in small letters → the name of the setting."""

WITHOUT_EFFECT = frozenset(
    {
        # say nothing that is not known anyway
        "iam",
        "iamauth",
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


def canonical_name(name: str) -> str:
    """
    Return the name of a setting, whichever way it is spelt.

    :param name: a name in any case, ours or another tool's.
    """
    small = name.strip().lower()
    return ALIASES.get(small, small)
