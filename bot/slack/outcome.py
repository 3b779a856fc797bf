"""What became of a call to Slack: certainly not sent, perhaps sent, or refused for good."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.failures import ConfigurationError
from bot.owed import NotSent, Rejected, Unsure
from bot.slack.surroundings import NOT_INSTALLED
from bot.slack.workspaces import NotInstalled

RATE_LIMITED_SECONDS = 30.0
REFUSED_SECONDS = 5.0

# Error codes after which Slack may have done it all the same, from the reference of chat.postMessage.
_PERHAPS = frozenset(
    {"fatal_error", "internal_error", "service_unavailable", "request_timeout", "team_added_to_org"}
)


@contextmanager
def judged() -> Iterator[None]:
    """Turn whatever a call to Slack may raise into NotSent, Unsure or Rejected."""
    try:
        yield
    except SlackApiError as error:
        raise of_api_error(error) from error
    except aiohttp.ClientConnectorError as error:
        raise NotSent(REFUSED_SECONDS) from error
    except NotInstalled as error:
        raise Rejected(NOT_INSTALLED) from error
    except ConfigurationError as error:
        raise Rejected(str(error)) from error
    except (aiohttp.ClientError, SlackClientError, TimeoutError, OSError) as error:
        raise Unsure(
            f"nobody knows whether Slack took it ({type(error).__name__}); searching first"
        ) from error


def of_api_error(error: SlackApiError) -> NotSent | Unsure | Rejected:
    """Return what an answer from Slack's Web API that is not ok means."""
    status = status_of(error)
    reason = reason_of(error)
    if status == 429 or reason in {"ratelimited", "rate_limited"}:
        return NotSent(retry_after(getattr(error.response, "headers", None)))
    if status >= 500 or reason in _PERHAPS or not reason:
        return Unsure(f"Slack answered with {status} {reason}".rstrip() + "; searching first")
    return Rejected(reason)


def of_status(status: int, headers: object, body: str) -> NotSent | Unsure | Rejected | None:
    """Return what an answer of a response_url means; None where all is well."""
    if status == 429:
        return NotSent(retry_after(headers))
    if status >= 500:
        return Unsure(f"Slack answered with {status}; searching first")
    return Rejected(body.strip()[:80] or f"http_{status}") if status >= 400 else None


def status_of(error: SlackApiError) -> int:
    """Return the HTTP status behind an error of slack_sdk, whichever response it holds."""
    for name in ("status_code", "status"):
        status = getattr(error.response, name, None)
        if isinstance(status, int):
            return status
    return 0


def reason_of(error: SlackApiError) -> str:
    """Return Slack's error code, or an empty string where the answer holds none."""
    data = getattr(error.response, "data", error.response)
    return str(data.get("error") or "") if isinstance(data, dict) else ""


def retry_after(headers: object) -> float:
    """Return the seconds that a 429 asks to wait."""
    items = getattr(headers, "items", None)
    found = {str(key).lower(): value for key, value in items()} if items else {}
    try:
        return max(float(found.get("retry-after", RATE_LIMITED_SECONDS)), 0.0)
    except (TypeError, ValueError):
        return RATE_LIMITED_SECONDS
