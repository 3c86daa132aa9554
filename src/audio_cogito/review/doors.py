"""Who may come in: this machine's own pages, or whoever holds the token.

A page of another site can make a browser send requests here, and a name of its own may come to mean this machine. So
requests must name the host that was asked for, what changes anything must come from this page itself, and what is shown
runs no script but ours and reaches no other host.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
COOKIE = "cogito_review"
HEADER = "x-cogito-review"
"""On whatever changes anything: no form and no plain request of another site can carry it."""
LARGEST = 2_000_000
"""Bytes of a request."""
SAFE = frozenset({"GET", "HEAD"})
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "media-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class Doors:
    """The middleware in front of everything."""

    def __init__(self, app: ASGIApp, *, hosts: frozenset[str] | None, token: str | None) -> None:
        """`hosts` are the names by which the server may be asked for; None allows any, for a token holds the door."""
        self._app, self._hosts, self._token = app, hosts, token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        refused = _refusal(scope, headers, self._hosts)
        if refused:
            await PlainTextResponse(refused, 403, HEADERS)(scope, receive, send)
        elif self._token is None or self._is_known(headers):
            await self._app(scope, receive, _with_headers(send))
        else:
            await self._ask_for_token(scope, receive, send)

    def _is_known(self, headers: Mapping[str, str]) -> bool:
        try:
            cookie = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
        except CookieError:
            return False
        return cookie is not None and self._is_token(cookie.value)

    def _is_token(self, said: str) -> bool:
        return hmac.compare_digest(said.encode(), (self._token or "").encode())

    async def _ask_for_token(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The address with the token is opened once; from then on a cookie holds it, and no address shows it."""
        said = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
        if scope["path"] == "/" and self._is_token(said):
            response = RedirectResponse("/", 303, HEADERS)
            response.set_cookie(COOKIE, said, httponly=True, samesite="strict")
            await response(scope, receive, send)
            return
        told = "This page needs its token: open the address that `cogito review` printed, with ?token=..."
        await PlainTextResponse(told, 401, HEADERS)(scope, receive, send)


def _refusal(scope: Scope, headers: Headers, hosts: frozenset[str] | None) -> str | None:
    host = headers.get("host", "")
    if hosts is not None and _name(host) not in hosts:
        return f"this server is not called {host!r}"
    if scope["method"] in SAFE:
        return None
    origin = headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != host:
        return f"a page of {origin} may not change anything here"
    if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return "a page of another site may not change anything here"
    if HEADER not in headers or not headers.get("content-type", "").startswith("application/json"):
        return "what changes anything has to come from the review page"
    length = headers.get("content-length", "")
    return None if length.isdigit() and int(length) <= LARGEST else "too much, or of no stated length"


def _name(host: str) -> str:
    """Of a Host header the name, without the port."""
    return urlsplit(f"//{host}").hostname or ""


def _with_headers(send: Send) -> Send:
    async def with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers[name] = value
            headers.setdefault("Cache-Control", "no-store")
        await send(message)

    return with_headers
