"""CPU time, memory and accuracy of the ratings beside the field's tools, in one run.

    nice -n 10 python benchmarks/ranking.py [--votes 10000000] [--contenders 200]

arena-rank, evalica and choix are installed from the package index into a temporary environment. Every case runs in a
process of its own with one BLAS thread, on the same simulated votes in the form its callers hold them: strings in a
pandas frame for arena-rank, lists for evalica, half-win counts for choix; small integers (votes), counts (tallies) or
that frame for ours. Counted is the CPU time of all threads from that input to the result, without imports; of ours the
best of five, but for strings. Prints Markdown tables.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

PACKAGES = ("arena-rank==0.1.1", "evalica==0.4.2", "choix==0.4.1")
WORDS = np.array(["model_a", "model_b", "tie", "both_bad"], dtype=object)
NUM_FEATURES = 4
STYLE_VOTES = 2_000_000
REPEATS = 5


def main() -> None:
    """Run all cases and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--votes", type=int, default=10_000_000)
    parser.add_argument("--contenders", type=int, default=200)
    parser.add_argument("--case", nargs=2, metavar=("NAME", "FOLDER"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.case:
        name, folder = args.case
        print(json.dumps(CASES[name](Path(folder))))
        return
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        theirs = _environment(folder / "environment")
        _write_votes(folder, args.votes, args.contenders)
        results = {name: _run(name, folder, theirs if name in THEIRS else sys.executable) for name in CASES}
    _print_ratings(results, args.votes, args.contenders)
    _print_style(results, args.contenders)


def _environment(folder: Path) -> str:
    venv.create(folder, with_pip=True)
    python = str(folder / "bin/python")
    subprocess.run([python, "-m", "pip", "install", "--quiet", *PACKAGES], check=True, stderr=subprocess.DEVNULL)
    return python


def _write_votes(folder: Path, num_votes: int, num_contenders: int) -> None:
    from leaderboard.bradley_terry import logistic
    from leaderboard.simulation import random_pairs, simulated_votes
    from leaderboard.tallies import Tallies
    from leaderboard.verdict import A, B

    rng = np.random.default_rng(20261122)
    strengths = rng.normal(0, 0.6, num_contenders)
    votes = simulated_votes(strengths, random_pairs(num_contenders, num_votes, rng), rng)
    np.save(folder / "names.npy", np.array(votes.contenders))
    for name, column in (("left", votes.left), ("right", votes.right)):
        np.save(folder / f"{name}.npy", column.astype(np.int16))
    np.save(folder / "verdict.npy", votes.verdict)
    np.save(folder / "counts.npy", Tallies.from_votes(votes).counts)
    few = min(num_votes, STYLE_VOTES)
    features = rng.standard_normal((NUM_FEATURES, few))
    gaps = strengths[votes.left[:few]] - strengths[votes.right[:few]] + np.array([0.45, 0.1, -0.2, 0.0]) @ features
    np.save(folder / "features.npy", features)
    np.save(folder / "styled.npy", np.where(rng.random(few) < logistic(gaps), A, B).astype(np.int8))


def _run(name: str, folder: Path, python: str) -> dict[str, Any]:
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    command = [python, __file__, "--case", name, str(folder)]
    print(f"running {name} …", file=sys.stderr)
    done = subprocess.run(command, env={**os.environ, **threads}, stdout=subprocess.PIPE, text=True, check=True)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def _print_ratings(results: dict[str, dict[str, Any]], num_votes: int, num_contenders: int) -> None:
    best, refreshed = results["ours, from votes"], results["ours, from tallies"]
    exact = np.array(best["ratings"])
    print(f"\nRatings of {num_contenders} contenders from {num_votes:,} votes:\n")
    print("| | CPU s | × ours from votes | × ours from tallies | peak MB | × ours | furthest from the optimum, Elo |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    for name, result in results.items():
        if "ratings" in result:
            far = np.abs(np.array(result["ratings"]) - exact).max()
            print(
                f"| {name} | {result['cpu_s']:.4g} | {result['cpu_s'] / best['cpu_s']:,.3g} "
                f"| {result['cpu_s'] / refreshed['cpu_s']:,.3g} | {result['peak_mb']:,.0f} "
                f"| {result['peak_mb'] / best['peak_mb']:.1f} | {far:.1e} |"
            )


def _print_style(results: dict[str, dict[str, Any]], num_contenders: int) -> None:
    ours = results["ours, style"]
    print(f"\nStyle control, {num_contenders} contenders, {ours['votes']:,} votes, {NUM_FEATURES} covariates:\n")
    print("| | CPU s | × ours | peak MB | coefficients |")
    print("|---|---:|---:|---:|---|")
    for name, result in results.items():
        if "coefficients" in result:
            shown = ", ".join(f"{value:.4f}" for value in result["coefficients"])
            ratio = result["cpu_s"] / ours["cpu_s"]
            print(f"| {name} | {result['cpu_s']:.4g} | {ratio:.3g} | {result['peak_mb']:,.0f} | {shown} |")


def _cpu_s() -> float:
    use = resource.getrusage(resource.RUSAGE_SELF)
    return use.ru_utime + use.ru_stime


def _timed(work: Callable[[], Any], repeats: int = 1) -> tuple[float, Any]:
    """Return the best CPU time of some runs and the last result."""
    times = []
    for _ in range(repeats):
        begin = _cpu_s()
        result = work()
        times.append(_cpu_s() - begin)
    return min(times), result


def _report(cpu_s: float, **figures: Any) -> dict[str, Any]:
    # Not ru_maxrss: that of a new process begins with what the one that started it had.
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return {"cpu_s": cpu_s, "peak_mb": int(status["VmHWM"].split()[0]) / 1024, **figures}


def _by_name(ratings: dict[str, float]) -> list[float]:
    """Return ratings in the order of names, their mean moved to 1000."""
    values = np.array([ratings[name] for name in sorted(ratings)])
    return (values - values.mean() + 1000).tolist()


def _columns(folder: Path) -> tuple[tuple[str, ...], Any, Any, Any]:
    names = tuple(np.load(folder / "names.npy").tolist())
    return names, *(np.load(folder / f"{column}.npy") for column in ("left", "right", "verdict"))


def _counts(folder: Path) -> tuple[tuple[str, ...], Any]:
    return tuple(np.load(folder / "names.npy").tolist()), np.load(folder / "counts.npy")


def _ours_from_votes(folder: Path) -> dict[str, Any]:
    from leaderboard import Ranking, Tallies, rank

    columns = _columns(folder)
    cpu_s, ranking = _timed(lambda: rank(Tallies.from_ids(*columns)), REPEATS)
    assert isinstance(ranking, Ranking)
    return _report(cpu_s, ratings=_by_name({s.contender: s.rating for s in ranking.standings}))


def _ours_from_strings(folder: Path) -> dict[str, Any]:
    from leaderboard import Tallies, rank

    frame = _frame(folder)
    cpu_s, ranking = _timed(lambda: rank(Tallies.from_votes(frame)))
    return _report(cpu_s, ratings=_by_name({s.contender: s.rating for s in ranking.standings}))


def _ours_from_tallies(folder: Path) -> dict[str, Any]:
    from leaderboard import Tallies, rank

    names, counts = _counts(folder)
    cpu_s, ranking = _timed(lambda: rank(Tallies(names, counts)), REPEATS)
    return _report(cpu_s, ratings=_by_name({s.contender: s.rating for s in ranking.standings}))


def _ours_after_one_vote(folder: Path) -> dict[str, Any]:
    from leaderboard import Tallies, rank

    names, counts = _counts(folder)
    previous = rank(Tallies(names, counts.copy()))
    counts[0, 1, 0] += 1
    cpu_s, ranking = _timed(lambda: rank(Tallies(names, counts), previous=previous), REPEATS)
    return _report(cpu_s, ratings=_by_name({s.contender: s.rating for s in ranking.standings}))


def _ours_style(folder: Path) -> dict[str, Any]:
    import pandas as pd

    from leaderboard.style import control_style
    from leaderboard.votes import Votes

    names, left, right, _ = _columns(folder)
    features, verdict = np.load(folder / "features.npy"), np.load(folder / "styled.npy")
    votes = Votes(names, left[: len(verdict)], right[: len(verdict)], verdict, pd.DataFrame())
    named = {f"x{number}": values for number, values in enumerate(features)}
    cpu_s, fit = _timed(lambda: control_style(votes, named), REPEATS)
    return _report(cpu_s, coefficients=[c.value for c in fit.coefficients.values()], votes=len(votes))


def _frame(folder: Path, verdict: Any = None) -> Any:
    import pandas as pd

    names, left, right, plain = _columns(folder)
    verdict = plain if verdict is None else verdict
    labels = np.array(names, dtype=object)
    return pd.DataFrame(
        {
            "model_a": labels[left[: len(verdict)]],
            "model_b": labels[right[: len(verdict)]],
            "winner": WORDS[verdict],
        }
    )


def _arena_rank(folder: Path) -> dict[str, Any]:
    from arena_rank.models.bradley_terry import BradleyTerry
    from arena_rank.utils.data_utils import PairDataset

    frame = _frame(folder)

    def work() -> Any:
        dataset = PairDataset.from_pandas(frame)
        return BradleyTerry(dataset.n_competitors).compute_ratings_and_cis(dataset)

    cpu_s, result = _timed(work)
    return _report(cpu_s, ratings=_by_name(dict(zip(result["competitors"], result["ratings"].tolist(), strict=True))))


def _arena_rank_style(folder: Path) -> dict[str, Any]:
    from arena_rank.models.contextual_bradley_terry import ContextualBradleyTerry
    from arena_rank.utils.data_utils import ContextualPairDataset

    features, verdict = np.load(folder / "features.npy"), np.load(folder / "styled.npy")
    frame = _frame(folder, verdict)
    names = [f"x{number}" for number in range(NUM_FEATURES)]
    frame[names] = features.T
    dataset = ContextualPairDataset.from_pandas(frame, names, reweighted=False, normalize_features=False)
    model = ContextualBradleyTerry(dataset.n_competitors, NUM_FEATURES, reg=0.0)

    def work() -> None:
        model.fit(dataset)
        model.compute_ratings_and_cis(dataset)

    cpu_s, _ = _timed(work)
    return _report(cpu_s, coefficients=model.params["coeffs"].tolist())


def _evalica(folder: Path) -> dict[str, Any]:
    import evalica

    names, left, right, verdict = _columns(folder)
    kinds = np.array([evalica.Winner.X, evalica.Winner.Y, evalica.Winner.Draw, evalica.Winner.Draw], dtype=object)
    labels = np.array(names, dtype=object)
    columns = labels[left].tolist(), labels[right].tolist(), kinds[verdict].tolist()
    cpu_s, result = _timed(lambda: evalica.bradley_terry(*columns))
    ratings = 400 * np.log10(result.scores)
    return _report(cpu_s, ratings=_by_name(ratings.to_dict()))


def _choix(folder: Path) -> dict[str, Any]:
    import choix

    names, counts = _counts(folder)
    ties = (counts[:, :, 2] + counts[:, :, 3]) / 2
    wins = counts[:, :, 0] + counts[:, :, 1].T + ties + ties.T
    cpu_s, strengths = _timed(lambda: choix.ilsr_pairwise_dense(wins))
    return _report(cpu_s, ratings=_by_name(dict(zip(names, (400 / np.log(10) * strengths).tolist(), strict=True))))


THEIRS: dict[str, Callable[[Path], dict[str, Any]]] = {
    "arena-rank, ratings and intervals": _arena_rank,
    "evalica, ratings": _evalica,
    "choix, ratings from counts": _choix,
    "arena-rank, style (no penalty)": _arena_rank_style,
}
CASES: dict[str, Callable[[Path], dict[str, Any]]] = {
    "ours, from votes": _ours_from_votes,
    "ours, from tallies": _ours_from_tallies,
    "ours, after one more vote": _ours_after_one_vote,
    "ours, from a frame of strings": _ours_from_strings,
    "ours, style": _ours_style,
    **THEIRS,
}

# Started as a plain file by either interpreter, also where the project is not installed.
if __name__ == "__main__":
    begin = time.monotonic()
    main()
    print(f"{time.monotonic() - begin:.0f} s", file=sys.stderr)
