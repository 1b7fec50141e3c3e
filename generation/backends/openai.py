"""The `openai` backend: any OpenAI-compatible endpoint, by chat or, for base models, by plain completions.

The openai client does authentication, the address and error answers. Streams are read as raw bytes instead of its
parsed chunks, which cost several times as much and hide truncation, keep-alive silence and web pages sent as replies
(benchmarks/backends.py has the figures).
"""

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager, suppress
from dataclasses import replace
from typing import Any, Literal

import httpx2
import openai

from generation.backends.addresses import base_url
from generation.backends.bodies import read_body
from generation.backends.dialect import MOST_TRIES, Dialect
from generation.backends.endpoint_faults import FAULTS, backend_error, never_arrived
from generation.backends.http_client import http_client
from generation.backends.learned import Learned
from generation.backends.options import OpenAIOptions, named
from generation.backends.reach import Reach
from generation.backends.replies import ReceivedReply
from generation.backends.text import clean
from generation.backends.wire import MAX_BODY_BYTES, AnswerTexts
from generation.conversation import Completion, End, Message, Piece, Sampling, Transcript
from generation.declared_tables import TableFault, read_table
from generation.errors import BackendError, BadInput, TooLong, TotalTimeout
from generation.prompts import PromptFormat, prompt_format
from generation.prompts.templates import template_format

Protocol = Literal["chat", "completions", "continuation"]

# Some endpoints keep the connection open after the reply. This is how long we wait for token counts.
USAGE_GRACE_S = 2.0
MAX_STOPS = 4  # more are refused by most endpoints
RAW_RESPONSE_HEADER = "x-stainless-raw-response"  # the client looks for it when the answer comes
# The client would add what it finds in the environment (organisation, project, any header) and describe the platform.
SENT_HEADERS = {"host", "accept", "authorization", "content-type", "content-length", "user-agent", RAW_RESPONSE_HEADER}
THINKING_FIELDS = ("reasoning_effort", "reasoning", "thinking", "thinking_budget")
KEPT_HEADERS = ("x-ratelimit-", "ratelimit", "retry-after")
KEY_LIKE = re.compile(r"\bsk-[\w-]{8,}")


class OpenAIBackend:
    """Streams text from an OpenAI-compatible endpoint.

    Belongs to the event loop that first uses it. A request is tried once more only if its connection is refused or
    reset before any answer, or if the endpoint refuses a field that it need not have.

    Attributes:
        dialect: what the endpoint is known to understand by now.
    """

    def __init__(
        self,
        *,
        url: str,
        model: str,
        protocol: Protocol = "chat",
        prompt_format: PromptFormat | None = None,
        api_key: str | None = None,
        stream_usage: bool | None = None,
        clean_endings: Sequence[str] = (),
        reasoning_effort: str | None = None,
        thinking_tokens: int | None = None,
        extra: Mapping[str, Any] | None = None,
        timeout_s: float = 300.0,
        reach: Reach | None = None,
        learned: Learned | None = None,
    ) -> None:
        self._name = f"`{model}` at {url}"
        self._model = model
        self._protocol = protocol
        self._prompt_format = prompt_format
        self._api_key = api_key
        self._learned = learned or Learned()
        self.dialect = self._learned.dialect
        if stream_usage is not None:
            self.dialect = replace(self.dialect, asks_usage=stream_usage)
        self._clean_endings = clean_endings
        self._effort, self._budget = reasoning_effort, thinking_tokens
        self._extra = dict(extra or {})
        self._timeout_s = timeout_s
        self._open: set[httpx2.Response] = set()
        self._client = openai.AsyncOpenAI(
            base_url=url,
            api_key=api_key or "none",  # given none, the client would take one from the environment
            max_retries=0,
            http_client=http_client(url, reach=reach, timeout_s=timeout_s, on_request=self._strip_request),
        )
        # The client loads a resource when it is first used, which takes a tenth of a second; so that is done here.
        resource: Any = self._client.chat.completions if protocol == "chat" else self._client.completions
        self._create = resource.with_streaming_response.create

    @classmethod
    def from_options(
        cls,
        options: Mapping[str, Any],
        *,
        api_key: str | None = None,
        reach: Reach | None = None,
        learned: Learned | None = None,
    ) -> "OpenAIBackend":
        """Open one server with the options that `OpenAIOptions` declares. `reach` limits its address (None: no limit).

        `learned` is what a check found out; without it the backend finds out by itself what the endpoint refuses.

        With `protocol` "completions" the conversation is written out here, in `prompt_format` or as a dialogue for a
        base model. Replies end at the stop strings of `prompt_format`, also where the endpoint writes the prompt.

        Raises:
            BadInput: an option is wrong; lists every fault.
        """
        settings = endpoint_options(options, api_key=api_key)
        known = learned or Learned(Dialect(length_field=settings.max_tokens_field))
        return cls(
            url=base_url(settings.url or ""),
            model=settings.model,
            protocol=settings.protocol,
            prompt_format=_written_by(settings),
            api_key=api_key,
            stream_usage=settings.stream_usage,
            clean_endings=settings.clean_endings,
            reasoning_effort=settings.reasoning_effort,
            thinking_tokens=settings.thinking_tokens,
            extra=settings.extra,
            timeout_s=settings.timeout_s,
            reach=reach,
            learned=known,
        )

    async def stream(self, messages: Sequence[Message], sampling: Sampling) -> AsyncGenerator[Piece | End, None]:
        """Yield the reply to `messages` piece by piece, then one `End`.

        Raises:
            BackendError: the request did not end as a whole reply.
        """
        trial = self.dialect
        for number in range(1, MOST_TRIES + 1):
            reply, fields = self._new_reply(), self._fields(messages, sampling, trial)
            if trial.streams:
                fields["stream"] = True
                if trial.asks_usage:
                    fields["stream_options"] = {"include_usage": True}
            try:
                async with aclosing(self._read(fields, reply)) as pieces:
                    async for piece in pieces:
                        yield piece
                end = reply.end()
            except FAULTS as error:
                fault = self._with_endpoint(backend_error(error, begun=reply.begun))
                other = None if reply.begun or number == MOST_TRIES else trial.adapted(fault, fields)
                if other is None:
                    raise fault from None
                trial = other
            else:
                self.dialect = trial
                yield end
                return

    async def _read(self, fields: dict[str, Any], reply: ReceivedReply) -> AsyncGenerator[Piece, None]:
        """Send a request and yield the pieces of its answer, streamed or whole."""
        texts = AnswerTexts()
        async with self._answer(fields) as answer, aclosing(answer.aiter_bytes()) as chunks:
            async for chunk in chunks:
                for piece in reply.pieces(texts.feed(chunk)):
                    yield piece
                if reply.over:
                    await _read_usage(chunks, texts, reply)
                    break
            for piece in reply.pieces(texts.end()):
                yield piece
        for piece in reply.rest():
            yield piece

    async def complete(
        self, messages: Sequence[Message], sampling: Sampling, *, schema: Mapping[str, Any] | None = None
    ) -> Completion:
        """Return the whole reply at once.

        Args:
            messages: the conversation so far.
            sampling: how to draw the reply.
            schema: asks for JSON of that shape; plain completions ignore it.

        Raises:
            BackendError: the request did not end as a whole reply.
        """
        trial = self.dialect
        for number in range(1, MOST_TRIES + 1):
            fields = self._fields(messages, sampling, trial)
            if schema is not None and self._protocol == "chat":
                fields["response_format"] = {"type": "json_schema", "json_schema": {"name": "reply", "schema": schema}}
            try:
                done = await self._whole(fields)
            except TimeoutError:
                raise self._with_endpoint(TotalTimeout(f"The reply took longer than {self._timeout_s:g} s.")) from None
            except FAULTS as error:
                fault = self._with_endpoint(backend_error(error, begun=False))
                other = None if number == MOST_TRIES else trial.adapted(fault, fields)
                if other is None:
                    raise fault from None
                trial = other
            else:
                self.dialect = trial
                return done
        raise AssertionError("the last try returns or raises")

    async def _whole(self, fields: dict[str, Any]) -> Completion:
        reply, told = self._new_reply(), Transcript()
        async with asyncio.timeout(self._timeout_s), self._answer(fields) as answer:
            body = await read_body(answer.aiter_bytes(), max_bytes=MAX_BODY_BYTES)
        if not body.is_complete:
            raise TooLong(f"The answer is longer than {MAX_BODY_BYTES} bytes.")
        for piece in [*reply.pieces([body.content.decode("utf-8-sig")]), *reply.rest()]:
            told.add(piece)
        end = reply.end()
        kept = {name: value for name, value in answer.headers.items() if name.startswith(KEPT_HEADERS)}
        return Completion(told.text, end.finish_reason, end.usage, kept, told.reasoning)

    def _new_reply(self) -> ReceivedReply:
        style = self._learned.thinking
        return ReceivedReply(
            clean_endings=self._clean_endings,
            done_is_end=self._learned.done_is_end,
            opened=style == "closing mark",
            # A few short questions without thinking do not show that an endpoint never thinks.
            expects_marks=style in {"", "none", "closing mark"},
        )

    async def aclose(self) -> None:
        """Close the connections. Streams still open end as `Truncated`."""
        for answer in [*self._open]:
            await answer.aclose()  # the transport would leave its reader waiting
        await self._client.close()

    def _fields(self, messages: Sequence[Message], sampling: Sampling, dialect: Dialect) -> dict[str, Any]:
        written = self._prompt_format
        stops = (*(written.stop if written else ()), *sampling.stop)
        fields: dict[str, Any] = {"model": self._model, dialect.length_field: sampling.max_tokens}
        fields |= dialect.thinking_fields(effort=self._effort, tokens=self._budget)
        if self._protocol == "chat":
            placed = dialect.placed(messages)
            fields["messages"] = [{"role": message.role, "content": clean(message.content)} for message in placed]
        elif self._protocol == "continuation":
            fields["prompt"] = clean("\n\n".join(message.content for message in messages))
        else:
            written = written or prompt_format("base")
            fields["prompt"] = clean(written.for_completion(messages))
            stops = (*written.stop, *sampling.stop)
        wishes = {
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "presence_penalty": sampling.presence_penalty,
            "frequency_penalty": sampling.frequency_penalty,
            "seed": sampling.seed,
            "stop": [*dict.fromkeys(stops)][:MAX_STOPS] or None,
            "logit_bias": dict(sampling.logit_bias) or None,
        }
        return fields | {name: wish for name, wish in wishes.items() if wish is not None}

    @asynccontextmanager
    async def _answer(self, fields: dict[str, Any]) -> AsyncIterator[httpx2.Response]:
        """Send a request. Yields the answer when its headers have come, and closes it at the end."""
        async with AsyncExitStack() as stack:
            try:
                response = await stack.enter_async_context(self._request(fields))
            except openai.APIConnectionError as error:
                if self._client.is_closed() or not never_arrived(error):
                    raise
                response = await stack.enter_async_context(self._request(fields))
            answer = response.http_response
            self._open.add(answer)
            stack.callback(self._open.discard, answer)
            yield answer

    def _request(self, fields: dict[str, Any]) -> Any:
        # The client knows no field for thinking but one, and would refuse the others.
        ours = {name: fields[name] for name in THINKING_FIELDS if name in fields}
        others = {name: value for name, value in fields.items() if name not in ours}
        return self._create(**others, extra_body={**ours, **self._extra} or None)

    async def _strip_request(self, request: httpx2.Request) -> None:
        for name in {*request.headers} - SENT_HEADERS:
            del request.headers[name]
        request.headers.pop("authorization", None)
        if self._api_key:
            request.headers["authorization"] = f"Bearer {self._api_key}"
        # A few compressed bytes can hold gigabytes.
        request.headers["accept-encoding"] = "identity"

    def _with_endpoint(self, error: BackendError) -> BackendError:
        """Add the endpoint to the sentence, and remove keys: some endpoints repeat ours, or show their own."""
        sentence = KEY_LIKE.sub("[key]", f"{self._name}: {error}")
        error.args = (sentence.replace(self._api_key, "[key]") if self._api_key else sentence,)
        return error


def _written_by(settings: OpenAIOptions) -> PromptFormat | None:
    if settings.prompt_format:
        return prompt_format(settings.prompt_format)
    return template_format(settings.chat_template, bos_token=settings.bos_token, eos_token=settings.eos_token)


def endpoint_options(options: Mapping[str, Any], *, api_key: str | None) -> OpenAIOptions:
    """Return the options of an endpoint, after a check that `api_key` can be sent in a header.

    Raises:
        BadInput: an option or the key is wrong; lists every fault.
    """
    settings, faults = read_table(OpenAIOptions, options)
    if api_key is not None and not re.fullmatch(r"[!-~]+", api_key):
        faults.append(TableFault("api_key", "has spaces or characters that a key cannot have"))
    if faults or settings is None:
        raise BadInput(f"{named('openai')} cannot be used:", [*map(str, faults)])
    return settings


async def _read_usage(chunks: AsyncIterator[bytes], texts: AnswerTexts, reply: ReceivedReply) -> None:
    """Read the token counts after the reply. The reply is complete, so errors of this part are ignored."""
    with suppress(*FAULTS):
        async with asyncio.timeout(USAGE_GRACE_S):
            while not reply.done and (chunk := await anext(chunks, None)) is not None:
                for _ in reply.pieces(texts.feed(chunk)):
                    pass
