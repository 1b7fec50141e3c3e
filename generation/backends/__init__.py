"""Backends: the objects that stream text for a contender or a generation run.

A backend is opened once (`registry`), used by many tasks at the same time, and closed once:

    backend = open_backend("openai", {"url": "http://127.0.0.1:8000/v1", "model": "tiny"})
    async for event in backend.stream([Message("user", "Hello")], Sampling(max_tokens=64)):
        ...                      # Piece("Hel"), Piece("lo"), End("stop", usage=Usage(9, 2))
    await backend.aclose()

`options` declares the options of each backend; contenders files and recipes are checked by it too.

A stream ends in exactly one of three ways: with one `End`, with a `BackendError`, or because the
caller closed it; then the upstream request is closed at once.
"""
