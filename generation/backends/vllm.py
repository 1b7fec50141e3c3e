"""The `vllm` backend: a language model in this process, for generation runs on a machine of their own.

The engine works on all open requests together, so a recipe's `concurrency` is the size of its batch. vLLM's own server
behind the `openai` backend does the same for several machines.
"""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import asdict
from itertools import count
from typing import Any, Literal

from generation.backends.options import VLLMOptions, named
from generation.backends.text import clean
from generation.backends.thinking import ThinkingSplitter, apart, only_thinking
from generation.conversation import Completion, End, Message, Piece, Sampling, Transcript, Usage
from generation.declared_tables import build
from generation.errors import BadInput, ContextTooLong, EmptyReply, Rejected, ServerFault, Truncated
from generation.extras import needing

with needing("vllm", "A language model in this process, without a --url,"):
    from vllm import AsyncEngineArgs, SamplingParams
    from vllm.exceptions import VLLMValidationError
    from vllm.inputs import TokensPrompt
    from vllm.sampling_params import RequestOutputKind, StructuredOutputsParams
    from vllm.v1.engine.async_llm import AsyncLLM
    from vllm.v1.engine.exceptions import EngineDeadError

Protocol = Literal["chat", "continuation"]


class VLLMBackend:
    """Streams text from an engine in this process."""

    def __init__(self, engine: Any, *, protocol: Protocol) -> None:
        self._engine = engine
        self._protocol = protocol
        self._numbers = count()

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> "VLLMBackend":
        """Load a model with the options that `VLLMOptions` declares, which takes a minute or more.

        Raises:
            BadInput: an option is wrong, or the model cannot be loaded.
        """
        settings = build(VLLMOptions, options, name=named("vllm"))
        try:
            engine = AsyncLLM.from_engine_args(AsyncEngineArgs(model=settings.model, **settings.engine))
        # vLLM passes on the exceptions of many libraries.
        except Exception as error:
            raise BadInput(f"vLLM cannot load {settings.model}: {error}") from error
        return cls(engine, protocol=settings.protocol)

    def stream(self, messages: Sequence[Message], sampling: Sampling) -> AsyncGenerator[Piece | End, None]:
        """Yield the reply to `messages` piece by piece, then one `End`.

        Raises:
            BackendError: the request did not end as a whole reply.
        """
        return apart(self._written(messages, sampling))

    async def _written(self, messages: Sequence[Message], sampling: Sampling) -> AsyncGenerator[Piece | End, None]:
        num_tokens, has_text = 0, False
        async with aclosing(self._outputs(messages, sampling, RequestOutputKind.DELTA)) as outputs:
            async for output in outputs:
                (choice,) = output.outputs
                num_tokens += len(choice.token_ids)
                if choice.text:
                    has_text = has_text or bool(choice.text.strip())
                    yield Piece(clean(choice.text))
                if choice.finish_reason:
                    yield _end(
                        choice.finish_reason, Usage(len(output.prompt_token_ids or ()), num_tokens), has_text=has_text
                    )

    async def complete(
        self, messages: Sequence[Message], sampling: Sampling, *, schema: Mapping[str, Any] | None = None
    ) -> Completion:
        """Return the whole reply at once. `schema` forces JSON of that shape.

        Raises:
            BackendError: as `stream`.
        """
        async for output in self._outputs(messages, sampling, RequestOutputKind.FINAL_ONLY, schema=schema):
            (choice,) = output.outputs
            usage = Usage(len(output.prompt_token_ids or ()), len(choice.token_ids), output.num_cached_tokens or 0)
            end = _end(choice.finish_reason or "abort", usage, has_text=bool(choice.text.strip()))
            splitter, told = ThinkingSplitter(), Transcript()
            for piece in [*splitter.feed(clean(choice.text)), *splitter.rest()]:
                told.add(piece)
            if told.reasoning and not told.text.strip():
                raise only_thinking(cut=end.finish_reason == "length")
            return Completion(told.text, end.finish_reason, usage, reasoning=told.reasoning)
        raise ServerFault("The engine gave no reply.")

    async def aclose(self) -> None:
        """Stop the engine."""
        self._engine.shutdown()

    async def _outputs(
        self, messages: Sequence[Message], sampling: Sampling, kind: Any, *, schema: Mapping[str, Any] | None = None
    ) -> AsyncGenerator[Any, None]:
        fields = {name: value for name, value in asdict(sampling).items() if value not in (None, (), {})}
        fields["stop"] = list(sampling.stop)
        if sampling.logit_bias:
            fields["logit_bias"] = {int(token): bias for token, bias in sampling.logit_bias.items()}
        if schema is not None:
            fields["structured_outputs"] = StructuredOutputsParams(json=dict(schema))
        try:
            params = SamplingParams(**fields, output_kind=kind)
            async for output in self._engine.generate(self._prompt(messages), params, str(next(self._numbers))):
                yield output
        except (ValueError, VLLMValidationError) as error:
            kind = ContextTooLong if "length" in str(error) else Rejected
            raise kind(f"vLLM refuses the request: {error}") from error
        except (RuntimeError, EngineDeadError) as error:
            raise ServerFault(f"The engine failed: {error}") from error

    def _prompt(self, messages: Sequence[Message]) -> Any:
        if self._protocol == "continuation":
            return "\n\n".join(message.content for message in messages)
        conversation = [asdict(message) for message in messages]
        tokenizer = self._engine.get_tokenizer()
        text = tokenizer.apply_chat_template(conversation, tokenize=False, add_generation_prompt=True)
        # As tokens: given text, vLLM would put the token that begins a text before the template's own.
        return TokensPrompt(prompt_token_ids=tokenizer.encode(text, add_special_tokens=False))


def _end(finish_reason: str, usage: Usage, *, has_text: bool) -> End:
    if finish_reason == "abort":
        raise Truncated("The engine aborted the reply.")
    if not has_text:
        raise EmptyReply(f"The reply ended with “{finish_reason}” and no text.")
    return End(finish_reason, usage)
