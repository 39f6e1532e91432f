"""Everything that Airflow's ``DbApiHook`` promises, on the real driver."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from airflow.providers.common.sql.hooks.handlers import fetch_all_handler, fetch_one_handler
from airflow.providers.common.sql.operators.sql import (
    SQLCheckOperator,
    SQLColumnCheckOperator,
    SQLExecuteQueryOperator,
    SQLValueCheckOperator,
)

from airflow_provider_rsauth.hooks.redshift_iam import RedshiftIAMHook


@pytest.fixture
def hook(redshift):
    """A hook, and an empty table ``items`` in the database."""
    redshift.execute("drop table if exists items")
    redshift.execute("create table items (id int, name varchar(40), price numeric(8,2), made date)")
    redshift.execute("grant all on items to public")
    yield RedshiftIAMHook()
    redshift.execute("drop table items")


ROWS = [
    (1, "a", Decimal("1.50"), dt.date(2026, 1, 1)),
    (2, "b\tc", None, dt.date(2026, 1, 2)),
    (3, None, Decimal("3.00"), None),
]


def fill(hook) -> None:
    hook.insert_rows("items", ROWS, target_fields=["id", "name", "price", "made"])


def test_records_are_tuples(hook):
    fill(hook)
    assert hook.get_records("select * from items order by id") == ROWS
    assert hook.get_first("select * from items order by id") == ROWS[0]
    assert hook.get_records("select * from items where id > 9") == []
    assert hook.get_first("select * from items where id > 9") is None


def test_parameters_are_bound(hook):
    fill(hook)
    assert hook.get_records("select id from items where name = %s", parameters=["a"]) == [(1,)]
    assert hook.get_records("select %s::text", parameters=["'; drop table items; --"]) == [
        ("'; drop table items; --",)
    ]
    assert hook.placeholder == "%s"


def test_run_returns_what_the_handlers_give(hook):
    fill(hook)
    assert hook.run("insert into items (id) values (9)") is None
    both = hook.run(["select 1", "select 2"], handler=fetch_one_handler)
    assert both == [(1,), (2,)]
    assert hook.run(
        "select 1; select 2", handler=fetch_all_handler, split_statements=True, return_last=False
    ) == [[(1,)], [(2,)]]
    assert hook.run("select 1; select 2", handler=fetch_all_handler, split_statements=True) == [(2,)]
    assert [column[0] for column in hook.last_description] == ["?column?"]
    assert hook.run("select 7", handler=lambda cursor: {"seven": cursor.fetchone()[0]}) == {"seven": 7}


@pytest.mark.parametrize(
    ("sql", "row"),
    [
        ("select array[1, 2]", ([1, 2],)),
        ("select array[1, 2], array['a']", ([1, 2], ["a"])),
        ("select array[1, 2], 3", ([1, 2], 3)),
        ("""select '{"a": 1}'::json, 'x'""", ({"a": 1}, "x")),
        ("""select '{"a": 1}'::json, array[1]""", ({"a": 1}, [1])),
    ],
)
def test_a_row_of_lists_stays_a_row(hook, sql, row):
    assert hook.get_first(sql) == row
    assert hook.get_records(sql) == [row]


def test_what_a_handler_of_ones_own_makes_stays(hook):
    made = [{"a": 1}, {"a": 2}]
    assert hook.run("select 1", handler=lambda _: made) == made
    assert hook.run("select 1", handler=lambda _: []) == []


def test_a_failed_statement_rolls_the_transaction_back(hook):
    with pytest.raises(Exception, match="division by zero"):
        hook.run(["insert into items (id) values (1)", "select 1/0"])
    assert hook.get_first("select count(*) from items") == (0,)


def test_autocommit_keeps_what_was_done_before_a_failure(hook):
    with pytest.raises(Exception, match="division by zero"):
        hook.run(["insert into items (id) values (1)", "select 1/0"], autocommit=True)
    assert hook.get_first("select count(*) from items") == (1,)
    hook.run("vacuum items", autocommit=True)


def test_rows_are_inserted_from_a_generator_in_portions(hook):
    hook.insert_rows(
        "items", ((i, f"n{i}") for i in range(25)), target_fields=["id", "name"], commit_every=10
    )
    assert hook.get_first("select count(*), max(name) from items") == (25, "n9")
    hook.insert_rows("items", [(i, "x") for i in range(5)], target_fields=["id", "name"], executemany=True)
    assert hook.get_first("select count(*) from items") == (30,)


def test_a_table_goes_to_a_file_and_back(hook, tmp_path):
    fill(hook)
    hook.bulk_dump("items", str(tmp_path / "items.tsv"))
    hook.run("delete from items")
    hook.bulk_load("items", str(tmp_path / "items.tsv"))
    assert hook.get_records("select * from items order by id") == ROWS


def test_a_frame_is_read(hook, recwarn):
    fill(hook)
    frame = hook.get_df("select id, name from items where id < %s order by id", parameters=[3])
    assert frame.values.tolist() == [[1, "a"], [2, "b\tc"]]
    chunks = list(hook.get_df_by_chunks("select id from items order by id", chunksize=2))
    assert [len(chunk) for chunk in chunks] == [2, 1]
    assert not [warning for warning in recwarn if "SQLAlchemy" in str(warning.message)]


def test_a_polars_frame_is_read(hook):
    fill(hook)
    assert hook.get_df("select id, name from items order by id", df_type="polars")["id"].to_list() == [
        1,
        2,
        3,
    ]


def test_the_uri_has_no_password_and_costs_no_call(define, redshift):
    hook = RedshiftIAMHook(define(host="localhost", port=5439, login="e@tl", password="hush-hush"))
    assert hook.get_uri() == "redshift+redshift_connector://e%40tl@localhost:5439/dev"
    assert RedshiftIAMHook(define(host=None)).get_uri() == "redshift+redshift_connector:///dev"
    assert hook.dialect_name == "redshift"
    assert redshift.calls.count() == 0


def test_an_engine_signs_in_for_each_connection(redshift):
    from sqlalchemy import text

    engine = RedshiftIAMHook().get_sqlalchemy_engine()
    with engine.connect() as connection:
        assert connection.execute(text("select current_user")).scalar() == "etl"
    assert "password" not in repr(engine.url)
    engine.dispose()


def test_constructor_arguments_win_over_the_connection(redshift):
    hook = RedshiftIAMHook(
        "redshift_access_key",
        db_user="analyst",
        db_groups=["analysts"],
        auto_create=False,
        duration_seconds=1200,
    )
    assert hook.get_first("select current_user") == ("analyst",)
    call = redshift.calls.all[-1]
    assert call.parameters["DbUser"] == "analyst"
    assert call.parameters["DurationSeconds"] in (1200, "1200")
    assert call.parameters["AutoCreate"] in (False, "false")
    with RedshiftIAMHook(role_arn=redshift.role_arn, as_iam_identity=True).get_conn() as connection:
        assert connection.user == b"IAMR:RedshiftReader"


def test_the_database_can_be_chosen_in_three_ways(redshift):
    redshift.execute("select 1")
    for hook in (RedshiftIAMHook(database="postgres"), RedshiftIAMHook(schema="postgres")):
        assert hook.get_first("select current_database()") == ("postgres",)
    hook = RedshiftIAMHook()
    hook.schema = "postgres"
    assert hook.get_first("select current_database()") == ("postgres",)


@pytest.mark.parametrize(
    "conn_id",
    [
        "redshift_iam_default",
        "redshift_access_key",
        "redshift_profile",
        "redshift_identity_center",
        "redshift_serverless",
        "redshift_secret",
        "redshift_adfs",
        "redshift_ping",
        "redshift_okta",
        "redshift_azure_ad",
        "redshift_web_identity",
        "redshift_identity_center_token",
        "redshift_native_idp_token",
        "redshift_password",
    ],
)
def test_the_common_sql_operator_runs_with_every_connection(approve, conn_id):
    """It hands every extra of the connection to the hook's constructor."""
    approve(conn_id)
    operator = SQLExecuteQueryOperator(task_id="t", conn_id=conn_id, sql="select 1, 'x'")
    assert operator.execute({}) == [(1, "x")]


def test_an_operators_hook_parameters_win(redshift):
    operator = SQLExecuteQueryOperator(
        task_id="t",
        conn_id="redshift_iam_default",
        sql="select current_user, current_database()",
        database="postgres",
        hook_params={"db_user": "analyst"},
    )
    assert operator.execute({}) == [("analyst", "postgres")]


def test_the_common_sql_checks_run(hook):
    fill(hook)
    SQLCheckOperator(task_id="a", conn_id="redshift_iam_default", sql="select count(*) from items").execute(
        {}
    )
    SQLValueCheckOperator(
        task_id="b", conn_id="redshift_iam_default", sql="select count(*) from items", pass_value=3
    ).execute({})
    SQLColumnCheckOperator(
        task_id="c",
        conn_id="redshift_iam_default",
        table="items",
        column_mapping={"id": {"null_check": {"equal_to": 0}}},
    ).execute({})


@pytest.mark.parametrize(
    ("extra", "given", "found"),
    [
        pytest.param(
            {"Region": "us-east-1", "region": None},
            {"region": "eu-west-1"},
            {"region": "eu-west-1"},
            id="another case",
        ),
        pytest.param(
            {"Region": "us-east-1", "region": None}, {"region_name": None}, {"region": "us-east-1"}, id="None"
        ),
        pytest.param(
            {"schema": "sales"}, {"database": "postgres"}, {"database": "postgres"}, id="another name"
        ),
        pytest.param(
            {"DbUser": "analyst"},
            {"region_name": "eu-west-1"},
            {"region": "eu-west-1", "host": "localhost"},
            id="one more",
        ),
    ],
)
def test_an_operators_hook_parameters_win_in_any_spelling(define, extra, given, found):
    conn_id = define(schema=None, extra=extra)
    operator = SQLExecuteQueryOperator(task_id="t", conn_id=conn_id, sql="select 1", hook_params=given)
    target = operator.get_db_hook().sign_in.target
    assert {name: getattr(target, name) for name in found} == found


@pytest.mark.parametrize(
    ("extra", "login", "user"),
    [
        pytest.param(
            {"iam": True, "cluster_identifier": "examplecluster"},
            "etl",
            "IAM:etl",
            id="documented IAM set-up",
        ),
        pytest.param(
            {"iam": True, "cluster_identifier": "examplecluster", "db_user": "analyst"},
            "etl",
            "IAM:analyst",
            id="db_user beside login",
        ),
        pytest.param(
            {
                "iam": True,
                "is_serverless": True,
                "serverless_work_group": "example-workgroup",
                "serverless_token_duration_seconds": 1800,
            },
            None,
            "IAM:airflow",
            id="serverless with duration",
        ),
        pytest.param(
            {
                "iam": "true",
                "cluster_identifier": "examplecluster",
                "ssl": True,
                "timeout": 20,
                "numeric_to_float": True,
            },
            "etl",
            "IAM:etl",
            id="driver options",
        ),
        pytest.param({"iam": False}, "dbadmin", "dbadmin", id="password"),
        pytest.param({"sslmode": "prefer"}, "dbadmin", "dbadmin", id="password with a weak sslmode"),
    ],
)
def test_a_stock_redshift_connection_works_unchanged(define, redshift, extra, login, user):
    """With the options of the documentation of Airflow's own hook; the AWS identity is ``aws_default``."""
    target = redshift.workgroup if extra.get("is_serverless") else redshift.cluster
    define("aws_sandbox", conn_id="aws_default")
    conn_id = define(
        conn_id="old",
        conn_type="redshift",
        login=login,
        password=redshift.database_password,
        port=target.port,
        extra={
            "auth_mode": None,
            "aws_conn_id": None,
            "cluster_identifier": None,
            "region": "us-east-1",
            **extra,
        },
    )
    assert RedshiftIAMHook(conn_id).get_first("select 1") == (1,)
    assert redshift.logins[-1].user == user


def test_a_stock_connection_without_aws_default_uses_the_workers_identity(define, redshift, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", redshift.keys.access_key_id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", redshift.keys.secret_access_key)
    conn_id = define(
        conn_id="old", conn_type="redshift", extra={"auth_mode": None, "aws_conn_id": None, "iam": True}
    )
    hook = RedshiftIAMHook(conn_id)
    assert hook.get_first("select current_user") == ("etl",)


def test_iam_beside_the_type_of_ours_means_the_workers_identity_too(define, redshift, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", redshift.keys.access_key_id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", redshift.keys.secret_access_key)
    hook = RedshiftIAMHook(define(extra={"auth_mode": None, "aws_conn_id": None, "iam": True}))
    assert hook.sign_in.mode.aws_conn_id is None
    assert hook.get_first("select current_user") == ("etl",)


def test_aws_default_is_missed_where_it_is_named(define, redshift):
    conn_id = define(
        conn_id="old",
        conn_type="redshift",
        extra={"auth_mode": None, "aws_conn_id": "aws_default", "iam": True},
    )
    works, message = RedshiftIAMHook(conn_id).test_connection()
    assert not works
    assert "AWS connection ID (aws_conn_id): there is no Airflow connection 'aws_default'" in message
    assert redshift.calls.count() == 0


def test_a_connection_that_airflow_cannot_read_is_explained(redshift, monkeypatch):
    """Airflow itself says that it is not defined."""
    monkeypatch.setenv(
        "AIRFLOW_CONN_BAD", '{"conn_type": "redshift_iam", "host": "h", "login": "u", "port": "abc"}'
    )
    works, message = RedshiftIAMHook("bad").test_connection()
    assert not works
    assert "Port (port): is 'abc' but must be a whole number from 1 to 65535" in message
    monkeypatch.setenv("AIRFLOW_CONN_BAD", "redshift-iam://u@h:abc/dev")
    assert "neither a connection URI nor a JSON object" in RedshiftIAMHook("bad").test_connection()[1]
    monkeypatch.setenv("AIRFLOW_CONN_BAD", '{"conn_type": "redshift_iam", "host": "h", "database": "dev"}')
    assert "fields that no connection has: database" in RedshiftIAMHook("bad").test_connection()[1]


def test_the_connection_test_reports_or_explains(define, redshift):
    works, message = RedshiftIAMHook().test_connection()
    assert works
    for part in (
        "'examplecluster' in us-east-1",
        "localhost:",
        "'IAM:etl'",
        "Airflow AWS connection",
        "redshift:GetClusterCredentials",
        "valid until",
        f"AWS identity: arn:aws:iam::{redshift.account_id}:user/airflow.",
        "Database user: etl.",
        "Server: PostgreSQL",
    ):
        assert part in message
    assert RedshiftIAMHook().test_connection()[0]
    assert redshift.calls.count("GetClusterCredentials") == 2
    works, message = RedshiftIAMHook(define(login="nobody")).test_connection()
    assert not works
    assert "CREATE USER" in message
