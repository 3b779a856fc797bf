"""The outbox on PostgreSQL."""

from __future__ import annotations

import pytest
from outbox_contract import OutboxContract

pytestmark = pytest.mark.postgres


class TestOutboxOnPostgres(OutboxContract):
    """The shared promises."""
