"""Entry point of ``rsauth``: arguments are parsed before anything heavy is imported."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

from airflow_provider_rsauth import __version__

COMMANDS = {
    "demo": "run the example DAGs on a local Redshift and show who signed in, and who was refused",
    "modes": "list the auth modes",
    "sandbox": "start a local Redshift with its AWS APIs, for your own DAGs",
}


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
    added["modes"].add_argument("--markdown", action="store_true", help="as a Markdown table")
    added["sandbox"].add_argument(
        "--aws-port", type=int, default=0, help="port of the AWS APIs (default: a free one)"
    )
    options = parser.parse_args(arguments)
    status: int = import_module(f"airflow_provider_rsauth.cli.{options.command}").run(options)
    return status


if __name__ == "__main__":
    sys.exit(main())
