"""What people write as an endpoint's address."""

import pytest

from generation.backends.addresses import base_url


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000/v1"),
        ("http://127.0.0.1:8000/", "http://127.0.0.1:8000/v1"),
        (" http://localhost:11434/v1/ ", "http://localhost:11434/v1"),
        ("http://localhost:11434/v1/v1", "http://localhost:11434/v1"),
        ("https://api.example.org/v1/chat/completions", "https://api.example.org/v1"),
        ("https://api.example.org/v1/completions/", "https://api.example.org/v1"),
        ("https://api.example.org/v1/models", "https://api.example.org/v1"),
        ("https://api.example.org/openai/v1beta", "https://api.example.org/openai/v1beta"),
        ("https://api.example.org/chat/completions", "https://api.example.org/v1"),
        ("http://[::1]:8000", "http://[::1]:8000/v1"),
    ],
)
def test_the_base_url_that_is_meant_is_found(written: str, meant: str):
    assert base_url(written) == meant


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        ("localhost:8000/v1", "no scheme; write http://localhost:8000/v1"),
        ("//localhost", "no scheme; write http://localhost"),
        ("ftp://localhost", "not an http"),
        ("http://", "not an http"),
        ("http://local host", "not an http"),
        ("http://localhost:99999", "no URL: Port out of range"),
        ("http://localhost:abc", "no URL"),
        ("http://[::1", "no URL"),
        ("https://me:secret@example.org/v1", "must not hold a user or a password"),
        ("https://example.org/v1?key=secret", "without `?`"),
        ("example.org/v1?key=secret", "no scheme"),
        ("me:secret@example.org/v1", "no scheme"),
        ("ftp://example.org/v1#secret", "not an http"),
        ("https://api.example.org/v1/messages", "belongs to Anthropic's API of messages; give the OpenAI-compatible"),
        ("https://api.example.org/v1/responses/", "belongs to OpenAI's API of responses"),
        ("http://localhost:11434/api/chat", "belongs to Ollama's own API"),
        ("http://localhost:11434/api/generate", "belongs to Ollama's own API"),
        ("https://example.org/v1beta/models/g:streamGenerateContent", "belongs to Gemini's own API"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused_with_a_reason(written: str, fault: str):
    with pytest.raises(ValueError, match="(?i)" + fault.replace("?", r"\?").replace("[", r"\[")) as refusal:
        base_url(written)
    assert "secret" not in str(refusal.value)
