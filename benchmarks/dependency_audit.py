"""Every dependency that the two commands install: under which licence, and whether a known weakness is in it.

    python -m benchmarks.dependency_audit                          licences, as docs/licences.md holds them
    python -m benchmarks.dependency_audit --advisories FOLDER      and weaknesses, by a copy of PyPA's advisory-database

Neither asks the network. A copy of the database is `git clone https://github.com/pypa/advisory-database`.
"""

import argparse
import re
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageMetadata, PackageNotFoundError, metadata
from pathlib import Path

import yaml
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
PINNED = ROOT / "constraints.txt"
PAGE = ROOT / "docs" / "licences.md"
ABOUT = """# Licences of all dependencies

What `make run` and `make test` install (`constraints.txt`), by what each package says of itself. `make audit` makes
this page anew, and fails where a licence is neither permissive nor explained. Not listed: what only other systems
install, and NVIDIA's own libraries (`nvidia-*`, `cuda-*`), which a CUDA build of torch brings under NVIDIA's terms; we
pass none of it on.

"""
# What allows use in a product under Apache-2.0 without conditions on that product.
PERMISSIVE = re.compile(
    r"\b(mit|mit-0|apache|bsd|0bsd|isc|iscl|psf|python software foundation|unlicense|zlib|hpnd|cc0|zpl)\b",
    re.IGNORECASE,
)
# Others, and why they may be there.
ACCEPTED = {
    "certifi": "MPL-2.0: unchanged",
    "hypothesis": "MPL-2.0: unchanged; only developers have it",
    "krippendorff": "GPL-3.0: an oracle of tests, which alone import it; nothing that is installed or shipped does",
    "orjson": "MPL-2.0 AND (Apache-2.0 OR MIT): unchanged",
    "pathspec": "MPL-2.0: unchanged; only developers have it",
    "psycopg": "LGPL-3.0: a library that anybody may replace, in the extra `postgres` only",
    "psycopg-binary": "LGPL-3.0: as psycopg",
    "pyromark": "MIT: its LICENSE file says so, its metadata says nothing",
    "tqdm": "MPL-2.0 AND MIT: unchanged",
}


def pinned() -> dict[str, str]:
    """Return the version of each package that is pinned for this system."""
    requirements = [Requirement(line) for line in PINNED.read_text().splitlines() if line and not line.startswith("#")]
    return {
        one.name: next(iter(one.specifier)).version
        for one in requirements
        if one.marker is None or one.marker.evaluate()
    }


def licence_of(name: str) -> str:
    """Return a package's licence in its own words; empty where it is not installed or says nothing."""
    try:
        said: PackageMetadata = metadata(name)
    except PackageNotFoundError:
        return ""
    if expression := said.get("License-Expression"):
        return str(expression)
    classifiers = [line for line in said.get_all("Classifier", []) if line.startswith("License ::")]
    if named := [line.split(" :: ")[-1] for line in classifiers if not line.endswith("OSI Approved")]:
        return " or ".join(named)
    return str(said.get("License", "")).strip().split("\n")[0]


def licences() -> dict[str, str]:
    """Return the licence of each pinned package that is installed here."""
    named = {name: licence_of(name) for name in sorted(pinned(), key=str.casefold)}
    return {name: licence for name, licence in named.items() if licence or name in ACCEPTED}


def objections(found: Mapping[str, str]) -> list[str]:
    """Return a sentence for each licence that is neither permissive nor accepted."""
    return [
        f"{name}: `{licence}` is neither permissive nor in ACCEPTED"
        for name, licence in found.items()
        if name not in ACCEPTED and not PERMISSIVE.search(licence)
    ]


def page(found: Mapping[str, str]) -> str:
    """Return the page that lists them."""
    rows = [f"| {name} | {ACCEPTED.get(name, licence).replace('|', '/')} |" for name, licence in found.items()]
    return ABOUT + "\n".join(["| package | licence |", "|---|---|", *rows]) + "\n"


def weaknesses(versions: Mapping[str, str], advisories: Path) -> Iterator[str]:
    """Yield a sentence for each advisory about a version, by a copy of PyPA's advisory-database.

    Raises:
        FileNotFoundError: the folder is no such copy.
    """
    vulns = advisories / "vulns"
    if not vulns.is_dir():
        raise FileNotFoundError(f"{advisories} has no folder `vulns`: it is no copy of PyPA's advisory-database")
    for name, version in versions.items():
        for path in sorted((vulns / re.sub("[-_.]+", "-", name).lower()).glob("*.yaml")):
            told = yaml.safe_load(path.read_text(encoding="utf-8"))
            if not told.get("withdrawn") and any(version in one.get("versions", ()) for one in told["affected"]):
                names = ", ".join([told["id"], *told.get("aliases", [])])
                yield f"{name} {version}: {names}: {str(told.get('details', '')).strip().splitlines()[0][:120]}"


def main(arguments: list[str] | None = None) -> int:
    """Write the page and say what is wrong; return 1 if something is."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--advisories", type=Path, help="a copy of PyPA's advisory-database")
    parser.add_argument("--check", action="store_true", help="leave the page as it is")
    chosen = parser.parse_args(arguments)
    found = licences()
    if not chosen.check:
        PAGE.write_text(page(found))
    wrong = objections(found)
    print(f"{len(found)} licences are in {PAGE.relative_to(ROOT)}.")
    if chosen.advisories:
        wrong += weaknesses(pinned(), chosen.advisories)
    elif not chosen.check:
        print("Weaknesses were not looked for: name a copy of PyPA's advisory-database with ADVISORIES=FOLDER.")
    print("\n".join(wrong), file=sys.stderr)
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
