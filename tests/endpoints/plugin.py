"""Fixtures that start endpoints. Switched on by `pytest_plugins` in `tests/conftest.py`."""

from collections.abc import Iterator

import pytest

from tests.endpoints.openai_server import FakeEndpoint


@pytest.fixture(scope="session")
def _running_fake_endpoint() -> Iterator[FakeEndpoint]:
    endpoint = FakeEndpoint().start()
    yield endpoint
    endpoint.stop()


@pytest.fixture
def fake_endpoint(_running_fake_endpoint: FakeEndpoint) -> FakeEndpoint:
    """A fake OpenAI-compatible endpoint that has not been asked anything yet in this test."""
    _running_fake_endpoint.calls.clear()
    return _running_fake_endpoint
