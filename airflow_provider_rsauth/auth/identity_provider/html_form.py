"""The form of a sign-in page, and what a page says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin

from airflow_provider_rsauth.auth.identity_provider.http import Page

LONGEST_REMARK = 300
MOST_REMARKS = 10

_ERRORS = (
    "//*[@id='errorText']",
    "//*[@id='expandoErrorText']",
    "//*[contains(concat(' ', normalize-space(@class), ' '), ' ping-error ')]",
    "//*[contains(concat(' ', normalize-space(@class), ' '), ' error ')]",
    "//*[contains(@class, 'errorMessage') or contains(@class, 'error-message') or @role='alert']",
)
"""Where sign-in pages put what went wrong: AD FS, PingFederate, and others."""


@dataclass(frozen=True, slots=True)
class HtmlForm:
    """
    A form.

    :param action: where it is sent.
    :param values: what it holds, hidden inputs included.
    :param kinds: the kind of each input, such as ``password``.
    """

    action: str
    values: Mapping[str, str] = field(repr=False)
    kinds: Mapping[str, str]

    @property
    def asks_for_a_person(self) -> bool:
        """Whether it asks for user and password."""
        return all(self._places())

    def filled_in(self, user: str, password: str) -> dict[str, str]:
        """
        Return what is sent when a person fills in the form.

        :param user: the person's name.
        :param password: the person's password.
        """
        name, secret = self._places()
        return {**self.values, name: user, secret: password}

    def _places(self) -> tuple[str, str]:
        """Return the names of the inputs for user and password; empty where there is none."""
        secret = next((name for name, kind in self.kinds.items() if kind == "password"), "")
        texts = [name for name, kind in self.kinds.items() if kind in ("text", "email")]
        user = next((name for name in texts if re.search("user|email|login", name, re.I)), "")
        return user, secret


def forms_of(page: Page) -> list[HtmlForm]:
    """
    Return the forms of a page.

    :param page: the page.
    """
    root = _parsed(page.text)
    return [] if root is None else [_form(each, page.url) for each in root.iter("form")]


def hidden_value(page: Page, name: str) -> str | None:
    """
    Return the value of an input, ``None`` where the page has none.

    :param page: the page.
    :param name: the input's name.
    """
    return next((form.values[name] for form in forms_of(page) if form.values.get(name)), None)


def remark_of(page: Page) -> str:
    """
    Return what a page tells a person of what went wrong; empty if it does not say.

    :param page: the page.
    """
    root = _parsed(page.text)
    for path in () if root is None else _ERRORS:
        for element in root.xpath(f"({path})[position() <= {MOST_REMARKS}]"):
            if text := " ".join("".join(element.itertext()).split()):
                return text[:LONGEST_REMARK]
    return ""


def _parsed(text: str) -> Any:
    from lxml import html
    from lxml.etree import ParserError

    parser = html.HTMLParser(no_network=True, huge_tree=False, recover=True)
    try:
        return html.document_fromstring(text.encode(), parser=parser)
    except (ParserError, ValueError):
        return None


def _form(element: Any, page_url: str) -> HtmlForm:
    values: dict[str, str] = {}
    kinds: dict[str, str] = {}
    for each in element.iter("input"):
        name, kind = each.get("name") or "", (each.get("type") or "text").lower()
        if not name or kind in ("submit", "button", "image", "reset"):
            continue
        if kind in ("checkbox", "radio") and each.get("checked") is None:
            continue
        kinds[name] = kind
        values[name] = each.get("value") or ""
    try:
        action = urljoin(page_url, (element.get("action") or "").strip())
    except ValueError:
        action = "unreadable:"  # nothing is sent there
    return HtmlForm(action, values, kinds)
