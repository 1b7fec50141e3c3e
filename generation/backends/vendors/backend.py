"""The `vendor` backend: streams replies of an API that is not OpenAI-compatible."""

import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from generation.backends.completion import completed
from generation.backends.options import VendorOptions, named
from generation.backends.reach import Reach
from generation.backends.replies import ReceivedReply
from generation.backends.text import clean
from generation.backends.vendors.faults import vendor_fault, vendor_faults
from generation.backends.vendors.opening import ANSWERS, OpenVendor, open_vendor
from generation.conversation import Completion, End, Message, Piece, Sampling
from generation.declared_tables import build
from generation.extras import require

if TYPE_CHECKING:
    from pydantic_ai.messages import ModelMessage, ModelResponse, ModelResponseStreamEvent


class VendorBackend:
    """Streams text from one vendor's API. A request is never sent twice."""

    def __init__(self, vendor: OpenVendor, settings: VendorOptions) -> None:
        self._vendor = vendor
        self._settings = settings
        self._name = f"`{settings.model}` of {settings.vendor}"

    @classmethod
    def from_options(
        cls, options: Mapping[str, Any], *, api_key: str | None = None, reach: Reach | None = None
    ) -> "VendorBackend":
        """Open a vendor's API with the options that `VendorOptions` declares. `reach` limits its address.

        Raises:
            MissingExtra: the extra `vendors` is not installed.
            BadInput: an option is wrong, or the vendor needs a key and there is none.
        """
        settings = build(VendorOptions, options, name=named("vendor"))
        require("vendors", "pydantic_ai", purpose="A vendor's own API")
        return cls(open_vendor(settings, api_key=api_key, reach=reach), settings)

    async def stream(self, messages: Sequence[Message], sampling: Sampling) -> AsyncGenerator[Piece | End, None]:
        """Yield the reply to `messages` piece by piece, then one `End`.

        Raises:
            BackendError: the request did not end as a whole reply.
        """
        from pydantic_ai.direct import model_request_stream

        reply, answers = ReceivedReply(), list[Any]()
        ANSWERS.set(answers)
        try:
            async with model_request_stream(
                self._vendor.model,
                conversation(messages),
                model_settings=self._vendor.request_settings(sampling),  # type: ignore[arg-type]
            ) as events:
                async with aclosing(aiter(events)) as running:  # type: ignore[type-var]
                    async for event in running:
                        if chunk := as_chunk(event):
                            for piece in reply.pieces([chunk]):
                                yield piece
                for piece in reply.pieces([last_chunk(events.get())]):
                    yield piece
            end = reply.end()
        except vendor_faults() as error:
            raise self._named(vendor_fault(error, begun=reply.begun)) from None
        finally:
            for answer in answers:
                await answer.aclose()
        yield end

    async def complete(
        self,
        messages: Sequence[Message],
        sampling: Sampling,
        *,
        schema: Mapping[str, Any] | None = None,  # noqa: ARG002
    ) -> Completion:
        """Return the whole reply at once. `schema` is ignored: each vendor has other rules for shapes.

        Raises:
            BackendError: as `stream`.
        """
        return await completed(self.stream(messages, sampling))

    async def aclose(self) -> None:
        """Close the connections. Streams that are open end as `Truncated`."""
        await self._vendor.aclose()

    def _named(self, error: Any) -> Any:
        sentence = f"{self._name}: {error}"
        error.args = (sentence.replace(self._vendor.api_key, "[key]") if self._vendor.api_key else sentence,)
        return error


def conversation(messages: Sequence[Message]) -> "list[ModelMessage]":
    """Return a conversation as pydantic-ai has it: what stands between two replies is one request."""
    from pydantic_ai.messages import ModelRequest, ModelResponse, SystemPromptPart, TextPart, UserPromptPart

    told: list[ModelMessage] = []
    for message in messages:
        text = clean(message.content)
        if message.role == "assistant":
            told.append(ModelResponse(parts=[TextPart(text)]))
            continue
        part = SystemPromptPart(text) if message.role == "system" else UserPromptPart(text)
        if told and isinstance(told[-1], ModelRequest):
            told[-1] = ModelRequest(parts=[*told[-1].parts, part])
        else:
            told.append(ModelRequest(parts=[part]))
    return told


def as_chunk(event: "ModelResponseStreamEvent") -> str:
    """Return an event as a chunk of a chat completion, or nothing where it holds neither text nor thinking."""
    part = getattr(event, "part", None) if event.event_kind == "part_start" else getattr(event, "delta", None)
    kind = getattr(part, "part_kind", None) or getattr(part, "part_delta_kind", None)
    told = getattr(part, "content", None) or getattr(part, "content_delta", None)
    if event.event_kind not in {"part_start", "part_delta"} or kind not in {"text", "thinking"} or not told:
        return ""  # calls of tools, files, signatures: never text
    return _chunk({"content" if kind == "text" else "reasoning_content": told})


def last_chunk(response: "ModelResponse") -> str:
    """Return the end of a reply as a chunk: the vendor's own word for it, and the tokens that it counted."""
    usage = response.usage
    details = usage.details
    counts = {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "prompt_tokens_details": {"cached_tokens": usage.cache_read_tokens},
        "completion_tokens_details": {
            "reasoning_tokens": details.get("reasoning_tokens") or details.get("thoughts_tokens") or 0
        },
    }
    word = (response.provider_details or {}).get("finish_reason")
    if not word and response.finish_reason not in {"stop", "length"}:  # those two may be guessed
        word = response.finish_reason
    return _chunk({}, word=str(word) if word else None, usage=counts)


def _chunk(delta: Mapping[str, str], *, word: str | None = None, usage: Mapping[str, Any] | None = None) -> str:
    told = {"choices": [{"index": 0, "delta": delta, "finish_reason": word}], "usage": usage}
    return json.dumps({name: value for name, value in told.items() if value})
