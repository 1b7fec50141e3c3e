"""Settings: what the environment may say, every fault of it at once, and what is none of ours."""

from pathlib import Path

import pytest

from arena.errors import BadConfiguration
from arena.settings import Settings


def faults(environment: dict[str, str]) -> tuple[str, ...]:
    with pytest.raises(BadConfiguration) as refused:
        Settings.from_env(environment)
    return refused.value.faults


def test_values_are_read_as_what_they_are():
    settings = Settings.from_env(
        {
            "ARENA_HOME": "/srv/arena",
            "ARENA_MAX_TURNS": "3",
            "ARENA_USD_PER_DAY": "2.5",
            "ARENA_PUBLIC": "Yes",
            "ARENA_PUBLISH_CONVERSATIONS": "0",
            "ARENA_MODERATION_RULES": "rules.toml",
            "PATH": "/bin",
        }
    )
    assert (settings.home, settings.max_turns, settings.usd_per_day) == (Path("/srv/arena"), 3, 2.5)
    assert (settings.public, settings.publish_conversations) == (True, False)
    assert settings.moderation_rules == Path("rules.toml")
    assert Settings.from_env({}) == Settings()


def test_every_fault_is_told_at_once_and_a_name_that_is_nearly_right_with_the_right_one():
    assert faults(
        {
            "ARENA_MAX_TURN": "3",
            "ARENA_MAX_RUNNING": "0",
            "ARENA_MAX_QUEUED": "many",
            "ARENA_USD_PER_DAY": "inf",
            "ARENA_PUBLIC": "perhaps",
            "ARENA_SAMPLING": "unifrom",
        }
    ) == (
        "ARENA_MAX_TURN: no such setting; did you mean `ARENA_MAX_TURNS`?",
        "ARENA_MAX_RUNNING: must be a whole number from 1, not 0",
        "ARENA_MAX_QUEUED: must be a whole number from 1",
        "ARENA_USD_PER_DAY: must be a number above 0, not inf",
        "ARENA_PUBLIC: must be `yes` or `no`",
        "ARENA_SAMPLING: must be `informative` or `uniform`; did you mean `uniform`?",
    )


def test_a_secret_is_neither_shown_nor_echoed():
    settings = Settings.from_env({"ARENA_OPERATOR_PASSWORD": "canary", "ARENA_DATABASE_URL": "postgresql://a:canary@b"})
    assert "canary" not in repr(settings)
    assert "canary" not in str(faults({"ARENA_OPERATOR_PASSWORT": "canary", "ARENA_MAX_TURNS": "canary"}))


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [
        ("TRUSTED_PROXIES", ["", "127.0.0.1", "10.0.0.0/8, fd00::/8"], ["nginx", "10.0.0.1/8", "*", "10.0.0.0/33"]),
        (
            "ALLOWED_HOSTS",
            ["a.example", "*.a.example, [::1]:80"],
            ["https://a.example", "a.example/x", "*", "a b", "-a"],
        ),
        (
            "ROOT_PATH",
            ["", "/arena", "/lab-1/arena_2"],
            ["arena", "/arena/", "/", "//evil.example", "/a/../b", "/a b", "/."],
        ),
        (
            "FRAME_ANCESTORS",
            ["https://a.example", "http://localhost:8000, https://*.a.example"],
            ["a.example", "*", "https://a.example/", "https://a.example; script-src *", "'self'", "javascript:x"],
        ),
    ],
)
def test_where_the_arena_is_put_is_checked_before_it_starts(name: str, right: list[str], wrong: list[str]):
    for text in right:
        assert getattr(Settings.from_env({f"ARENA_{name}": text}), name.lower()) == text
    for text in wrong:
        (fault,) = faults({f"ARENA_{name}": text})
        assert fault.startswith(f"ARENA_{name}: must be ")


# What a pod's environment holds where services are called `arena`, `arena-web` and `arena-db`.
SERVICES = {
    "ARENA_SERVICE_HOST": "10.96.12.7",
    "ARENA_SERVICE_PORT": "7860",
    "ARENA_SERVICE_PORT_HTTP": "7860",
    "ARENA_PORT": "tcp://10.96.12.7:7860",
    "ARENA_PORT_7860_TCP": "tcp://10.96.12.7:7860",
    "ARENA_PORT_7860_TCP_PROTO": "tcp",
    "ARENA_PORT_7860_TCP_PORT": "7860",
    "ARENA_PORT_7860_TCP_ADDR": "10.96.12.7",
    "ARENA_WEB_SERVICE_HOST": "10.96.12.8",
    "ARENA_DB_PORT": "tcp://10.96.12.9:5432",
    "ARENA_DB_PORT_5432_TCP_ADDR": "10.96.12.9",
}


def test_what_kubernetes_says_of_a_service_is_no_setting():
    assert Settings.from_env(SERVICES) == Settings()


def test_a_port_that_a_person_sets_is_still_told_to_be_no_setting():
    assert faults({"ARENA_PORT": "8080"}) == ("ARENA_PORT: no such setting",)
