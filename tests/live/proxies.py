"""Real proxies that run the recipes of `deploy/`, changed only in ports, files and whether they lie below the host."""

import shutil
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme

from tests.live.waiting import wait_until

RECIPES = Path(__file__).parents[2] / "deploy"
HOST = "arena.example.org"
PATHS = "/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin"


@dataclass(frozen=True)
class Certificate:
    """Files of a certificate for HOST, and of the authority that made it."""

    chain: Path
    key: Path
    both: Path
    authority: Path

    @classmethod
    def made(cls, folder: Path) -> "Certificate":
        authority = trustme.CA()
        issued = authority.issue_cert(HOST)
        made = cls(*(folder / name for name in ("chain.pem", "key.pem", "both.pem", "authority.pem")))
        made.chain.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
        issued.private_key_pem.write_to_path(made.key)
        issued.private_key_and_cert_chain_pem.write_to_path(made.both)
        authority.cert_pem.write_to_path(made.authority)
        return made


@contextmanager
def proxy(name: str, folder: Path, certificate: Certificate, *, arena: int, root: str) -> Iterator[int]:
    """Run the recipe of a proxy in front of the arena on port `arena`; yield the port for `https://HOST`.

    Skips the test where the program is not installed.
    """
    program = shutil.which(name) or shutil.which(name, path=PATHS)
    if program is None:
        pytest.skip(f"{name} is not installed; in a container `make test` installs it")
    port = free_port()
    # Their modules and temporary files are of this folder only.
    command = {
        "nginx": [program, "-p", str(folder), "-c", str(_nginx(folder, certificate, arena, root, port))],
        "caddy": [
            program,
            "run",
            "--adapter",
            "caddyfile",
            "--config",
            str(_caddy(folder, certificate, arena, root, port)),
        ],
        "haproxy": [program, "-f", str(_haproxy(folder, certificate, arena, root, port))],
    }[name]
    home = {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder), "PATH": PATHS}
    log = folder / "proxy.log"
    with log.open("w") as output, subprocess.Popen(command, stdout=output, stderr=output, env=home) as process:
        try:
            wait_until(lambda: process.poll() is not None or _is_open(port))
            assert process.poll() is None, log.read_text()
            yield port
        finally:
            process.terminate()


def recipe(file: str, changes: Mapping[str, str]) -> str:
    """Return a recipe with changes, each of which it must have a place for."""
    text = (RECIPES / file).read_text()
    for before, after in changes.items():
        assert before in text, f"{file} has no `{before}`"
        text = text.replace(before, after)
    return text


def _nginx(folder: Path, certificate: Certificate, arena: int, root: str, port: int) -> Path:
    changes = {
        "127.0.0.1:7860": f"127.0.0.1:{arena}",
        "listen 443 ssl": f"listen 127.0.0.1:{port} ssl",
        "    listen [::]:443 ssl;\n": "",
        "listen 80;": f"listen 127.0.0.1:{free_port()};",
        "    listen [::]:80;\n": "",
        "/etc/ssl/arena/fullchain.pem": str(certificate.chain),
        "/etc/ssl/arena/privkey.pem": str(certificate.key),
    }
    if root:
        changes["location / {"] = f"location {root}/ {{"
    places = "".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    text = (
        f"daemon off; master_process off; pid {folder}/pid; error_log stderr; events {{ worker_connections 4096; }}\n"
        f"http {{ access_log off; {places}\n{recipe('nginx.conf', changes)} }}\n"
    )
    return _written(folder / "nginx.conf", text)


def _caddy(folder: Path, certificate: Certificate, arena: int, root: str, port: int) -> Path:
    changes = {
        "127.0.0.1:7860": f"127.0.0.1:{arena}",
        "{\n\tservers {": "{\n\tadmin off\n\tauto_https off\n\tservers {",
        f"\n{HOST} {{": f"\nhttps://{HOST}:{port} {{\n\tbind 127.0.0.1\n\ttls {certificate.chain} {certificate.key}",
    }
    if root:
        changes["handle /* {"] = f"handle {root}* {{"
    return _written(folder / "Caddyfile", recipe("Caddyfile", changes))


def _haproxy(folder: Path, certificate: Certificate, arena: int, root: str, port: int) -> Path:
    changes = {
        "127.0.0.1:7860": f"127.0.0.1:{arena}",
        "bind :443": f"bind 127.0.0.1:{port}",
        "maxconn 10000": "maxconn 1000",  # of the files that a test may open
        "/etc/ssl/arena/fullchain-and-key.pem": str(certificate.both),
    }
    if root:
        changes["{ path_beg / }"] = f"{{ path_beg {root} }}"
    return _written(folder / "haproxy.cfg", recipe("haproxy.cfg", changes))


def _written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def free_port() -> int:
    """Return a port of this machine that nobody uses now."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def _is_open(port: int) -> bool:
    with socket.socket() as asking:
        return asking.connect_ex(("127.0.0.1", port)) == 0
