"""Settings from the environment and a `.env` file, each checked with one sentence."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Literal

import platformdirs
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.failures import ConfigurationError

SLACK_API = "https://slack.com/api/"

_WHERE = {
    "SLACK_BOT_TOKEN": "api.slack.com/apps → your app → OAuth & Permissions → Bot User OAuth Token",
    "SLACK_APP_TOKEN": "api.slack.com/apps → your app → Basic Information → App-Level Tokens",
    "SLACK_SIGNING_SECRET": "api.slack.com/apps → your app → Basic Information → Signing Secret",
    "CAIRN_DATABASE_URL": "it looks like sqlite:///cairn.db or postgresql://user:password@host/cairn",
    "CAIRN_HTTP_PORT": "a number from 0 to 65535; 0 takes a free port",
    "CAIRN_LEASE_SECONDS": "how long a process may hold a piece of work, 2 to 3600; 60 unless you must",
    "CAIRN_LOG_LEVEL": "one of DEBUG, INFO, WARNING, ERROR",
    "CAIRN_LOG_FORMAT": "console or json",
    "CAIRN_KNOWLEDGE_DIR": "a folder of Markdown and TOML files",
}


class Settings(BaseSettings):
    """Everything the environment says. Names are those of docs/configuration.md."""

    model_config = SettingsConfigDict(env_file=".env", env_file_encoding="utf-8", extra="ignore", frozen=True,
                                      env_ignore_empty=True)  # fmt: skip

    slack_bot_token: SecretStr | None = None
    slack_app_token: SecretStr | None = None
    slack_signing_secret: SecretStr | None = None
    slack_client_id: str | None = None
    slack_client_secret: SecretStr | None = None
    slack_api_url: str = SLACK_API
    cairn_database_url: str | None = None
    cairn_data_dir: Path = Field(default_factory=lambda: Path(platformdirs.user_data_dir("cairn", False)))
    cairn_models_dir: Path = Field(
        default_factory=lambda: Path(platformdirs.user_cache_dir("cairn", False)) / "models"
    )
    cairn_knowledge_dir: Path | None = None
    cairn_chat_model: str | None = None
    cairn_chat_base_url: str | None = None
    cairn_chat_api_key: SecretStr | None = None
    cairn_http_port: int = Field(default=8080, ge=0, le=65535)
    cairn_http_host: str = "127.0.0.1"
    cairn_lease_seconds: float = Field(default=60.0, ge=2.0, le=3600.0)
    cairn_log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    cairn_log_format: Literal["console", "json"] = "console"

    @field_validator("cairn_data_dir", "cairn_models_dir", "cairn_knowledge_dir")
    @classmethod
    def _home(cls, value: Path | None) -> Path | None:
        return Path(os.path.expanduser(value)) if value is not None else None

    @field_validator("slack_bot_token", "slack_app_token")
    @classmethod
    def _token(cls, value: SecretStr | None, info: Any) -> SecretStr | None:
        start = "xoxb-" if info.field_name == "slack_bot_token" else "xapp-"
        if value is not None and not value.get_secret_value().startswith(start):
            raise ValueError(f"it must begin with {start}")
        return value

    @field_validator("cairn_chat_base_url")
    @classmethod
    def _chat_url(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("http://", "https://")):
            raise ValueError("it must begin with http:// or https://")
        return value

    @field_validator("slack_api_url")
    @classmethod
    def _api_url(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError("it must begin with http:// or https://")
        return value if value.endswith("/") else f"{value}/"

    @field_validator("cairn_log_level", mode="before")
    @classmethod
    def _level(cls, value: object) -> object:
        return value.upper() if isinstance(value, str) else value

    @field_validator("cairn_database_url")
    @classmethod
    def _url(cls, value: str | None) -> str | None:
        if value is None:
            return None
        from sqlalchemy.engine import make_url  # most commands open no database, and it is slow to load
        from sqlalchemy.exc import ArgumentError

        try:
            backend = make_url(value).get_backend_name()
        except ArgumentError as error:
            raise ValueError("it is no database URL") from error
        if backend not in {"sqlite", "postgresql"}:
            raise ValueError(f"{backend} is not supported")
        return value

    @field_validator("cairn_knowledge_dir")
    @classmethod
    def _folder(cls, value: Path | None) -> Path | None:
        if value is not None and not value.is_dir():
            raise ValueError(f"there is no folder {value}")
        return value

    @property
    def database_url(self) -> str:
        """The database to use: the one named, else a SQLite file in the data directory."""
        return self.cairn_database_url or f"sqlite:///{self.cairn_data_dir / 'cairn.db'}"

    @property
    def knowledge_cache_dir(self) -> Path:
        """Where vectors and the last good version of the team's files are kept."""
        return self.cairn_models_dir / "knowledge"

    @property
    def uses_socket_mode(self) -> bool:
        return self.slack_app_token is not None

    @property
    def uses_oauth(self) -> bool:
        return bool(self.slack_client_id and self.slack_client_secret)


def load_settings(**overrides: Any) -> Settings:
    """Read the settings. Raises ConfigurationError naming the variable and where its value is found."""
    try:
        return Settings(**overrides)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]).upper() if first["loc"] else "the environment"
        reason = _reason(first["type"], first["msg"], first.get("ctx", {}))
        where = f" ({_WHERE[name]})" if name in _WHERE else ""
        raise ConfigurationError(f"{name} cannot be used: {reason}{where}.") from None


def _reason(kind: str, message: str, limits: dict[str, Any]) -> str:
    """Say in plain words what is wrong with a value."""
    plain = {
        "int_parsing": "it must be a whole number",
        "float_parsing": "it must be a number",
        "greater_than_equal": f"it must be at least {limits.get('ge')}",
        "less_than_equal": f"it must be at most {limits.get('le')}",
        "literal_error": f"it must be {limits.get('expected')}",
    }
    return plain.get(kind, message.removeprefix("Value error, "))


def require_slack(settings: Settings) -> None:
    """Check that what a connection to Slack needs is there.

    Raises ConfigurationError naming the first missing variable and where to find its value.
    """
    if settings.slack_bot_token is None and not settings.uses_oauth:
        raise ConfigurationError(_missing("SLACK_BOT_TOKEN"))
    if settings.slack_app_token is None and settings.slack_signing_secret is None:
        raise ConfigurationError(_missing("SLACK_APP_TOKEN"))


def _missing(name: str) -> str:
    return f"{name} is not set; copy it from {_WHERE[name]}, or try `cairn demo`, which needs no account."
