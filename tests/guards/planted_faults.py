"""Faults that the suite must catch: what is written, what a tired person could write instead, and who should notice.

    python -m benchmarks.planted_faults            plants each in a copy of the project, and runs these tests
    python -m benchmarks.planted_faults budgets    only those of one area, or of one file

Each is a plausible slip that changes what users get: a side swapped, a condition lost, a flush left out, an order
reversed. None is a matter of speed or of style. The tests named are those nearest to the code, so that a run is short.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One slip.

    Attributes:
        area: what suffers.
        consequence: what a user would meet.
        file: where, from the root of the project.
        sound: what stands there; exactly once.
        faulty: what is planted instead.
        tests: files or single tests, of which at least one must fail.
    """

    area: str
    consequence: str
    file: str
    sound: str
    faulty: str
    tests: tuple[str, ...]


BATTLES = "tests/arena/battles/"
VOTES = "tests/arena/votes/"
BOARD = "tests/arena/board/"
LEADERBOARD = "tests/leaderboard/"
GENERATION = "tests/generation/"
TRAINING = "tests/training/"
CAMPAIGNS = "tests/arena/campaigns/"

FAULTS = (
    Fault(
        "battles",
        "each reply is stored under the contender of the other side",
        "arena/battles/record.py",
        "zip(SIDES, (battle.contender_a_id, battle.contender_b_id), strict=True)",
        "zip(SIDES, (battle.contender_b_id, battle.contender_a_id), strict=True)",
        (BATTLES + "test_record.py",),
    ),
    Fault(
        "battles",
        "in later turns side b is told the words of side a as its own",
        "arena/battles/record.py",
        'Message("assistant", turn.current(side).text)',
        'Message("assistant", turn.current("a").text)',
        (BATTLES + "test_record.py",),
    ),
    Fault(
        "battles",
        "a stranger who knows a handle stops the replies of another voter",
        "arena/battles/battles.py",
        "if running and running.race and running.voter == voter:",
        "if running and running.race:",
        (BATTLES + "test_battles.py",),
    ),
    Fault(
        "battles",
        "a vote counts although one of the two answers tells who wrote it",
        "arena/battles/battles.py",
        "if any(reply.names_itself for reply in current_replies(battle)):",
        "if all(reply.names_itself for reply in current_replies(battle)):",
        (BATTLES + "test_self_naming.py",),
    ),
    Fault(
        "battles",
        "who looks at a battle that is being answered ends its replies in the database",
        "arena/battles/battles.py",
        "if handle not in self._running and any(",
        "if any(",
        (BATTLES + "test_battles.py",),
    ),
    Fault(
        "battles",
        "a contender rests for its first failures of all, and never for its last",
        "arena/battles/queries.py",
        "query.order_by(Reply.id.desc()).limit(number)",
        "query.order_by(Reply.id).limit(number)",
        (BATTLES + "test_cooldowns.py",),
    ),
    Fault(
        "battles",
        "a place at an endpoint is lost for ever when a voter leaves just as their turn comes",
        "arena/battles/lanes.py",
        "            if me.admitted:\n                self.leave()\n            else:\n",
        "            if not me.admitted:\n",
        (BATTLES + "test_lanes.py",),
    ),
    Fault(
        "battles",
        "a reply that has ended is overwritten by what it said a moment before",
        "arena/db/queries.py",
        '.where(Reply.id == bindparam("reply_id"), Reply.status == ReplyStatus.STREAMING)',
        '.where(Reply.id == bindparam("reply_id"))',
        (BATTLES + "test_battles.py",),
    ),
    Fault(
        "votes",
        "a vote cast while its voter is excluded is excluded and counted",
        "arena/votes/exclusions.py",
        "            tallies.lock(session)  # no other vote is committed between the count and the change\n",
        "",
        ("tests/arena/db/test_tallies.py",),
    ),
    Fault(
        "votes",
        "new labels count votes that are excluded",
        "arena/votes/labels.py",
        "if before != after and not battle.vote.excluded:",
        "if before != after:",
        (VOTES + "test_labels.py",),
    ),
    Fault(
        "votes",
        "both sides are labelled with how the answers of side a look",
        "arena/votes/labels.py",
        "style_of(turn.current(side).text for turn in battle.turns)",
        'style_of(turn.current("a").text for turn in battle.turns)',
        (VOTES + "test_labels.py",),
    ),
    Fault(
        "votes",
        "votes come in the order from the newest to the oldest",
        "arena/votes/single_votes.py",
        "zip(*reversed(rows), strict=True)",
        "zip(*rows, strict=True)",
        (BOARD + "test_depth.py",),
    ),
    Fault(
        "votes",
        "ratings at equal style take each side's answers for those of the other",
        "arena/votes/queries.py",
        "for feature in features for side in SIDES]",
        "for feature in features for side in reversed(SIDES)]",
        (VOTES + "test_style_votes.py",),
    ),
    Fault(
        "votes",
        "a vote is counted on the day on which its battle began",
        "arena/db/tallies.py",
        "return cls(vote.cast_at.date(), *sides, vote.verdict, slice_id=slice_id)",
        "return cls(battle.opened_at.date(), *sides, vote.verdict, slice_id=slice_id)",
        (BATTLES + "test_battles.py",),
    ),
    Fault(
        "votes",
        "boards do not see the second vote on a pair with the same verdict",
        "arena/db/tallies.py",
        "| {name: statement.excluded[name] for name in same}",
        "",
        (BOARD + "test_standings.py",),
    ),
    Fault(
        "tallies",
        "a board that somebody holds changes under their hands",
        "arena/votes/running_tallies.py",
        "grown = Tallies(grown.contenders, grown.counts.copy())",
        "grown = Tallies(grown.contenders, grown.counts)",
        (BOARD + "test_standings.py",),
    ),
    Fault(
        "tallies",
        "a board since a day leaves out the votes of that day",
        "arena/db/tallies.py",
        "sums.where(Tally.day >= selection.since)",
        "sums.where(Tally.day > selection.since)",
        (BOARD + "test_standings.py",),
    ),
    Fault(
        "tallies",
        "a board of some contenders shows the counts of others",
        "leaderboard/tallies.py",
        "source = [place[names[index]] for index in known]",
        "source = sorted(place[names[index]] for index in known)",
        (LEADERBOARD + "test_tallies.py",),
    ),
    Fault(
        "tallies",
        "of very many votes, one in 131,072 is not counted",
        "leaderboard/tallies.py",
        "slice(begin, begin + step)",
        "slice(begin, begin + step - 1)",
        (LEADERBOARD + "test_tallies.py",),
    ),
    Fault(
        "tallies",
        "intervals of weighted votes are wrong, the ratings right",
        "leaderboard/tallies.py",
        "for w in (weights, weights**2))",
        "for w in (weights, weights))",
        (LEADERBOARD + "test_weights.py",),
    ),
    Fault(
        "tallies",
        "the board that is read most is forgotten, and the one that nobody asks for is kept",
        "arena/board/standings.py",
        "        self._boards.move_to_end(selection)\n",
        "",
        (BOARD + "test_standings.py",),
    ),
    Fault(
        "tallies",
        "a contender's new label or status is not shown until the next vote",
        "arena/board/standings.py",
        "if before and _same(before.tallies, tallies) and before.contenders == contenders:",
        "if before and _same(before.tallies, tallies):",
        (BOARD + "test_standings.py",),
    ),
    Fault(
        "budgets",
        "the request that passes a limit is still let through",
        "arena/battles/queries.py",
        "where=sum_ <= limit",
        "where=Spending.usd <= limit",
        (BATTLES + "test_budgets.py",),
    ),
    Fault(
        "budgets",
        "only one of the two replies is reserved in the accounts that pay for both",
        "arena/battles/budgets.py",
        "totals[account] = totals.get(account, 0.0) + usd",
        "totals[account] = usd",
        (BATTLES + "test_budgets.py",),
    ),
    Fault(
        "budgets",
        "a reply whose cost is not known costs nothing",
        "arena/battles/budgets.py",
        "        if usd is None:\n            return\n",
        "        usd = usd or 0.0\n",
        (BATTLES + "test_budgets.py",),
    ),
    Fault(
        "budgets",
        "a contender whose budget was raised is not drawn again before a restart",
        "arena/battles/budgets.py",
        "for slug, until in self._spent_out.items() if until > time.monotonic()}",
        "for slug, until in self._spent_out.items()}",
        (BATTLES + "test_budgets.py",),
    ),
    Fault(
        "budgets",
        "requests in flight together spend more than a run may",
        "generation/asking/budget.py",
        "self.cost + self.reserved + cost <= rules.max_cost",
        "self.cost + cost <= rules.max_cost",
        (GENERATION + "asking/test_asking.py",),
    ),
    Fault(
        "budgets",
        "a run sends more requests than it may, as many as are in flight",
        "generation/asking/budget.py",
        "self.requests + self.in_flight >= rules.max_requests",
        "self.requests >= rules.max_requests",
        (GENERATION + "asking/test_asking.py",),
    ),
    Fault(
        "masks",
        "of texts, more tokens are counted as learned than are learned",
        "training/examples.py",
        "[False] + [True] * (len(part) - 1)",
        "[True] * len(part)",
        (TRAINING + "test_examples.py",),
    ),
    Fault(
        "masks",
        "the first token of a document is learned from the end of another",
        "training/rows.py",
        "flags = [flag and at > 0 for",
        "flags = [flag for",
        (TRAINING + "test_rows.py",),
    ),
    Fault(
        "masks",
        "every token sees those that follow it",
        "training/attention.py",
        "is_causal=True",
        "is_causal=False",
        (TRAINING + "test_attention.py",),
    ),
    Fault(
        "masks",
        "every epoch goes through the examples in the same order",
        "training/packing.py",
        'random.Random(f"{seed}/{epoch}")',
        'random.Random(f"{seed}")',
        (TRAINING + "test_packing.py",),
    ),
    Fault(
        "masks",
        "what is held out to be measured is learned too",
        "training/objective.py",
        "super().__init__(items[:at], items[at:], reading.counts())",
        "super().__init__(items, items[at:], reading.counts())",
        (TRAINING + "test_objective.py",),
    ),
    Fault(
        "masks",
        "earlier turns, which both replies share, count as what was voted for",
        "training/preferences.py",
        "flag and at >= begun for",
        "flag for",
        (TRAINING + "test_preferences.py",),
    ),
    Fault(
        "journal",
        "an answer that was paid for is lost in a power cut",
        "generation/asking/journal.py",
        '_DURABLE = {"opened", "answered", "given_up", "stopped"}',
        '_DURABLE = {"opened", "given_up", "stopped"}',
        (GENERATION + "asking/test_journal.py",),
    ),
    Fault(
        "journal",
        "a full disk leaves half a line, to which the next event is glued",
        "generation/asking/journal.py",
        "            os.ftruncate(self._file, size)\n",
        "",
        (GENERATION + "asking/test_journal.py",),
    ),
    Fault(
        "journal",
        "the nights between two sessions count as hours of the run",
        "generation/asking/journal.py",
        'if event["event"] != "opened":',
        "if self._last_at:",
        (GENERATION + "asking/test_journal.py",),
    ),
    Fault(
        "journal",
        "a resumed run forgets what it has spent, and may spend it again",
        "generation/asking/asking.py",
        "            budget.settle(step_of(request), answer)\n",
        "            pass\n",
        (GENERATION + "asking/test_asking.py",),
    ),
    Fault(
        "journal",
        "a long run ends at its third refusal, however many answers came in between",
        "generation/asking/asking.py",
        "        self._rejections = 0\n        return answer\n",
        "        return answer\n",
        (GENERATION + "asking/test_asking.py",),
    ),
    Fault(
        "journal",
        "the price of a thousand examples is that of a thousand candidates",
        "generation/runs/results.py",
        "1000 * cost / len(kept)",
        "1000 * cost / len(harvest.fates)",
        (GENERATION + "runs/test_results.py",),
    ),
    # Planted by hand before; they survived once.
    Fault(
        "votes",
        "on PostgreSQL, who reads what is new misses one of two votes cast at the same time",
        "arena/db/tallies.py",
        "        session.execute(select(func.pg_advisory_xact_lock(COUNTING_LOCK)))\n",
        "        pass\n",
        ("tests/arena/db/test_tallies.py",),
    ),
    Fault(
        "masks",
        "a rank with nothing to do in a step learns an example a second time",
        "training/optimizer_step.py",
        "objective.loss(row.token_losses(weights), used) * bool(numbers) / weight",
        "objective.loss(row.token_losses(weights), used) / weight",
        (
            TRAINING
            + "test_ranks.py::test_a_rank_without_an_example_in_a_step_changes_neither_the_loss_nor_the_weights",
        ),
    ),
    Fault(
        "battles",
        "when a limit is raised, who comes later is served before those who wait",
        "arena/battles/lanes.py",
        "            self.places = places\n            self._admit()\n",
        "            self.places = places\n",
        (BATTLES + "test_lanes.py",),
    ),
    Fault(
        "campaigns",
        "two raters get one booklet",
        "arena/campaigns/queries.py",
        "update(Booklet).where(Booklet.id == booklet_id, Booklet.rater_id.is_(None))",
        "update(Booklet).where(Booklet.id == booklet_id)",
        (CAMPAIGNS + "test_booklets.py",),
    ),
    Fault(
        "campaigns",
        "an odd lane shows every answer on the same side as the lane that it should mirror",
        "arena/campaigns/assignment.py",
        "placed = [one.mirrored for one in placed] if at % 2 else",
        "placed = [one for one in placed] if at % 2 else",
        (CAMPAIGNS + "test_assignment.py",),
    ),
    Fault(
        "campaigns",
        "a request that was under way when a run was killed costs nothing",
        "arena/campaigns/queries.py",
        "statement.values(status=TryStatus.LOST)",
        "statement.values(status=TryStatus.LOST, usd=0.0)",
        (CAMPAIGNS + "test_answers.py",),
    ),
    Fault(
        "campaigns",
        "a rater's page shows the name of whoever wrote an answer",
        "arena/campaigns/raters.py",
        "    if not answer.names_itself:\n",
        "    if answer.names_itself or answer.texts:\n",
        (CAMPAIGNS + "test_raters.py",),
    ),
    Fault(
        "campaigns",
        "results of an open campaign are shown to whoever asks",
        "arena/campaigns/progress.py",
        "if campaign.status is not CampaignStatus.CLOSED and not queries.early_looks(session, campaign.id):",
        "if campaign.status is CampaignStatus.DRAFT:",
        (CAMPAIGNS + "test_progress.py",),
    ),
    Fault(
        "statistics",
        "three voters who happen to agree make an interval far too narrow",
        "leaderboard/dependence.py",
        "return np.maximum(robust - chance * independent, 0.0)",
        "return robust - chance * independent",
        (LEADERBOARD + "test_clusters.py",),
    ),
    Fault(
        "statistics",
        "five judgements of one prompt are tested as five prompts",
        "arena/campaigns/report/results.py",
        "p_value=sign_flips(prompts),",
        "p_value=decisive.p_value,",
        ("tests/arena/campaigns/report/test_results.py",),
    ),
    Fault(
        "statistics",
        "a judgement that was changed after a judge's verdict counts",
        "arena/campaigns/report/standing.py",
        "(second if said.second_look else blind)[said.assignment] = said",
        "blind[said.assignment] = said",
        ("tests/arena/campaigns/report/test_standing.py",),
    ),
)
