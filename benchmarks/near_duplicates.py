"""The near-duplicate filter against the original way, in one run.

    python benchmarks/near_duplicates.py

The original way is Stanford Alpaca's: for each candidate a new pool of 16 processes, each running rouge-score against
its share of the pool. Both judge the same held-out candidates against the same pools, in turn, and must agree to the
last bit. Then our whole stream of 52,002 candidates, of which the accepted ones join the pool, and the command end to
end. CPU is that of this process and of its children.

The texts are the published Alpaca instructions where they lie beside the checkout, else made here from a seed.
"""

import argparse
import gzip
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing import Pool
from pathlib import Path
from typing import get_args

from rouge_score import rouge_scorer

from generation.candidates.near_duplicates import NearDuplicates
from generation.candidates.rouge import Profile
from generation.dataset import write_jsonl

POOL_SIZES = (1_000, 5_000, 10_000, 26_000)
STREAM = 52_002
PROCESSES = 16
REPEATS = 20
SCORER = rouge_scorer.RougeScorer(["rougeL"], use_stemmer=False)


@dataclass
class Cost:
    """Milliseconds of CPU, children included, and of wall time."""

    cpu: float = 0.0
    wall: float = 0.0

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(self.cpu + other.cpu, self.wall + other.wall)


@contextmanager
def measured() -> Iterator[Cost]:
    """Yield a cost that is known when the block ends."""
    cost, used, begun = Cost(), cpu_seconds(), time.perf_counter()
    yield cost
    cost.wall = 1000 * (time.perf_counter() - begun)
    cost.cpu = 1000 * (cpu_seconds() - used)


def cpu_seconds() -> float:
    """Return the CPU time of this process and of its ended children."""
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def instructions(rng: random.Random) -> list[str]:
    """Return 26,178 distinct instructions in random order."""
    for folder in Path(__file__).resolve().parents:
        path = folder / "shared/data/generation/alpaca_26178.json.gz"
        if path.exists():
            with gzip.open(path) as file:
                texts = [row["instruction"] for row in json.load(file)]
            rng.shuffle(texts)
            print(f"texts: {len(texts):,} published Alpaca instructions")
            return texts
    vocabulary = ["".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=rng.randint(2, 9))) for _ in range(12_000)]
    frequencies = [1 / (rank + 3) for rank in range(len(vocabulary))]
    texts = [" ".join(rng.choices(vocabulary, frequencies, k=max(4, round(rng.gauss(10, 3))))) for _ in range(26_178)]
    print(f"texts: {len(texts):,} synthetic instructions (the published ones are not on this machine)")
    return texts


def variants(texts: Sequence[str], number: int, rng: random.Random) -> list[str]:
    """Return `number` texts made from `texts` by replacing one to all of their words: some near, most not."""
    vocabulary = sorted({word for text in texts for word in text.split()})
    made = []
    for text in rng.choices(texts, k=number):
        words = text.split()
        for place in rng.sample(range(len(words)), k=rng.randint(1, len(words))):
            words[place] = rng.choice(vocabulary) if rng.random() < 0.5 else rng.choice(rng.choice(texts).split())
        made.append(" ".join(words))
    return made


def originally(candidate: str, pool: Sequence[list[str]]) -> float:
    """Return the highest F in the original way: tokens of the pool are at hand, processes are not."""
    tokens = SCORER._tokenizer.tokenize(candidate)
    with Pool(PROCESSES) as processes:
        scores = processes.map(partial(rouge_scorer._score_lcs, tokens), pool)
    return max(score.fmeasure for score in scores)


def compare(texts: Sequence[str], number: int) -> None:
    """Print the cost of one candidate at each pool size, in both ways, after checking that they agree."""
    candidates = texts[POOL_SIZES[-1] :][:number]
    tokens = [SCORER._tokenizer.tokenize(text) for text in texts[: POOL_SIZES[-1]]]
    print("\n| pool | original, CPU ms | ours, CPU ms | ratio | original, wall ms | ours, wall ms | ratio |")
    print("|---:|---:|---:|---:|---:|---:|---:|")
    for size in POOL_SIZES:
        pool = NearDuplicates("alpaca")
        for text in texts[:size]:
            pool.add(text)
        original = ours = Cost()
        for candidate in candidates:
            with measured() as cost:
                expected = originally(candidate, tokens[:size])
            original += cost
            with measured() as cost:
                for _ in range(REPEATS):
                    nearest = pool.nearest(candidate)
            ours += cost
            assert (nearest.score if nearest else 0.0) == expected, candidate
        old = Cost(original.cpu / number, original.wall / number)
        new = Cost(ours.cpu / number / REPEATS, ours.wall / number / REPEATS)
        print(
            f"| {size:,} | {old.cpu:,.0f} | {new.cpu:.3f} | {old.cpu / new.cpu:,.0f} "
            f"| {old.wall:,.0f} | {new.wall:.3f} | {old.wall / new.wall:,.0f} |",
            flush=True,
        )


def run_stream(texts: Sequence[str]) -> None:
    """Print what our whole job costs, in both profiles: each candidate offered, with its nearest text."""
    for profile in get_args(Profile):
        pool = NearDuplicates(profile)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        with measured() as cost:
            accepted = sum(pool.offer(text).accepted for text in texts)
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory) / 1024
        print(
            f"stream, {profile}: {len(texts):,} candidates, {accepted:,} accepted, {cost.cpu / 1000:.1f} s CPU, "
            f"{cost.wall / 1000:.1f} s wall, {grown:.0f} MiB more memory at the peak",
            flush=True,
        )


def run_command(texts: Sequence[str], candidates: Sequence[str]) -> None:
    """Print what `arena generate dedup` costs end to end, start of Python included."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / name for name in ("pool.jsonl", "candidates.jsonl")]
        for path, rows in zip(paths, (texts, candidates), strict=True):
            write_jsonl(path, [{"instruction": text} for text in rows])
        command = [sys.executable, "-m", "arena", "generate", "dedup", "--json", "--profile", "alpaca"]
        with measured() as cost:
            done = subprocess.run(
                [*command, "--pool", paths[0], "--candidates", paths[1]], check=True, capture_output=True
            )
    lines = done.stdout.count(b"\n")
    print(
        f"command: {lines:,} candidates against {len(texts):,}, {cost.cpu / 1000:.2f} s CPU, "
        f"{cost.wall / 1000:.2f} s wall, {cost.cpu / lines:.2f} ms CPU a candidate"
    )


def main() -> None:
    """Run everything and print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--candidates", type=int, default=12, help="how many the original way judges at each size (12)")
    args = parser.parse_args()
    rng = random.Random(1)
    texts = instructions(rng)
    stream = texts + variants(texts, STREAM - len(texts), rng)
    rng.shuffle(stream)
    run_stream(stream)
    run_command(texts[:26_000], variants(texts, 1_000, rng))
    compare(texts, args.candidates)


if __name__ == "__main__":
    main()
