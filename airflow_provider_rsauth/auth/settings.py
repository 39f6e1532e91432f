"""An Airflow connection is parsed once, here, into a ``SignIn``; all that is wrong with it is said at once."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Any, TypeVar

from pydantic import ValidationError

from airflow_provider_rsauth.auth import database_user, target
from airflow_provider_rsauth.auth.aliases import (
    FALSE_WORDS,
    TRUE_WORDS,
    canonical_name,
    canonical_options,
    hides_its_value,
)
from airflow_provider_rsauth.auth.database_user import DatabaseUser
from airflow_provider_rsauth.auth.defaults import Defaults, merged, with_url
from airflow_provider_rsauth.auth.driver import WEAKER_MODES, DriverSettings
from airflow_provider_rsauth.auth.errors import InvalidSettings, Problem
from airflow_provider_rsauth.auth.fields import Settings
from airflow_provider_rsauth.auth.jdbc_url import looks_like_url, plugin_mode, secrets_in
from airflow_provider_rsauth.auth.leftovers import unused
from airflow_provider_rsauth.auth.mode import AuthMode, AwsMode, DirectMode
from airflow_provider_rsauth.auth.modes.aws_connection import undefined
from airflow_provider_rsauth.auth.problems import problems_of, shown
from airflow_provider_rsauth.auth.profile_options import profile_options
from airflow_provider_rsauth.auth.registry import DEFAULT_MODE, MODES
from airflow_provider_rsauth.auth.target import Target, TargetSettings, split_endpoint

CONN_TYPE = "redshift_iam"
STOCK_CONN_TYPE = "redshift"
STOCK_AWS_CONN_ID = "aws_default"
"""The AWS connection that Airflow's own Redshift hook uses when none is named, if it is defined."""

S = TypeVar("S", bound=Settings)


@dataclass(frozen=True, slots=True)
class RawConnection:
    """
    A connection as Airflow keeps it.

    :param conn_id: its id, for messages only.
    :param conn_type: ``redshift_iam``, or ``redshift`` for one made for Airflow's own Redshift hook.
    :param host: the host.
    :param port: the port.
    :param login: the login.
    :param password: the password.
    :param schema: the database.
    :param extra: the extra, as JSON text or already read.
    """

    conn_id: str
    conn_type: str = CONN_TYPE
    host: str | None = None
    port: int | str | None = None
    login: str | None = None
    password: str | None = field(default=None, repr=False)
    schema: str | None = None
    extra: str | Mapping[str, Any] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class SignIn:
    """
    What a connection says, checked.

    :param subject: the connection, for messages.
    :param mode: who signs in.
    :param target: to which cluster or workgroup.
    :param database_user: as whom, and for how long.
    :param driver: how the driver connects.
    :param notices: what the user should know although nothing is wrong.
    :param pending_profile: the authentication profile that has yet to be read; until then target and database user are
        what is known without it.
    """

    subject: str
    mode: AuthMode
    target: Target
    database_user: DatabaseUser
    driver: DriverSettings
    notices: tuple[str, ...] = ()
    pending_profile: str = field(default="", repr=False)


def parse(
    raw: RawConnection,
    overrides: Mapping[str, Any] | None = None,
    is_defined: Callable[[str], bool] = lambda _: True,
    defaults: Defaults | None = None,
) -> SignIn:
    """
    Turn a connection into a sign-in. Calls no network.

    A connection that names an authentication profile is checked as far as it goes without it, unless what the profile
    says is among the arguments; :func:`~airflow_provider_rsauth.auth.auth_profile.complete` sees to that.

    :param raw: the connection.
    :param overrides: settings that win over the connection's; ``None`` and ``""`` mean "not given", and what equals
        the connection's own extra is no override: Airflow's SQL operators pass every extra along.
    :param is_defined: tells whether an Airflow connection exists; asked for the AWS connection that is to be used.
    :param defaults: options for what the connection leaves open.
    :raises InvalidSettings: something is wrong; the error names all of it.
    """
    return _Parser(raw, overrides or {}, is_defined, defaults).sign_in()


class _Parser:
    """Gathers options, problems and notices of one connection."""

    def __init__(
        self,
        raw: RawConnection,
        overrides: Mapping[str, Any],
        is_defined: Callable[[str], bool],
        defaults: Defaults | None,
    ) -> None:
        self.is_defined = is_defined
        self.subject = f"Connection {raw.conn_id!r}"
        self.problems: list[Problem] = []
        self.notices: list[str] = []
        standard = {
            "host": raw.host,
            "port": raw.port,
            "login": raw.login,
            "password": raw.password,
            "database": raw.schema,
        }
        extra = self._read(raw.extra)
        given = {key: value for key, value in overrides.items() if key not in extra or extra[key] != value}
        own = {**self._canonical(standard), **self._canonical(extra)}
        wins = self._canonical(given)
        if "login" in wins and "db_user" not in wins:
            own.pop("db_user", None)
        own |= wins
        self._warn_of_shown_secrets(extra)
        self.is_stock = raw.conn_type == STOCK_CONN_TYPE or "iam" in own
        self.sources: dict[str, str] = {}
        self.options, problems, notices = with_url(own, self.subject)
        self.problems += problems
        self.notices += notices
        if isinstance(host := self.options.get("host"), str):
            self.options = {**split_endpoint(host), **{k: v for k, v in self.options.items() if k != "host"}}
        if defaults:
            self.options.pop("auth_profile", None)
            self._put_under(defaults)

    def sign_in(self) -> SignIn:
        mode_type = self._with_profile(self._mode_type())
        subject = f"{self.subject} ({mode_type.title})" if mode_type else self.subject
        takes_login = mode_type and "login" in mode_type.model_fields
        if mode_type and issubclass(mode_type, AwsMode) and not takes_login and "login" in self.options:
            self.options.setdefault("db_user", self.options["login"])
        if self.is_stock and mode_type is MODES[DEFAULT_MODE] and "aws_conn_id" not in self.options:
            self.options["aws_conn_id"] = STOCK_AWS_CONN_ID if self.is_defined(STOCK_AWS_CONN_ID) else None
        self._check_aws_connection(mode_type)
        mode = self._validate(mode_type) if mode_type else None
        settings = self._validate(TargetSettings)
        user = self._validate(DatabaseUser)
        driver = self._validate(DriverSettings)
        pending = "auth_profile" in self.options and mode_type is not None and issubclass(mode_type, AwsMode)
        place = self._place(settings, mode_type, pending) if settings and mode_type else None
        if pending:
            self._without_user_problems()
        elif place and user and mode_type:
            self._check_user(user, place, mode_type)
        self._notice_the_rest(mode_type)
        if self.problems or not (mode and place and user and driver):
            raise InvalidSettings(subject, [self._attributed(each) for each in self.problems], self.notices)
        profile = (mode.auth_profile if isinstance(mode, AwsMode) else None) or ""
        if profile:
            self.notices.append(
                f"What the authentication profile {shown(profile)} adds is known, and checked, when it is read at the sign-in."
            )
        return SignIn(subject, mode, place, user, driver, tuple(self.notices), profile)

    def _with_profile(self, mode_type: type[AuthMode] | None) -> type[AuthMode] | None:
        """Put what the AWS profile says under everything else; its plugin may choose another auth mode."""
        if not mode_type:
            return None
        defaults, problems = profile_options(mode_type, self.options)
        self._take(problems, [])
        if not defaults:
            return mode_type
        self._put_under(defaults)
        return self._mode_type()

    def _put_under(self, defaults: Defaults) -> None:
        under = merged(self.options, defaults)
        self.options = under.options
        self.sources |= dict.fromkeys(under.taken, defaults.source)
        self.problems += under.problems
        self.notices += under.notices

    def _attributed(self, problem: Problem) -> Problem:
        source = self.sources.get(problem.field)
        return replace(problem, text=f"{problem.text} (from {source})") if source else problem

    def _read(self, extra: str | Mapping[str, Any] | None) -> Mapping[str, Any]:
        if isinstance(extra, str):
            try:
                extra = json.loads(extra) if extra.strip() else {}
            except (ValueError, RecursionError):
                extra = "not JSON"
        if extra is not None and not isinstance(extra, Mapping):
            problem = Problem("extra", 'is not a JSON object. Write it as {"name": "value", …}', "Extra")
            raise InvalidSettings(self.subject, [problem])
        return extra or {}

    def _canonical(self, options: Mapping[str, Any]) -> dict[str, Any]:
        found, problems = canonical_options((str(key), value) for key, value in options.items())
        self.problems += problems
        if isinstance(host := found.get("host"), str) and looks_like_url(host):
            found.setdefault("jdbc_url", found.pop("host"))
        return found

    def _warn_of_shown_secrets(self, extra: Mapping[str, Any]) -> None:
        for key in map(str, extra):
            if secrets_in({canonical_name(key): "x"}) and not hides_its_value(key):
                self.notices.append(
                    f"{key} holds a secret under a name by which Airflow does not hide it. Put it into {canonical_name(key)}."
                )

    def _mode_type(self) -> type[AuthMode] | None:
        name = str(self.options.get("auth_mode") or self._stock_mode())
        if name in MODES:
            return MODES[name]
        near = get_close_matches(name, MODES, n=1, cutoff=0.5)
        hint = f"Did you mean {near[0]!r}? " if near else ""
        text = f"{shown(name) or 'this'} is not an auth mode. {hint}There are: {', '.join(MODES)}"
        self._take([Problem("auth_mode", text, "Sign in with")], [])
        return None

    def _check_aws_connection(self, mode_type: type[AuthMode] | None) -> None:
        conn_id = self.options.get("aws_conn_id")
        if not mode_type or "aws_conn_id" not in mode_type.model_fields or not isinstance(conn_id, str):
            return
        if not self.is_defined(conn_id):
            self.problems.append(undefined(conn_id))

    def _stock_mode(self) -> str:
        if not self.is_stock:
            return DEFAULT_MODE
        if "plugin_name" in self.options:
            mode, problems = plugin_mode(str(self.options.pop("plugin_name")))
            self.problems += problems
            return mode
        iam = str(self.options.get("iam", False)).strip().lower()
        if iam not in (*TRUE_WORDS, *FALSE_WORDS):
            self.problems.append(Problem("iam", "must be true or false"))
        if iam not in TRUE_WORDS:
            return "password"
        return next((mode for key, mode in _STOCK_IAM_MODES.items() if key in self.options), DEFAULT_MODE)

    def _validate(self, group: type[S]) -> S | None:
        values = {name: self.options[name] for name in group.model_fields if name in self.options}
        try:
            return group.model_validate(values)
        except ValidationError as error:
            problems = problems_of(error, group, values)
        self.problems += problems
        bad = {problem.field for problem in problems}
        try:
            # The other fields can still be checked against one another, so that all is said at once.
            return group.model_validate({name: value for name, value in values.items() if name not in bad})
        except ValidationError:
            return None

    def _place(self, settings: TargetSettings, mode_type: type[AuthMode], pending: bool) -> Target:
        place, problems, notices = target.resolve(
            settings,
            needs_identifier=mode_type.needs_identifier(self.options),
            needs_host=issubclass(mode_type, DirectMode),
        )
        if pending:
            return place
        doubtful = {problem.field for problem in self.problems}
        # A field that says which Redshift is wrong already; without it, the others seem to say too little.
        self._take([] if doubtful & _SAY_WHICH else problems, notices)
        return place

    def _check_user(self, user: DatabaseUser, place: Target, mode_type: type[AuthMode]) -> None:
        if not issubclass(mode_type, AwsMode):
            login, is_used = self.options.get("login"), "login" in mode_type.model_fields
            self._take(
                *database_user.check_unused(
                    user, login, mode_type.title, self.is_stock, login_is_used=is_used
                )
            )
            return
        if place.is_serverless or user.as_iam_identity:
            self._without_user_problems()
        problems, notices = database_user.check(user, place)
        if mode_type.claims_database_user:
            problems = [problem for problem in problems if problem.field != "db_user" or user.db_user]
        self._take(problems, notices)

    def _without_user_problems(self) -> None:
        self.problems = [
            problem for problem in self.problems if problem.field not in database_user.NOT_ALWAYS_USED
        ]

    def _take(self, problems: list[Problem], notices: list[str]) -> None:
        known = {problem.field for problem in self.problems}
        self.problems += [problem for problem in problems if problem.field not in known]
        self.notices += notices

    def _notice_the_rest(self, mode_type: type[AuthMode] | None) -> None:
        if database_user.has_issued_prefix(_text(self.options.get("db_user"))):
            self.notices.append(
                "The prefix of the database user (IAM:, IAMA:, IAMR:) is left out; AWS puts it there."
            )
        if _text(self.options.get("sslmode")).lower() in WEAKER_MODES:
            self.notices.append(
                "sslmode verify-full is used, which is stronger than what the connection says."
            )
        if "ssl" in self.options and str(self.options["ssl"]).strip().lower() not in TRUE_WORDS:
            self.problems.append(
                Problem(
                    "ssl",
                    "cannot be off: a sign-in without TLS would send the password in the clear. Remove it",
                )
            )
        for name, text in unused(self.options, mode_type):
            source = self.sources.get(name)
            self.notices.append(f"{source}: {text}" if source else text)


_SAY_WHICH = {"host", "cluster_identifier", "serverless_work_group", "custom_domain"}

_STOCK_IAM_MODES = {"profile": "profile", "access_key_id": "access_key"}
"""Options that choose the identity in a connection made for Airflow's own Redshift hook."""


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
