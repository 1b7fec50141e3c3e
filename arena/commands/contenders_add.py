"""`arena contenders add`: registers contenders from an address, from folders or from a model card.

At a terminal it asks for what is missing, and repeats a question until the answer can be used.
"""

import argparse
import asyncio
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from arena.commands.database import opened_database
from arena.contenders.endpoint import Endpoint, refuse_out_of_reach
from arena.contenders.endpoint_models import models_of, status_of_list
from arena.contenders.file import append_contenders
from arena.contenders.known_families import with_identity
from arena.contenders.register import Contenders
from arena.contenders.schema import ContenderEntry, contender_faults, entry_of
from arena.contenders.sources import facts_of_card, facts_of_run, slug_of
from arena.errors import BadConfiguration
from arena.settings import Settings
from generation.backends.options import OpenAIOptions
from generation.backends.reach import Reach
from generation.checkpoints import open_checkpoint
from generation.declared_tables import explanation, keys_of
from generation.errors import GenerationError

TINY_BYTES = 50_000_000
# Keys of a contender's table that are flags, with a text on their default.
FLAGS = {
    "slug": "default: made from the folder's or the model's name",
    "label": "default: the folder's or the model's name",
    "prompt_format": "default: the folder's own chat template",
    "organisation": "",
    "licence": "",
    "lineage": "",
    "api_key_env": "",
    "key_file": "",
    "protocol": "default: chat",
}
Complaint = Callable[[str], str]  # returns the fault of an answer; empty if it has none


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the flags."""
    parser.add_argument(
        "sources",
        nargs="*",
        metavar="source",
        help="folders such as runs/tiny, a model card, or an address and a name: http://127.0.0.1:11434/v1 llama3; "
        "several models may follow one address; at a terminal, missing ones are asked for",
    )
    parser.add_argument("--url", help="where the model of a card is served")
    parser.add_argument("--model", help="its name there; default: its slug")
    parser.add_argument(
        "--served", action="store_true", help="folders: for `arena contenders serve`, not in this process"
    )
    keys = {**keys_of(OpenAIOptions), **keys_of(ContenderEntry)}
    for name, default in FLAGS.items():
        key = keys[name]
        about = "; ".join(filter(None, [explanation(key), default]))
        parser.add_argument(f"--{name.replace('_', '-')}", choices=key.choices or None, help=about)


def run(args: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Register what the arguments or the answers name; return 0."""
    settings = Settings.from_env(environment)
    tables = _tables(args, environment, reach=settings.reach)
    if faults := [f"{table['label']}: {fault}" for table in tables for fault in contender_faults(table)]:
        raise BadConfiguration("This cannot be registered:", faults)
    entries = [entry_of(table) for table in tables]
    refuse_out_of_reach(map(Endpoint.of, entries), settings.reach)
    with opened_database(environment) as database:
        contenders = Contenders(database, public=settings.public)
        for entry in entries:
            contenders.refuse_taken(entry)
        contenders.sync(append_contenders(settings.contenders, tables))
    for entry in entries:
        print(f"{entry.slug} is a candidate.")
    slugs = " ".join(entry.slug for entry in entries)
    _say(f"To let them be drawn: arena contenders {'serve' if args.served else 'activate'} {slugs}")
    return 0


def _tables(args: argparse.Namespace, environment: Mapping[str, str], *, reach: Reach) -> list[dict[str, Any]]:
    """Return a table, as in a contenders file, for each source.

    Raises:
        BadInput: a folder cannot be served.
        BadConfiguration: several folders would get one name, or a source lacks a required fact.
    """
    given = {flag: getattr(args, flag) for flag in FLAGS if getattr(args, flag)}
    sources = args.sources or [_ask("Endpoint's URL, run's folder or model card", wrong=_wrong_source)]
    if len(sources) == 1 and "://" in sources[0]:
        variable = (
            args.api_key_env if (args.api_key_env or "") in environment else ""
        )  # a missing key must not prevent the question for the list
        sources.append(_ask_model(Endpoint.at(sources[0], key_variable=variable), environment, reach))
    if len(sources) > 1 and not Path(sources[0]).exists():
        url, *models = sources
        if len(models) > 1 and given.keys() & {"slug", "label"}:
            raise BadConfiguration("One slug or label cannot name several models.", hint="Add them one by one.")
        tables = [_table_of_model(url, model) for model in models]
    elif len(sources) > 1 and given.keys() & {"slug", "label"}:
        raise BadConfiguration("One slug or label cannot name several folders.", hint="Add them one by one.")
    else:
        tables = [_table_of(Path(source), args) for source in sources]
    if not args.sources:
        given |= {key: said for key in ("slug", "label", "licence") if (said := _ask_key(key, tables[0]))}
    return [with_identity(table | given) for table in tables]


def _table_of_model(url: str, model: str) -> dict[str, Any]:
    name = model.rsplit("/", 1)[-1]
    return {"slug": slug_of(name), "label": name, "backend": "openai", "url": url, "model": model}


def _table_of(source: Path, args: argparse.Namespace) -> dict[str, Any]:
    if complaint := _wrong_source(str(source)):
        raise BadConfiguration(complaint)
    if source.is_file():
        return facts_of_card(source, url=args.url, model=args.model)
    checkpoint = open_checkpoint(source)
    name = source.resolve().name
    table = {"slug": slug_of(name), "label": name, "folder": str(source), **facts_of_run(source)}
    if args.served:
        return table | {"backend": "openai"}
    is_tiny = checkpoint.num_bytes < TINY_BYTES
    if is_tiny and not args.prompt_format and _numpy_reads(source):
        return table | {"backend": "numpy"}
    # One thread multiplies tiny matrices faster than several that wait for each other.
    return table | {"backend": "transformers"} | ({"threads": 1} if is_tiny else {})


def _numpy_reads(folder: Path) -> bool:
    """Return whether a tiny checkpoint can be served without torch, which takes many seconds to load."""
    from generation.backends.numpy import NumpyBackend

    try:
        NumpyBackend.from_options({"folder": str(folder)})
    except GenerationError:
        return False
    return True


def _ask(question: str, default: str = "", *, wrong: Complaint) -> str:
    """Ask at the terminal until the answer can be used, and return it; an empty answer means the default.

    Raises:
        BadConfiguration: there is no terminal, or its input ended.
    """
    while sys.stdin.isatty():
        print(f"{question}{f' [{default}]' if default else ''}: ", end="", file=sys.stderr, flush=True)
        line = sys.stdin.readline()
        if not line:
            _say("")
            raise BadConfiguration("Nothing was registered.")
        said = line.strip() or default
        if not (complaint := wrong(said)):
            return said
        _say(complaint)
    raise BadConfiguration("What is to be registered?", hint="arena contenders add URL MODEL, or --help")


def _ask_key(key: str, table: Mapping[str, Any]) -> str:
    return _ask(key, str(table.get(key, "")), wrong=partial(_wrong_value, key))


def _ask_model(endpoint: Endpoint, environment: Mapping[str, str], reach: Reach) -> str:
    """Show the models that an endpoint lists and return the chosen one; a single model is chosen without a question."""
    if complaint := _wrong_source(endpoint.contender):
        raise BadConfiguration(complaint)
    refuse_out_of_reach([endpoint], reach)
    listed = asyncio.run(models_of(endpoint, environment, reach=reach))
    names = [model.name for models in listed.values() for model in models]
    if len(names) == 1:
        return names[0]
    told = "It lists: " + ", ".join(names[:20]) if names else "The endpoint gives no list of its models."
    hint = "arena contenders add URL MODEL"
    if not names and asyncio.run(status_of_list(endpoint, environment, reach=reach)) in {401, 403}:
        told = "The endpoint shows the list of its models only to those who give a key."
        hint = "Name the variable that holds it: arena contenders add URL --api-key-env NAME"
        if endpoint.key_variable:
            told = f"The endpoint does not accept the key in {endpoint.key_variable}."
            hint = "Check the key."
    if not sys.stdin.isatty():
        raise BadConfiguration(f"Which model? {told}", hint=hint)
    _say(told)
    return _ask("Model", wrong=lambda said: _wrong_value("model", said) if said else "Name one.")


def _wrong_source(said: str) -> str:
    if "://" in said:
        return _wrong_value("url", said)
    there = said and Path(said).exists()
    return "" if there else f"There is no file or folder {said!r}, and an address begins with http:// or https://."


def _wrong_value(key: str, said: str) -> str:
    """Return the fault of a key's value; empty if it has none or is left out."""
    faults = contender_faults({"backend": "openai", key: said}) if said else []
    return next((f"The {key} {fault.sentence}." for fault in faults if fault.key == key), "")


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr)
