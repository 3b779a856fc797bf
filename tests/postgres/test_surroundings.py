"""Channels and people that change, on PostgreSQL."""

from __future__ import annotations

import pytest
from surroundings_contract import SurroundingsContract

pytestmark = pytest.mark.postgres


class TestSurroundingsOnPostgres(SurroundingsContract):
    """The shared promises."""
