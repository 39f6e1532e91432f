"""``rsauth from-url`` makes a connection that Airflow reads as the URL said, and shows no secret on the way."""

from __future__ import annotations

import json
import os
import pty
import shlex
import stat
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from airflow.models import Connection

from airflow_provider_rsauth.auth.settings import RawConnection, parse
from airflow_provider_rsauth.cli.main import main

HOST = "examplecluster.abc123xyz789.us-west-2.redshift.amazonaws.com"
PASSWORD = "pä ss/w:o@rd%?#&;'\"{}-canary"
ENCODED = "p%C3%A4%20ss/w:o@rd%25?#%26%3B'%22{}-canary"
SECRET = "wJalrXUtnFEMI/K7+MDENG/canary=="
TOKEN = "t+o/k//e:n@canary=="
FIELDS = ("conn_type", "host", "port", "login", "password", "schema", "extra")
COMMAND = [sys.executable, "-m", "airflow_provider_rsauth.cli.main", "from-url"]

WITH_PASSWORD = f"jdbc:redshift://{HOST}:5440/my%20db?user=u%2Fx&password={ENCODED}&ApplicationName=a=b"
WITH_KEYS = f"jdbc:redshift:iam://{HOST}:5439/dev?AccessKeyID=ASIAIOSFODNN7EXAMPLE&SecretAccessKey={SECRET}&SessionToken={TOKEN}&DbUser=u"
WITH_PROFILE = (
    "jdbc:redshift:iam://examplecluster:us-west-2/dev?Profile=1&DbUser=u&AutoCreate=true&DbGroups=a,b"
)
SERVERLESS = "Driver={x};IAM=1;Serverless=1;Workgroup=etl-wg;Region=eu-west-1;Port=5439"
WITHOUT_SECRET = f"jdbc:redshift://{HOST}/dev?user=u"

URLS = [
    pytest.param(WITH_PASSWORD, id="password"),
    pytest.param(WITH_KEYS, id="temporary keys"),
    pytest.param(WITH_PROFILE, id="profile called 1, no host"),
    pytest.param(SERVERLESS, id="workgroup, no host, no database"),
    pytest.param(f"jdbc:redshift:iam://{HOST}?UID=u&ssl=true&whatever=1", id="login, no port, no database"),
]


def piped(url: str, *arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command with the URL on its standard input."""
    return subprocess.run(
        [*COMMAND, *arguments], input=url, cwd=cwd, capture_output=True, text=True, timeout=60, check=False
    )


def sign_in_of(connection: Connection):
    """What the hook makes of a connection that Airflow has read."""
    return parse(RawConnection("wh", **{name: getattr(connection, name) for name in FIELDS}))


def asked(url: str):
    """What the URL in the host field of a connection means."""
    return parse(RawConnection("wh", host=url))


def assert_same(found, wanted) -> None:
    for part in ("mode", "target", "database_user", "driver"):
        assert getattr(found, part) == getattr(wanted, part)
    assert not found.notices


@pytest.mark.parametrize("url", URLS)
def test_the_json_is_what_the_url_says(url):
    """Airflow reads the JSON as it stands in a variable; nothing without effect is left in it."""
    done = piped(url, "--format", "json")
    assert done.returncode == 0, done.stderr
    assert_same(sign_in_of(Connection.from_json(done.stdout, conn_id="wh")), asked(url))


@pytest.mark.parametrize("url", URLS)
def test_the_uri_is_what_the_url_says(url):
    done = piped(url, "--format", "uri")
    assert_same(sign_in_of(Connection(conn_id="wh", uri=done.stdout.strip())), asked(url))


def test_airflow_writes_the_same_uri_back():
    """Ours is Airflow's own form: it survives being stored as a URI once more."""
    uri = piped(WITH_PASSWORD, "--format", "uri").stdout.strip()
    again = Connection(conn_id="wh", uri=Connection(conn_id="wh", uri=uri).get_uri())
    assert_same(sign_in_of(again), asked(WITH_PASSWORD))
    assert again.password == PASSWORD


def test_all_formats_are_shown_for_the_id(capsys):
    assert main(["from-url", WITH_PROFILE, "--conn-id", "wh"]) == 0
    out, err = capsys.readouterr()
    assert "AIRFLOW_CONN_WH" in out
    assert "redshift-iam:///dev?__extra__=" in out
    assert "airflow connections add wh --conn-json '" in out
    assert err == ""


def test_without_a_secret_the_command_carries_the_connection(capsys):
    assert main(["from-url", WITH_PROFILE, "--format", "add", "--conn-id", "wh"]) == 0
    words = shlex.split(capsys.readouterr().out)
    assert words[:5] == ["airflow", "connections", "add", "wh", "--conn-json"]
    assert_same(sign_in_of(Connection.from_json(words[5], conn_id="wh")), asked(WITH_PROFILE))


@pytest.mark.parametrize(("url", "secrets"), [(WITH_PASSWORD, ["canary"]), (WITH_KEYS, [SECRET, TOKEN])])
def test_with_a_secret_the_command_carries_none(url, secrets):
    done = piped(url, "--format", "add", "--conn-id", "wh")
    assert done.stdout.splitlines()[1:] == [
        "rsauth from-url --conn-id wh --out wh.json",
        "airflow connections import wh.json && rm wh.json",
    ]
    for secret in secrets:
        assert secret not in done.stdout + done.stderr


def test_out_writes_a_file_for_its_owner_only(tmp_path):
    done = piped(WITH_KEYS, "--conn-id", "wh", "--out", "wh.json", cwd=tmp_path)
    file = tmp_path / "wh.json"
    assert done.stdout == "airflow connections import wh.json && rm wh.json\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert json.loads(file.read_text())["wh"]["extra"]["session_token"] == TOKEN
    assert "canary" not in done.stdout + done.stderr


def test_out_replaces_no_file(tmp_path):
    (tmp_path / "wh.json").write_text("mine")
    done = piped(WITH_KEYS, "--out", "wh.json", cwd=tmp_path)
    assert done.returncode == 2
    assert "wh.json exists already" in done.stderr
    assert (tmp_path / "wh.json").read_text() == "mine"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--out", "wh.txt"], "must end in .json"),
        (["--conn-id", "a b"], "letters, digits"),
        (["--out", "/no/such/folder/wh.json"], "cannot be written (No such file"),
    ],
)
def test_wrong_use_is_explained(arguments, said, capsys):
    assert main(["from-url", WITH_PROFILE, *arguments]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("url", [WITH_PASSWORD, WITH_KEYS, f"Server={HOST};UID=u;PWD=canary"])
def test_a_secret_among_the_arguments_is_refused(url, capsys):
    assert main(["from-url", url]) == 2
    out, err = capsys.readouterr()
    assert "holds a secret" in err
    assert "Leave the URL out" in err
    assert "canary" not in out + err


@pytest.mark.parametrize(
    ("url", "said"),
    [
        pytest.param("jdbc:mysql://u:canary@h/db", "not with jdbc:redshift:", id="another database"),
        pytest.param(f"jdbc:redshift://u:canary@{HOST}/dev", "has an @", id="password before the host"),
        pytest.param(WITHOUT_SECRET, "Password (password): missing", id="no password and nobody to ask"),
        pytest.param(f"{WITH_PASSWORD}&ssl=false", "ssl: cannot be off", id="no TLS"),
        pytest.param(
            f"jdbc:redshift:iam://{HOST}/dev?Plugin_Name=org.acme.Mine&PWD=canary&IAMDuration=1&UID=u",
            "has 2 problems",
            id="plugin and duration",
        ),
    ],
)
def test_a_wrong_url_ends_with_1_and_its_problems(url, said):
    done = piped(url, "-")
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("The URL has ")
    assert said in done.stderr
    assert "canary" not in done.stderr


def test_nothing_is_wrong_use():
    done = piped("", "-")
    assert (done.returncode, done.stdout) == (2, "")
    assert "nothing was given" in done.stderr


def test_notices_go_to_stderr(capsys):
    assert main(["from-url", f"{WITH_PROFILE}&EndpointUrl=x&sslmode=require", "--format", "json"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["extra"]["sslmode"] == "require"
    assert "Note: endpointurl is not used" in err
    assert "Note: sslmode verify-full is used" in err


def answering(*answers: str, arguments: tuple[str, ...] = ()) -> tuple[int, str, str]:
    """Run the command at a terminal; return its status, its output, and what the terminal showed."""
    controller, terminal = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, *arguments],
        stdin=terminal,
        stderr=terminal,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    os.close(terminal)
    shown = b""
    for answer in answers:
        deadline = time.monotonic() + 60
        while not shown.endswith(b"(not shown): ") and time.monotonic() < deadline:
            shown += os.read(controller, 1024)
        shown += b"\n"
        os.write(controller, answer.encode() + b"\n")
    output = process.communicate(timeout=60)[0]
    os.set_blocking(controller, False)
    with suppress(OSError):  # where nothing more was shown
        shown += os.read(controller, 65536)
    os.close(controller)
    return process.returncode, output, shown.decode()


def test_at_a_terminal_the_url_is_asked_for_and_not_shown():
    status, output, shown = answering(WITH_KEYS, arguments=("--format", "json"))
    assert status == 0, shown
    assert "JDBC URL or ODBC string (not shown):" in shown
    assert "canary" not in shown
    assert json.loads(output)["extra"]["secret_access_key"] == SECRET


def test_at_a_terminal_a_missing_secret_is_asked_for():
    status, output, shown = answering(PASSWORD, arguments=(WITHOUT_SECRET, "--format", "json"))
    assert status == 0, shown
    assert "Password (not shown):" in shown
    assert "canary" not in shown
    assert json.loads(output)["password"] == PASSWORD


def test_at_a_terminal_all_missing_secrets_are_asked_for():
    """A temporary key needs its secret and its token; the token is found missing once the secret is there."""
    url = f"jdbc:redshift:iam://{HOST}/dev?AccessKeyID=ASIAIOSFODNN7EXAMPLE&DbUser=u"
    status, output, shown = answering(SECRET, TOKEN, arguments=(url, "--format", "json"))
    assert status == 0, shown
    extra = json.loads(output)["extra"]
    assert (extra["secret_access_key"], extra["session_token"]) == (SECRET, TOKEN)


def test_no_answer_ends_with_what_is_missing():
    status, output, shown = answering("", arguments=(WITHOUT_SECRET,))
    assert status == 1
    assert output == ""
    assert "Password (password): missing" in shown


def test_the_printed_commands_put_the_connection_into_airflow(tmp_path):
    """Both ways to add a connection, run as printed; Airflow's database has then what the URL says."""
    tools = Path(sys.executable).parent
    environment = {
        **os.environ,
        "AIRFLOW_HOME": str(tmp_path),
        "PYTHONWARNINGS": "ignore",
        "PATH": f"{tools}:{os.environ['PATH']}",
    }
    imported = piped(WITH_KEYS, "--conn-id", "keys", "--out", "keys.json", cwd=tmp_path).stdout
    added = piped(WITH_PROFILE, "--conn-id", "profile", "--format", "add").stdout
    script = f"set -e; airflow db migrate; {imported.strip()}; {added.strip()}; airflow connections export all.json"
    done = subprocess.run(
        ["/bin/sh", "-c", script], env=environment, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert not (tmp_path / "keys.json").exists()
    stored = json.loads((tmp_path / "all.json").read_text())
    for conn_id, url in (("keys", WITH_KEYS), ("profile", WITH_PROFILE)):
        fields = {name: stored[conn_id][name] for name in FIELDS}
        assert_same(parse(RawConnection("wh", **fields)), asked(url))
