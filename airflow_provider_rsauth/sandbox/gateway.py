"""The door of one cluster or workgroup: a listener with an event loop in a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading

from airflow_provider_rsauth.sandbox.session import BUFFER, Post, Session
from airflow_provider_rsauth.sandbox.wire import ProtocolError

BACKLOG = 512
START_SECONDS = 10.0


class Gateway:
    """
    Serves clients on a free port of 127.0.0.1.

    :param post: what all its sessions share.
    """

    def __init__(self, post: Post) -> None:
        self._post = post
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=BACKLOG)
        self.port: int = self._listener.getsockname()[1]
        self._sessions: set[asyncio.Task[None]] = set()
        self._ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop
        self._over: asyncio.Event
        name = f"gateway {post.admission.target}"
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name=name, daemon=True)

    def start(self) -> None:
        """Open the door."""
        self._thread.start()
        self._ready.wait(START_SECONDS)

    def stop(self) -> None:
        """End all sessions and close the door."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._over.set)
            self._thread.join()
        self._listener.close()

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._over = asyncio.Event()
        server = await asyncio.start_server(self._serve, sock=self._listener, limit=BUFFER, backlog=BACKLOG)
        self._ready.set()
        await self._over.wait()
        server.close()
        for session in list(self._sessions):
            session.cancel()
        await asyncio.gather(*self._sessions, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = asyncio.create_task(Session(self._post, (reader, writer)).serve())
        self._sessions.add(session)
        # A client that hangs up, talks nonsense, does not trust the certificate or falls asleep is not news.
        with contextlib.suppress(OSError, EOFError, ProtocolError, TimeoutError, asyncio.CancelledError):
            await session
        self._sessions.discard(session)
        writer.close()
