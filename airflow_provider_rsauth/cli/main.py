"""Entry point of ``rsauth``: arguments are parsed before anything heavy is imported."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

from airflow_provider_rsauth import __version__

COMMANDS = {
    "demo": "run the example DAGs on a local Redshift and show who signed in, and who was refused",
    "from-url": "make an Airflow connection of a JDBC URL or an ODBC connection string",
    "modes": "list the auth modes",
    "sign-in": "sign in to IAM Identity Center for a connection: prints where a person approves, and waits",
    "sandbox": "start a local Redshift with its AWS APIs, for your own DAGs",
}

FROM_URL = """\
A URL with a password or key in it does not belong on the command line, where the shell's history and the list of
processes show it. Leave it out and paste it when you are asked for it:

    rsauth from-url --conn-id warehouse --out warehouse.json
    airflow connections import warehouse.json && rm warehouse.json

or give the URL without the secret, which is asked for then:

    rsauth from-url 'jdbc:redshift://host:5439/dev?user=etl'

What the URL lacks is added as an option (&DbUser=etl). What is printed holds the secrets in clear; with --out they
go into the file only. A connection that exists already is replaced by `airflow connections import --overwrite`.
No service is called, and nothing is stored anywhere else. Notices go to stderr.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """
    Run a command.

    :param arguments: the words after ``rsauth``; by default those of this process.
    :return: the exit status.
    """
    parser = argparse.ArgumentParser(
        prog="rsauth", description="Sign in to Amazon Redshift from Apache Airflow."
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    added = {
        name: commands.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")
        for name, text in COMMANDS.items()
    }
    _take_url(added["from-url"])
    added["sign-in"].add_argument("conn_id", metavar="CONN_ID", help="id of the connection in Airflow")
    added["sign-in"].add_argument(
        "--anew",
        action="store_true",
        help="ask a person even if somebody is signed in, to sign in as another one",
    )
    added["modes"].add_argument("--markdown", action="store_true", help="as a Markdown table")
    added["sandbox"].add_argument(
        "--aws-port", type=_port, default=0, help="port of the AWS APIs (default: a free one)"
    )
    options = parser.parse_args(arguments)
    module = import_module(f"airflow_provider_rsauth.cli.{options.command.replace('-', '_')}")
    status: int = module.run(options)
    return status


def _take_url(command: argparse.ArgumentParser) -> None:
    command.formatter_class = argparse.RawDescriptionHelpFormatter
    command.epilog = FROM_URL
    command.add_argument(
        "url",
        metavar="URL",
        nargs="?",
        default="-",
        help="the URL; - or nothing: it is asked for, or read from stdin",
    )
    command.add_argument(
        "--conn-id", default="redshift_iam_default", help="id of the connection (default: %(default)s)"
    )
    command.add_argument(
        "--format",
        choices=("all", "json", "uri", "add"),
        default="all",
        help="json or uri: the value of a variable AIRFLOW_CONN_… or of a secrets backend; add: the command that puts "
        "the connection into Airflow's database",
    )
    command.add_argument(
        "--out",
        metavar="FILE.json",
        help="write the connection to this new file, which only you may read, and print the command that imports it",
    )


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > 65535:
        raise argparse.ArgumentTypeError("a port is a number from 0 to 65535")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
