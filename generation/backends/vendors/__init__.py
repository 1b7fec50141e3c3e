"""Vendors: reference APIs that do not speak OpenAI's chat protocol, each in its own, through pydantic-ai.

`backend` streams, `opening` opens what a vendor needs, `faults` types what goes wrong. pydantic-ai was chosen over
LiteLLM, any-llm and aisuite: it keeps the vendor's own word for the end of a reply, types its errors with their status
and body, and reads Bedrock in threads where any-llm blocks the event loop. The libraries take seconds to import, so
nothing of them is imported before a contender needs it.
"""
