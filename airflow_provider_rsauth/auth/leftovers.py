"""What stands in a connection and has no effect: another mode's, another tool's, or misspelt."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from airflow_provider_rsauth.auth.aliases import ALIASES, NOT_OURS, WITHOUT_EFFECT
from airflow_provider_rsauth.auth.mode import AuthMode
from airflow_provider_rsauth.auth.registry import MODES, setting_names


def unused(options: Mapping[str, Any], mode_type: type[AuthMode] | None) -> Iterator[tuple[str, str]]:
    """
    Tell of each option without effect why it has none.

    :param options: all options, under the names of our settings.
    :param mode_type: the auth mode, where it is known.
    :return: the option and what the user should know.
    """
    used = {"auth_mode", "ssl", *WITHOUT_EFFECT, *setting_names(*([mode_type] if mode_type else []))}
    elsewhere: dict[str, list[str]] = {}
    for mode in MODES.values():
        for name in mode.model_fields:
            elsewhere.setdefault(name, []).append(mode.title)
    for name in sorted(options.keys() - used - {"login"}):
        if name in elsewhere:
            if options[name] and mode_type:
                titles = " or ".join(elsewhere[name])
                yield name, f"{name} is not used: it belongs to the auth mode {titles}."
        elif name in NOT_OURS:
            yield name, f"{name} is not used: {NOT_OURS[name]}."
        else:
            near = get_close_matches(name, {*used, *elsewhere, *ALIASES} - WITHOUT_EFFECT, n=1, cutoff=0.75)
            hint = f" Did you mean {ALIASES.get(near[0], near[0])}?" if near else ""
            yield name, f"{name} is not a setting and is not used.{hint}"
