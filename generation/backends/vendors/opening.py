"""What each vendor needs to be opened: its client, without retries or redirects, and its way to take settings."""

import asyncio
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from generation.backends.http_client import http_client
from generation.backends.options import VendorOptions
from generation.backends.reach import Reach
from generation.conversation import Sampling
from generation.errors import BadInput

if TYPE_CHECKING:
    import httpx2
    from pydantic_ai.models import Model

# The answers to the requests of one stream: some clients leave theirs open when a stream is left.
ANSWERS: "ContextVar[list[httpx2.Response]]" = ContextVar("ANSWERS")
KEYLESS = {"bedrock", "vertex"}  # these find the credentials of the machine they run on


@dataclass(frozen=True, slots=True)
class OpenVendor:
    """A vendor's model, ready to be asked.

    Attributes:
        api_key: to be kept out of every sentence.
        settings: go with every request.
        client: what it speaks HTTP with; Bedrock brings its own.
    """

    model: "Model[Any]"
    settings: Mapping[str, Any]
    client: "httpx2.AsyncClient | None" = None
    api_key: str | None = None

    def request_settings(self, sampling: Sampling) -> dict[str, Any]:
        """Return the settings of one request."""
        wishes = {
            "max_tokens": sampling.max_tokens,
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "presence_penalty": sampling.presence_penalty,
            "frequency_penalty": sampling.frequency_penalty,
            "seed": sampling.seed,
            "stop_sequences": list(sampling.stop) or None,
            "logit_bias": {token: round(bias) for token, bias in sampling.logit_bias.items()} or None,
        }
        return {name: wish for name, wish in wishes.items() if wish is not None} | dict(self.settings)

    async def aclose(self) -> None:
        """Close the connections."""
        if self.client is not None:
            await self.client.aclose()
        else:
            await asyncio.to_thread(self.model.client.close)  # type: ignore[attr-defined]


def open_vendor(settings: VendorOptions, *, api_key: str | None, reach: Reach | None) -> OpenVendor:
    """Return the model that `settings` name.

    Raises:
        BadInput: the vendor needs a key, a region or a project, and there is none.
    """
    if not api_key and settings.vendor not in KEYLESS:
        raise BadInput(f"{settings.vendor} needs a key.", hint="Name the variable that holds it in `api_key_env`.")
    if settings.vendor == "bedrock":
        return OpenVendor(_bedrock(settings, api_key), _settings(settings), api_key=api_key)
    client = http_client(settings.url or "", reach=reach, timeout_s=settings.timeout_s, on_response=_keep)
    opened = _BY_VENDOR[settings.vendor](settings, api_key, client)
    return OpenVendor(opened, _settings(settings), client, api_key)


async def _keep(answer: "httpx2.Response") -> None:
    ANSWERS.get([]).append(answer)


def _anthropic(settings: VendorOptions, api_key: str | None, client: "httpx2.AsyncClient") -> "Model[Any]":
    from anthropic import AsyncAnthropic
    from pydantic_ai.models.anthropic import AnthropicModel
    from pydantic_ai.providers.anthropic import AnthropicProvider

    # An address that is left out would be looked for in the environment.
    address = settings.url or "https://api.anthropic.com"
    anthropic = AsyncAnthropic(api_key=api_key, base_url=address, max_retries=0, http_client=client)
    return AnthropicModel(settings.model, provider=AnthropicProvider(anthropic_client=anthropic))


def _responses(settings: VendorOptions, api_key: str | None, client: "httpx2.AsyncClient") -> "Model[Any]":
    from openai import AsyncOpenAI
    from pydantic_ai.models.openai import OpenAIResponsesModel
    from pydantic_ai.providers.openai import OpenAIProvider

    address = settings.url or "https://api.openai.com/v1"
    openai = AsyncOpenAI(api_key=api_key, base_url=address, max_retries=0, http_client=client)
    return OpenAIResponsesModel(settings.model, provider=OpenAIProvider(openai_client=openai))


def _azure(settings: VendorOptions, api_key: str | None, client: "httpx2.AsyncClient") -> "Model[Any]":
    from openai import AsyncAzureOpenAI
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.azure import AzureProvider

    if not (settings.url and settings.api_version):
        raise BadInput(
            "azure needs `url` and `api_version`.",
            hint='For example url = "https://NAME.openai.azure.com" and api_version = "2024-10-21".',
        )
    openai = AsyncAzureOpenAI(
        azure_endpoint=settings.url,
        api_version=settings.api_version,
        api_key=api_key,
        max_retries=0,
        http_client=client,
    )
    return OpenAIChatModel(settings.model, provider=AzureProvider(openai_client=openai))


def _gemini(settings: VendorOptions, api_key: str | None, client: "httpx2.AsyncClient") -> "Model[Any]":
    from google.genai import Client
    from google.genai.types import HttpOptions
    from pydantic_ai.models.google import GoogleModel
    from pydantic_ai.providers.google import GoogleProvider

    options = HttpOptions(
        base_url=settings.url, timeout=round(settings.timeout_s * 1000), httpx_async_client=client, api_version="v1beta"
    )
    return GoogleModel(
        settings.model,
        provider=GoogleProvider(client=Client(vertexai=False, api_key=api_key, http_options=options)),
    )


def _vertex(settings: VendorOptions, api_key: str | None, client: "httpx2.AsyncClient") -> "Model[Any]":
    from google.genai import Client
    from google.genai.types import HttpOptions
    from pydantic_ai.models.google import GoogleModel
    from pydantic_ai.providers.google import GoogleProvider

    options = HttpOptions(
        base_url=settings.url,
        timeout=round(settings.timeout_s * 1000),
        httpx_async_client=client,
        api_version="v1beta1",
    )
    if not api_key and not (settings.project and settings.region):
        raise BadInput("vertex needs `project` and `region`, or a key.")
    place = {} if api_key else {"project": settings.project, "location": settings.region}
    made = Client(vertexai=True, api_key=api_key, http_options=options, **place)  # type: ignore[arg-type]
    return GoogleModel(settings.model, provider=GoogleProvider(client=made))


def _bedrock(settings: VendorOptions, api_key: str | None) -> "Model[Any]":
    from pydantic_ai.models.bedrock import BedrockConverseModel
    from pydantic_ai.providers.bedrock import BedrockProvider

    if not settings.region:
        raise BadInput("bedrock needs a `region`.", hint='For example region = "us-east-1".')
    place: dict[str, Any] = {
        "region_name": settings.region,
        "base_url": settings.url,
        "aws_read_timeout": settings.timeout_s,
    }
    if api_key:
        place["api_key"] = api_key
    return BedrockConverseModel(settings.model, provider=BedrockProvider(**place))


_BY_VENDOR = {
    "anthropic": _anthropic,
    "azure": _azure,
    "gemini": _gemini,
    "responses": _responses,
    "vertex": _vertex,
}


def _settings(settings: VendorOptions) -> Mapping[str, Any]:
    fixed: dict[str, Any] = {} if settings.vendor == "bedrock" else {"timeout": settings.timeout_s}
    if settings.reasoning_effort:
        fixed["thinking"] = False if settings.reasoning_effort == "none" else settings.reasoning_effort
    if settings.headers:
        fixed["extra_headers"] = dict(settings.headers)
    if settings.extra:
        fixed["extra_body"] = dict(settings.extra)
    if settings.vendor == "responses":
        fixed["openai_store"] = False  # a voter's prompt is not kept there
    return fixed
