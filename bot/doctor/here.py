"""What the doctor looks at on this machine: disk, database, knowledge, models."""

from __future__ import annotations

import shutil

import httpx

from bot.doctor.finding import Finding
from bot.failures import ConfigurationError, OperationError
from bot.model.embedding_model import FILE_NAME, embedding_model_path
from bot.model.registry import find_chat_model
from bot.model.remote import models_served
from bot.settings import Settings
from bot.storage import migrate
from knowledge.check import check, report
from knowledge.loader import load_knowledge
from knowledge.replacing import replaced_facts

FULL_MB = 200.0
_SECONDS = 5.0


def disk(settings: Settings) -> Finding:
    """Whether the data directory can be written to, with room to spare."""
    folder = settings.cairn_data_dir
    try:
        folder.mkdir(parents=True, exist_ok=True)
        free_mb = shutil.disk_usage(folder).free / 1e6
    except OSError as error:
        text = f"{folder} cannot be used ({error.strerror}); set CAIRN_DATA_DIR to a folder you may write to"
        return Finding("disk", False, text)
    if free_mb < FULL_MB:
        return Finding("disk", False, f"{free_mb:.0f} MB are left in {folder}; free some before writes fail")
    return Finding("disk", True, f"{free_mb / 1000:,.0f} GB free in {folder}")


def database(settings: Settings) -> Finding:
    """Whether the database opens, with the tables of this version."""
    try:
        current, head = migrate.current(settings.database_url), migrate.head()
    except (OperationError, ConfigurationError) as error:
        return Finding("database", False, str(error))
    if current is None:
        return Finding("database", True, "empty; its tables are made at the first start")
    if current not in migrate.revisions():
        text = f"at revision {current}, which a newer Cairn made; run that version, or restore a backup"
        return Finding("database", False, text)
    if current != head:
        text = (
            f"at revision {current}, not {head}; the next start brings it up to date, or `cairn db upgrade`"
        )
        return Finding("database", False, text)
    return Finding("database", True, f"up to date, revision {head}")


def knowledge(settings: Settings) -> list[Finding]:
    """Whether every file can be read, and what the team's files take away from the shipped ones."""
    held = load_knowledge(settings.cairn_knowledge_dir)
    problems = [problem for problem in check(held, settings.cairn_knowledge_dir) if problem.fatal]
    counted = report(held)
    found = [Finding("knowledge", True, f"{counted.sections} sections, {len(held.catalog.models)} models")]
    if problems:
        text = f"{problems[0]} ({len(problems)} in all: `cairn knowledge check`)"
        found = [Finding("knowledge", False, text, serious=False)]
    hidden = replaced_facts(held, settings.cairn_knowledge_dir)
    return found + [
        Finding("knowledge", False, f"{problem.message} {problem.cure}", serious=False) for problem in hidden
    ]


def embedding_model(settings: Settings) -> Finding:
    """Whether the model that finds answers by meaning is here and whole."""
    path = embedding_model_path(settings.cairn_models_dir)
    if path is not None:
        return Finding("embedding model", True, f"{path.name} in {path.parent}", serious=False)
    broken = settings.cairn_models_dir / FILE_NAME
    what = f"{broken} is incomplete; delete it and" if broken.exists() else "missing,"
    cure = "run `cairn models pull all-minilm-l6-v2`; until then answers rest on words alone"
    return Finding("embedding model", False, f"{what} {cure}", serious=False)


async def chat_model(settings: Settings) -> Finding:
    """Whether the chat model that the settings name can be had; none is needed."""
    if settings.cairn_chat_base_url:
        return await _served_model(settings)
    try:
        chat = find_chat_model(settings.cairn_chat_model, settings.cairn_models_dir)
    except OperationError as error:
        return Finding("chat model", False, str(error))
    text = f"{chat.name}" if chat else "none; Cairn works without one, `cairn models list` shows which fit"
    return Finding("chat model", True, text, serious=False)


async def _served_model(settings: Settings) -> Finding:
    url, secret = settings.cairn_chat_base_url or "", settings.cairn_chat_api_key
    try:
        names = await models_served(url, secret.get_secret_value() if secret else None, seconds=_SECONDS)
    except httpx.HTTPStatusError as error:
        code = error.response.status_code
        cure = "correct CAIRN_CHAT_API_KEY" if code in (401, 403) else "CAIRN_CHAT_BASE_URL may lack its path"
        return Finding("chat model", False, f"{url} answers HTTP {code}; {cure}", serious=False)
    except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
        reason = f"{type(error).__name__}: {error}".rstrip(": ")
        text = f"no model server answers at {url} ({reason}); start it, or correct CAIRN_CHAT_BASE_URL"
        return Finding("chat model", False, f"{text}; until then Cairn answers without one", serious=False)
    if not names:
        text = f"{url} serves no model; load one there, until then Cairn answers without"
        return Finding("chat model", False, text, serious=False)
    return Finding("chat model", True, f"{names[0]}, served at {url}", serious=False)
