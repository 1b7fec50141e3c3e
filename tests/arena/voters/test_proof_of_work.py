"""Solutions are checked by the solver of somebody else's library, and forgeries by hand."""

import json
from base64 import b64encode
from datetime import timedelta
from typing import Any

import pytest
from altcha.v1 import ChallengeOptions, create_challenge, solve_challenge

from arena.clock import now
from arena.db.session import Database
from arena.db.states import Checked, VoterKey
from arena.db.voter_tables import KeyUse
from arena.errors import ProofRefused
from arena.voters import proof_of_work, queries
from arena.voters.keys import Keys
from arena.voters.proof_of_work import EASIEST, HARDEST, Proofs, read

ANNA, BORIS = VoterKey("a" * 64), VoterKey("b" * 64)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proof_of_work, "EASIEST", 50)


@pytest.fixture
def proofs(database: Database) -> Proofs:
    return Proofs(database, Keys(database))


def solved(challenge: str | None) -> dict[str, Any]:
    """What a browser sends for a challenge, before it is packed."""
    assert challenge
    asked = json.loads(challenge)
    found = solve_challenge(asked["challenge"], asked["salt"], asked["algorithm"], asked["maxNumber"])
    assert found
    names = ("algorithm", "challenge", "salt", "signature")
    return {name: asked[name] for name in names} | {"number": found.number}


def packed(payload: object) -> str:
    return b64encode(json.dumps(payload).encode()).decode()


def spent(database: Database, voter: VoterKey) -> Checked | None:
    with database.writing() as session:
        return queries.spend_proof(session, voter, now())


def test_a_solution_opens_one_battle_of_its_voter(proofs: Proofs, database: Database):
    solution = packed(solved(proofs.challenge(ANNA, heat=1.0)))
    assert proofs.accept(ANNA, solution) is Checked.PASSED
    assert spent(database, BORIS) is None
    assert spent(database, ANNA) is Checked.PASSED
    assert spent(database, ANNA) is None
    with pytest.raises(ProofRefused, match="used before"):
        proofs.accept(ANNA, solution)


def test_forged_stolen_and_expired_solutions_are_refused(
    proofs: Proofs, database: Database, monkeypatch: pytest.MonkeyPatch
):
    honest = solved(proofs.challenge(ANNA, heat=1.0))
    own = ChallengeOptions(
        max_number=5, hmac_key=b"my own key", expires=now() + timedelta(minutes=5), params={"voter": ANNA}
    )
    later = honest["salt"].replace("expires=", "expires=9")
    forged = [
        honest | {"number": honest["number"] + 1},
        honest | {"signature": "0" * 64},
        honest | {"salt": later},
        honest | {"salt": honest["salt"].replace(ANNA, BORIS)},
        honest | {"salt": honest["salt"] + f"voter={ANNA}&"},
        honest | {"challenge": "0" * 64},
        honest | {"algorithm": "SHA-1"},
        solved(json.dumps(create_challenge(own).to_dict())),
        honest | {"number": str(honest["number"])},
        honest | {"number": True},
        {name: value for name, value in honest.items() if name != "signature"},
    ]
    for payload in forged:
        with pytest.raises(ProofRefused):
            proofs.accept(ANNA, packed(payload))
    with pytest.raises(ProofRefused, match="another visitor"):
        proofs.accept(BORIS, packed(honest))
    after = now() + proof_of_work.HOLDS_FOR + timedelta(seconds=1)
    with monkeypatch.context() as patch:
        patch.setattr(proof_of_work, "now", lambda: after)
        with pytest.raises(ProofRefused, match="too old"):
            proofs.accept(ANNA, packed(honest))
    assert spent(database, ANNA) is spent(database, BORIS) is None
    assert proofs.accept(ANNA, packed(honest)) is Checked.PASSED  # none of these has spoiled it


SHAPED: dict[str, Any] = {
    "algorithm": "SHA-256",
    "challenge": "0" * 64,
    "number": 1,
    "salt": "?voter=a&expires=1",
    "signature": "",
}
SHAPES = [
    "",
    "not base64!",
    "A" * 5000,
    *(b64encode(data).decode() for data in (b"[" * 1400, b"\xff\xfe", b'{"number": NaN}')),
    *map(packed, ([], None, {}, "[" * 200, dict.fromkeys(SHAPED), {name: [name] for name in SHAPED})),
    packed(SHAPED),
    packed(SHAPED | {"number": 10**400}),
    packed(SHAPED | {"salt": 5}),
    packed(SHAPED | {"salt": "x", "signature": "x"}),
    packed(SHAPED | {"salt": "?voter=a&expires=1e99"}),
    packed(SHAPED | {"salt": f"?voter=a&expires={10**30}"}),
    packed(SHAPED | {"challenge": "é" * 64, "signature": "é"}),
]


def test_no_shape_of_a_solution_breaks_the_check(proofs: Proofs, monkeypatch: pytest.MonkeyPatch):
    """Otherwise it would pass for an outage, and outages are waved through."""
    monkeypatch.setattr(proof_of_work.log, "exception", lambda *_: pytest.fail("the check broke"))
    for shape in SHAPES:
        with pytest.raises(ProofRefused):
            proofs.accept(VoterKey("a"), shape)


def test_while_the_check_is_down_solutions_pass_as_unchecked(
    proofs: Proofs, database: Database, monkeypatch: pytest.MonkeyPatch
):
    solution = packed(solved(proofs.challenge(ANNA, heat=1.0)))

    def down(*_: object) -> None:
        raise RuntimeError("down")

    monkeypatch.setattr(proof_of_work, "verify_solution", down)
    monkeypatch.setattr(proof_of_work, "create_challenge", down)
    assert proofs.accept(ANNA, solution) is Checked.UNCHECKED
    assert spent(database, ANNA) is Checked.UNCHECKED
    assert proofs.challenge(ANNA, heat=1.0) is None


def test_the_hotter_a_network_the_harder_the_work(proofs: Proofs, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(proof_of_work, "EASIEST", EASIEST)

    def most(heat: float) -> int:
        return int(json.loads(proofs.challenge(ANNA, heat=heat) or "")["maxNumber"])

    assert [most(heat) for heat in (0.5, 1.0, 4.0, 1e9)] == [EASIEST, EASIEST, 4 * EASIEST, HARDEST]


def test_a_solution_is_read_as_it_was_sent(proofs: Proofs):
    payload = solved(proofs.challenge(ANNA, heat=1.0))
    solution = read(packed(payload | {"took": 12, "more": "ignored"}))
    assert (solution.voter, solution.payload.number) == (ANNA, payload["number"])
    assert timedelta(minutes=9) < solution.expires_at - now() <= timedelta(minutes=10)


def test_another_use_of_a_key_signs_no_challenge(proofs: Proofs, database: Database):
    key = Keys(database).newest(KeyUse.COOKIE).secret
    options = ChallengeOptions(max_number=5, hmac_key=key, expires=now() + timedelta(minutes=5), params={"voter": ANNA})
    with pytest.raises(ProofRefused):
        proofs.accept(ANNA, packed(solved(json.dumps(create_challenge(options).to_dict()))))
