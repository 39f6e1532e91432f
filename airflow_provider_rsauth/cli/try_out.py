"""
Try to sign in through Airflow connections and print, as JSON, the message that a task would get.

``python -m airflow_provider_rsauth.cli.try_out CONN_ID [CONN_ID …]``
"""

from __future__ import annotations

import json
import sys


def main(*conn_ids: str) -> None:
    """
    Print for each connection the error's name and text; ``null`` where the sign-in succeeds.

    :param conn_ids: the ids of the connections.
    """
    from airflow_provider_rsauth.auth.errors import RsAuthError
    from airflow_provider_rsauth.hooks.redshift_iam import RedshiftIAMHook

    outcomes: dict[str, list[str] | None] = {}
    for conn_id in conn_ids:
        try:
            RedshiftIAMHook(conn_id).get_conn().close()
            outcomes[conn_id] = None
        except RsAuthError as error:
            outcomes[conn_id] = [type(error).__name__, str(error)]
    print(json.dumps(outcomes))


if __name__ == "__main__":
    main(*sys.argv[1:])
