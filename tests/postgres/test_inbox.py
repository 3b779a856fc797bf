"""The inbox on PostgreSQL."""

from __future__ import annotations

import pytest
from inbox_contract import InboxContract

pytestmark = pytest.mark.postgres


class TestInboxOnPostgres(InboxContract):
    """The shared promises."""
