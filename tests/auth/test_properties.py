"""Whatever stands in a connection, the parser answers with a sign-in or with our error, and shows no secret."""

from __future__ import annotations

import json
from datetime import timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st

from airflow_provider_rsauth.auth.aliases import ALIASES, NOT_OURS
from airflow_provider_rsauth.auth.defaults import Defaults
from airflow_provider_rsauth.auth.errors import InvalidSettings
from airflow_provider_rsauth.auth.problems import is_secret
from airflow_provider_rsauth.auth.registry import MODES, setting_names
from airflow_provider_rsauth.auth.settings import RawConnection, SignIn, parse

CANARY = "cAnAry-0123456789-SECRET"
NAMES = sorted(
    {
        *setting_names(*MODES.values()),
        *ALIASES,
        *NOT_OURS,
        "auth_mode",
        "iam",
        "ssl",
        "jdbc_url",
        "plugin_name",
    }
)
SECRETS = sorted({name for mode in MODES.values() for name in mode.model_fields if is_secret(mode, name)})

texts = st.text(max_size=60)
plausible = st.sampled_from(
    [
        *MODES, "true", "false", "0", "900", "us-west-2", "examplecluster", "AKIAIOSFODNN7EXAMPLE", "ASIAIOSFODNN7EXAMPLE", "verify-ca", "a,b",
        "examplecluster.abc123xyz789.us-west-2.redshift.amazonaws.com:5439/dev", "jdbc:redshift:iam://examplecluster:us-west-2/dev",
        "Driver={x};Server=h;UID=u;PWD=p", "arn:aws:iam::123456789012:role/R", "", None, True, False, 0, 5439, 1e308, -1, [], {}, ["a", None, 1],
    ]
)  # fmt: skip
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
extras = st.dictionaries(st.sampled_from(NAMES) | texts, plausible | json_values, max_size=8)
fields = st.none() | texts | plausible.filter(lambda value: isinstance(value, str))
QUICK = timedelta(milliseconds=200)


def answer(raw: RawConnection, overrides=None, defaults=None) -> str:
    """Parse, and return everything that could be shown of the answer."""
    try:
        sign_in = parse(raw, overrides, defaults=defaults)
    except InvalidSettings as error:
        return "".join(
            map(repr, (str(error), error, error.problems, vars(error), error.__cause__, error.__context__))
        )
    assert isinstance(sign_in, SignIn)
    return repr(sign_in) + str(sign_in.notices)


@settings(max_examples=600, deadline=QUICK)
@given(
    extra=extras,
    host=fields,
    port=st.none() | st.integers() | texts,
    login=fields,
    password=fields,
    schema=fields,
    conn_type=st.sampled_from(["redshift_iam", "redshift"]),
)
@example(
    extra={"db_groups": 5},
    host=None,
    port=None,
    login=None,
    password=None,
    schema=None,
    conn_type="redshift_iam",
)
@example(
    extra={"auth_mode": ["x"]},
    host=None,
    port=None,
    login=None,
    password=None,
    schema=None,
    conn_type="redshift_iam",
)
@example(
    extra={"auth_mode": {"a": 1}, "iam": {}},
    host=None,
    port=None,
    login=None,
    password=None,
    schema=None,
    conn_type="redshift",
)
def test_any_connection_is_answered(extra, host, port, login, password, schema, conn_type):
    answer(RawConnection("wh", conn_type, host, port, login, password, schema, extra))


@settings(max_examples=300, deadline=QUICK)
@given(text=texts | json_values.map(json.dumps))
def test_any_text_as_extra_is_answered(text):
    answer(RawConnection("wh", host="h", login="u", extra=text))


@settings(max_examples=300, deadline=QUICK)
@given(extra=extras, options=extras, secret=st.sampled_from(SECRETS))
def test_any_defaults_are_answered(extra, options, secret):
    """And show no secret either."""
    defaults = Defaults("the profile", {**options, secret: CANARY})
    assert CANARY not in answer(RawConnection("wh", extra=extra), defaults=defaults)


@settings(max_examples=300, deadline=QUICK)
@given(extra=extras, secret=st.sampled_from(SECRETS), mode=st.sampled_from(list(MODES)))
def test_a_secret_is_shown_by_no_answer(extra, secret, mode):
    """Neither in a sign-in's repr nor anywhere in an error, whatever else is wrong."""
    shown = answer(
        RawConnection(
            "wh", host="h", login="u", password=CANARY, extra={**extra, "auth_mode": mode, secret: CANARY}
        )
    )
    assert CANARY not in shown


@settings(max_examples=200, deadline=QUICK)
@given(overrides=st.dictionaries(st.sampled_from(NAMES), plausible | json_values, max_size=5))
def test_any_override_is_answered(overrides):
    answer(
        RawConnection("wh", host="examplecluster.abc123xyz789.us-west-2.redshift.amazonaws.com", login="u"),
        overrides,
    )


@settings(max_examples=300, deadline=QUICK)
@given(
    tail=st.text(max_size=80),
    head=st.sampled_from(
        ["jdbc:redshift://", "jdbc:redshift:iam://", "jdbc:", "Driver={x};Server=h;", "DSN=x;", ""]
    ),
)
def test_any_url_is_answered(head, tail):
    answer(RawConnection("wh", host=head + tail))
    answer(RawConnection("wh", extra={"jdbc_url": head + tail}))
