"""Makes the goldens beside it: votes invented from a seed, and what statsmodels and choix make of them.

Neither is needed to run the tests. To make the goldens anew, from the root of the repository:

    uv run --no-project --with statsmodels --with choix python tests/leaderboard/goldens/make.py

Ratings are centred: their mean is 0, and 400 points are odds of ten to one.
"""

import json
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

import choix
import numpy as np
import pandas as pd
import statsmodels.api as sm
from statsmodels.miscmodels.ordinal_model import OrderedModel

HERE = Path(__file__).parent
SEED = 20261129
ELO = 400 / np.log(10)
VERDICTS = ("a", "b", "tie", "both_bad")
SCORES = np.array([1.0, 0.0, 0.5, 0.5])  # what a verdict is worth to side a
FEATURES = ("length", "headers", "bold")
TRUE_EFFECTS = np.array([0.4, -0.2, 0.05])
Votes = pd.DataFrame  # columns left, right, verdict: numbers


def invented_votes(rng: np.random.Generator) -> dict[str, tuple[list[str], Votes]]:
    """Return sets of votes by name, each with its contenders: small and large, even and lopsided, with ties or not."""
    two = pd.DataFrame({"left": [0, 0, 1, 0], "right": [1, 1, 0, 1], "verdict": [0, 0, 0, 2]})
    return {
        "two contenders": (["x", "y"], two),
        "six alike": drawn(rng, strengths=np.linspace(0.6, -0.6, 6), votes=600, ties=0.25),
        "twelve far apart": drawn(rng, strengths=np.linspace(2.2, -2.2, 12), votes=2000, ties=0.15),
        "neighbours only": drawn(rng, strengths=np.linspace(1.5, -1.5, 9), votes=900, ties=0.2, reach=1),
        "no ties": drawn(rng, strengths=np.linspace(1, -1, 8), votes=1200, ties=0.0),
    }


def drawn(
    rng: np.random.Generator, *, strengths: np.ndarray, votes: int, ties: float, reach: int = 99
) -> tuple[list[str], Votes]:
    """Draw votes of Bradley and Terry between contenders that are at most `reach` places apart."""
    size = len(strengths)
    pairs = [(i, j) for i in range(size) for j in range(size) if 0 < abs(i - j) <= reach]
    left, right = np.array(pairs)[rng.integers(0, len(pairs), votes)].T
    won = rng.random(votes) < 1 / (1 + np.exp(strengths[right] - strengths[left]))
    verdict = np.where(rng.random(votes) < ties, rng.integers(2, 4, votes), np.where(won, 0, 1))
    names = [f"contender-{i:02d}" for i in range(size)]
    return names, pd.DataFrame({"left": left, "right": right, "verdict": verdict})


def contrasts(votes: Votes, size: int) -> np.ndarray:
    """Return a row a vote: 1 for the left contender, -1 for the right one; the last contender is the reference."""
    rows = np.zeros((len(votes), size))
    np.add.at(rows, (np.arange(len(votes)), votes["left"]), 1)
    np.add.at(rows, (np.arange(len(votes)), votes["right"]), -1)
    return rows[:, :-1]


def centred(strengths: np.ndarray, covariance: np.ndarray) -> tuple[list[float], list[float]]:
    """Return ratings and their errors in points from those of all but the reference, in log odds."""
    size = len(strengths) + 1
    centring = (np.eye(size) - 1 / size)[:, :-1]
    errors = np.sqrt(np.diag(centring @ covariance @ centring.T))
    return list(ELO * centring @ strengths), list(ELO * errors)


def half_wins(votes: Votes, names: list[str], features: np.ndarray | None = None) -> dict[str, Any]:
    """Fit a binomial GLM in which a tie is half a win; the errors are those of the sandwich (HC0)."""
    design = contrasts(votes, len(names))
    if features is not None:
        design = np.column_stack([design, features])
    family = sm.families.Binomial()
    fit = sm.GLM(SCORES[votes["verdict"]], design, family=family).fit(tol=1e-14, maxiter=200, cov_type="HC0")
    free = len(names) - 1
    ratings, errors = centred(fit.params[:free], fit.cov_params()[:free, :free])
    found = {"ratings": dict(zip(names, ratings, strict=True)), "errors": dict(zip(names, errors, strict=True))}
    if features is None:
        return found
    return found | {
        "coefficients": dict(zip(FEATURES, fit.params[free:], strict=True)),
        "coefficient_errors": dict(zip(FEATURES, fit.bse[free:], strict=True)),
    }


def davidson(votes: Votes, names: list[str]) -> dict[str, Any]:
    """Fit Davidson's model as a Poisson GLM: three rows a vote, an intercept a pair, clustered by vote.

    With the intercepts, the expected counts of each vote's outcomes sum to 1, which makes both the maximum and the
    sandwich those of the multinomial model.
    """
    size, count = len(names), len(votes)
    pair = votes[["left", "right"]].min(axis=1) * size + votes[["left", "right"]].max(axis=1)
    intercepts = pd.get_dummies(pair).to_numpy(float)
    wins = np.zeros((2, count, size))
    for side, column in enumerate(("left", "right")):
        wins[side, np.arange(count), votes[column]] = 1
    strengths = np.concatenate([wins[0], wins[1], wins.mean(axis=0)])[:, :-1]
    tie = np.repeat([0.0, 0.0, 1.0], count)
    design = np.column_stack([strengths, tie, np.tile(intercepts, (3, 1))])
    outcome = np.minimum(votes["verdict"].to_numpy(), 2)
    happened = np.concatenate([outcome == kind for kind in range(3)]).astype(float)
    fit = sm.GLM(happened, design, family=sm.families.Poisson()).fit(
        tol=1e-14,
        maxiter=200,
        cov_type="cluster",
        cov_kwds={"groups": np.tile(np.arange(count), 3), "use_correction": False},
    )
    ratings, errors = centred(fit.params[: size - 1], fit.cov_params()[: size - 1, : size - 1])
    return {
        "ratings": dict(zip(names, ratings, strict=True)),
        "errors": dict(zip(names, errors, strict=True)),
        "log_nu": fit.params[size - 1],
        "log_nu_error": fit.bse[size - 1],
        "log_likelihood": float(np.log(fit.mu[happened == 1]).sum()),
    }


def rao_kupper(votes: Votes, names: list[str]) -> dict[str, Any]:
    """Fit Rao and Kupper's model as an ordered logit of every vote and its mirror image.

    The mirror images make the two thresholds opposite, and double the log-likelihood.
    """
    design = contrasts(votes, len(names))
    place = np.array([2, 0, 1, 1])[votes["verdict"]]
    model = OrderedModel(np.concatenate([place, 2 - place]), np.vstack([design, -design]), distr="logit")
    fit = model.fit(method="bfgs", gtol=1e-9, maxiter=2000, disp=False)
    strengths = fit.params[: len(names) - 1]
    ratings, _ = centred(strengths, np.zeros((len(strengths), len(strengths))))
    return {
        "ratings": dict(zip(names, ratings, strict=True)),
        "threshold": float(model.transform_threshold_params(fit.params)[2]),
        "log_likelihood": fit.llf / 2,
    }


def by_choix(votes: Votes, names: list[str]) -> dict[str, float]:
    """Fit decisions by choix, whose algorithm (iterative Luce spectral ranking) is another one."""
    decisions = [
        (row.left, row.right) if row.verdict == 0 else (row.right, row.left) for row in votes.itertuples(index=False)
    ]
    strengths = choix.ilsr_pairwise(len(names), decisions, alpha=0.0, max_iter=1000, tol=1e-12)
    return dict(zip(names, list(ELO * (strengths - strengths.mean())), strict=True))


def compact(votes: Votes, names: list[str]) -> list[list[Any]]:
    """Return how often each (left, right, verdict) happened."""
    counts = votes.value_counts(sort=False).sort_index()
    return [[names[left], names[right], VERDICTS[verdict], int(n)] for (left, right, verdict), n in counts.items()]


def styled_votes(rng: np.random.Generator) -> tuple[list[str], Votes, np.ndarray]:
    """Return votes that three features sway, rounded as the file holds them; the first two go together."""
    names, votes = drawn(rng, strengths=np.linspace(1, -1, 8), votes=1500, ties=0.0)
    features = rng.standard_normal((1500, 3)) @ np.array([[1, 0.5, 0], [0, 1, 0], [0, 0, 1]])
    features[:, 0] += 0.8 * (votes["left"] == 0) - 0.8 * (votes["right"] == 0)
    features = features.round(3)
    strengths = np.linspace(1, -1, 8)
    gap = strengths[votes["left"]] - strengths[votes["right"]] + features @ TRUE_EFFECTS
    won = rng.random(1500) < 1 / (1 + np.exp(-gap))
    votes["verdict"] = np.where(rng.random(1500) < 0.2, rng.integers(2, 4, 1500), np.where(won, 0, 1))
    return names, votes, features


def main() -> None:
    """Write `votes.json` and `style.json`."""
    rng = np.random.default_rng(SEED)
    packages = ("statsmodels", "choix", "numpy", "scipy", "pandas")
    made = {"by": "make.py", "seed": SEED, "python": platform.python_version()} | {
        name: version(name) for name in packages
    }
    sets = {}
    for name, (names, votes) in invented_votes(rng).items():
        sets[name] = {"votes": compact(votes, names), "half_wins": half_wins(votes, names)}
        if (votes["verdict"] > 1).any():
            sets[name] |= {"davidson": davidson(votes, names), "rao_kupper": rao_kupper(votes, names)}
        else:
            sets[name]["choix"] = by_choix(votes, names)
    write("votes.json", {"made": made, "sets": sets})

    names, votes, features = styled_votes(rng)
    rows = [
        [names[row.left], names[row.right], VERDICTS[row.verdict], *map(float, values)]
        for row, values in zip(votes.itertuples(index=False), features, strict=True)
    ]
    style = {"features": FEATURES, "votes": rows, "controlled": half_wins(votes, names, features)}
    write("style.json", {"made": made, **style, "raw": half_wins(votes, names)})


def write(name: str, contents: dict[str, Any]) -> None:
    """Write a golden; numbers keep all their digits."""
    (HERE / name).write_text(json.dumps(contents, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
