"""The AWS SDK's debug lines of a sign-in, which print keys, tokens and passwords, are withheld."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

UNREADABLE_ANSWERS = "urllib3.connection"
"""Prints address and headers of an answer that it cannot read, at WARNING."""

TALKATIVE_LOGGERS = (
    "botocore.auth",
    "botocore.client",
    "botocore.credentials",
    "botocore.endpoint",
    "botocore.endpoint_provider",
    "botocore.hooks",
    "botocore.httpsession",
    "botocore.parsers",
    "botocore.regions",
    "botocore.retryhandler",
    "botocore.retries.standard",
    "botocore.tokens",
    "botocore.utils",
    UNREADABLE_ANSWERS,
    "urllib3.connectionpool",
)
"""The loggers that print requests, responses and signatures at DEBUG."""

_signing_in: ContextVar[bool] = ContextVar("signing_in", default=False)


class _Withhold(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        is_harmless = record.levelno > logging.DEBUG and record.name != UNREADABLE_ANSWERS
        return is_harmless or not _signing_in.get()


_withhold = _Withhold()


@contextmanager
def withholding_debug_logs() -> Iterator[None]:
    """
    Withhold the debug lines of the AWS SDK in this thread, as long as the block runs.

    botocore prints the body of each answer, the temporary password in it, before anybody could tell a masker.
    """
    for name in TALKATIVE_LOGGERS:
        logger = logging.getLogger(name)
        if _withhold not in logger.filters:
            logger.addFilter(_withhold)
    token = _signing_in.set(True)
    try:
        yield
    finally:
        _signing_in.reset(token)
