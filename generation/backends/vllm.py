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
from generation.conversation import Completion, End, Message, Piece, Sampling, Usage
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
        told = build(VLLMOptions, options, name=named("vllm"))
        try:
            engine = AsyncLLM.from_engine_args(AsyncEngineArgs(model=told.model, **told.engine))
        # vLLM raises whatever its parts raise.
        except Exception as error:
            raise BadInput(f"vLLM cannot load {told.model}: {error}") from error
        return cls(engine, protocol=told.protocol)

    async def stream(self, messages: Sequence[Message], sampling: Sampling) -> AsyncGenerator[Piece | End, None]:
        """Yield the reply to `messages` piece by piece, then one `End`.

        Raises:
            BackendError: the request did not end as a whole reply.
        """
        num_tokens, said = 0, False
        async with aclosing(self._outputs(messages, sampling, RequestOutputKind.DELTA)) as outputs:
            async for output in outputs:
                (choice,) = output.outputs
                num_tokens += len(choice.token_ids)
                if choice.text:
                    said = said or bool(choice.text.strip())
                    yield Piece(clean(choice.text))
                if choice.finish_reason:
                    yield _end(choice.finish_reason, Usage(len(output.prompt_token_ids or ()), num_tokens), said=said)

    async def complete(
        self, messages: Sequence[Message], sampling: Sampling, *, schema: Mapping[str, Any] | None = None
    ) -> Completion:
        """Return the whole reply at once. `schema` binds it to JSON of that shape.

        Raises:
            BackendError: as `stream`.
        """
        async for output in self._outputs(messages, sampling, RequestOutputKind.FINAL_ONLY, schema=schema):
            (choice,) = output.outputs
            usage = Usage(len(output.prompt_token_ids or ()), len(choice.token_ids), output.num_cached_tokens or 0)
            end = _end(choice.finish_reason or "abort", usage, said=bool(choice.text.strip()))
            return Completion(clean(choice.text), end.finish_reason, usage)
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


def _end(finish_reason: str, usage: Usage, *, said: bool) -> End:
    if finish_reason == "abort":
        raise Truncated("The engine gave the reply up.")
    if not said:
        raise EmptyReply(f"The reply ended with “{finish_reason}” and no text.")
    return End(finish_reason, usage)
