"""Slack's mrkdwn: escaping, defanging mass mentions, splitting where Slack would refuse."""

from __future__ import annotations

import re

_WORD_JOINER = "\u2060"
_MASS_LINK = re.compile(r"<!(channel|here|everyone)(?:\|[^>]*)?>", re.IGNORECASE)
_GROUP_LINK = re.compile(r"<!subteam\^([A-Z0-9]+)(?:\|@?([^>]*))?>", re.IGNORECASE)
_BARE_MASS = re.compile(r"@(channel|here|everyone)\b", re.IGNORECASE)
_FENCE = "```"
_UNBREAKABLE = re.compile(r"<[^<>\n]{1,500}>|&(?:amp|lt|gt);")
_MARKUP = re.compile(r"[*_~`]+")
_LABELLED_LINK = re.compile(r"<[^<>|\n]+\|([^<>\n]+)>")
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))


def escape(text: str) -> str:
    """Escape the three characters that mean something to Slack."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def unescape(text: str) -> str:
    """Undo `escape`."""
    for entity, character in _ENTITIES:
        text = text.replace(entity, character)
    return text


def for_local_slack(text: str) -> str:
    """Return mrkdwn as the local Slack shows it rightly: it draws entities as they are written.

    An angle bracket is kept from opening a link by an invisible character.
    """
    return unescape(text.replace("&lt;", f"&lt;{_WORD_JOINER}"))


def defang(text: str) -> str:
    """Make every mass mention readable and harmless: nobody is called who was not named."""
    text = _MASS_LINK.sub(r"@\1", text)
    text = _GROUP_LINK.sub(lambda match: f"@{match[2] or match[1]}", text)
    return _BARE_MASS.sub(rf"@{_WORD_JOINER}\1", text)


def plain(text: str) -> str:
    """Return mrkdwn without its marks, still escaped: what a notification shows."""
    return _MARKUP.sub("", _LABELLED_LINK.sub(r"\1", text))


def shorten(text: str, limit: int) -> str:
    """Return text of at most `limit` characters, cut at a word, with an ellipsis where it was cut."""
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    at_word = head.rsplit(" ", 1)[0]
    return (at_word if len(at_word) > limit // 2 else head).rstrip() + "…"


def quoted(text: str) -> str:
    """Return text as a quote, line by line."""
    return "\n".join(f"> {line}" if line.strip() else ">" for line in text.strip().split("\n"))


def split(text: str, limit: int) -> list[str]:
    """Split mrkdwn into pieces of at most `limit` characters.

    Cuts fall at a blank line, else a line end, else a space, and never within a link or an entity.
    A code block that is cut is closed and opened again.
    """
    pieces: list[str] = []
    rest = text.strip("\n")
    while len(rest) > limit:
        room = limit - len(_FENCE) - 1
        cut = _cut(rest, room)
        head, rest = rest[:cut].rstrip(), rest[cut:].lstrip("\n")
        if head.count(_FENCE) % 2:
            head, rest = f"{head}\n{_FENCE}", f"{_FENCE}\n{rest}"
        pieces.append(head)
    if rest.strip():
        pieces.append(rest)
    return pieces


def _cut(text: str, room: int) -> int:
    """Return where to cut so that at most `room` characters stay before the cut."""
    for separator in ("\n\n", "\n", " "):
        at = text.rfind(separator, 0, room)
        if at > room // 2 and not _inside(text, at):
            return at
    at = room
    whole = next((m for m in _UNBREAKABLE.finditer(text, 0, room + 600) if m.start() < at < m.end()), None)
    return whole.start() if whole and whole.start() > 0 else at


def _inside(text: str, at: int) -> bool:
    """Tell whether a position lies within a link."""
    opened = text.rfind("<", 0, at)
    return any(m.start() < at < m.end() for m in _UNBREAKABLE.finditer(text, max(opened, 0), at + 600))
