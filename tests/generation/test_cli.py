"""`arena generate` lists its commands, and each explains itself."""

import pytest

from generation.cli import COMMANDS
from tests.generation.commands.calls import generate


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as ended:
        generate(command, "--help")
    assert ended.value.code == 0
    assert COMMANDS[command][1][1:30] in capsys.readouterr().out


def test_help_lists_the_commands(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit):
        generate("--help")
    told = capsys.readouterr().out
    assert all(name in told for name in COMMANDS)
