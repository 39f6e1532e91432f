"""The application that the identity provider's server runs: all products' pages at one address."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from airflow_provider_rsauth.sandbox.idp.adfs import Adfs
from airflow_provider_rsauth.sandbox.idp.entra import Entra
from airflow_provider_rsauth.sandbox.idp.okta import Okta
from airflow_provider_rsauth.sandbox.idp.pages import Page, html
from airflow_provider_rsauth.sandbox.idp.ping import PingFederate

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from airflow_provider_rsauth.sandbox.idp.provider import IdentityProvider

LONGEST_FORM = 2**20


class Application:
    """
    The WSGI application.

    :param provider: whose people the pages sign in.
    """

    def __init__(self, provider: IdentityProvider) -> None:
        self._traffic = provider.traffic
        ping, okta, entra = PingFederate(provider), Okta(provider), Entra(provider)
        self._pages = {**Adfs(provider).pages, **ping.pages, **okta.pages}
        self._finders = (ping.page, okta.page, entra.page)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        from werkzeug import Request

        request = Request(environ)
        request.max_content_length = LONGEST_FORM
        planted = self._traffic.receive(request)
        answer = planted if planted is not None else self._page(request)(request)
        return answer(environ, start_response)

    def _page(self, request: Any) -> Page:
        if page := self._pages.get((request.method, request.path)):
            return page
        found = (page for find in self._finders if (page := find(request)))
        return next(found, lambda _: html("<!doctype html><title>Not Found</title>", 404))
