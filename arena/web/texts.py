"""Every sentence that the pages say, apart from what errors say themselves."""

from arena.db.states import Side
from leaderboard import Verdict

TAGLINE = "Two anonymous assistants answer you. Say which is better, then see who they are."
HERO = "Ask anything. Judge blind."

PROMPT_LABEL = "Your prompt"
PROMPT_HINT = "Ask anything"
PROMPT_HINT_PUBLISHED = "Ask anything. Prompts and answers are published here"
SUGGESTIONS = "Prompts to try"
SEND = "Send"
STOP = "Stop"
AGAIN = "Answer again"
NEW = "New battle"
VERDICTS = {
    Verdict.A: "A is better",
    Verdict.TIE: "Tie",
    Verdict.BOTH_BAD: "Both bad",
    Verdict.B: "B is better",
}
ASKED = "You asked:"
NAMES: dict[Side, str] = {"a": "Assistant A", "b": "Assistant B"}

WRITING = "The assistants are writing."
COMPLETE = "Both replies are complete. Which one is better? You can also ask on."
COMPLETE_LAST = "Both replies are complete. Which one is better?"
UNFINISHED = (
    "Not every reply is complete, so there is nothing to vote on yet. Ask for new answers, or start a new battle."
)
OVER = "This battle cannot be voted on. Start a new battle."
VOID = "{who} failed, so this battle does not count. Start a new battle: your prompt is kept."
BOTH_SIDES = "Both assistants"
VOTED = "Vote counted: {verdict}."
NOT_COUNTED = "Your vote is kept, but left out of the ratings: {reason}."

MADE_BY = "Made by"
LICENCE = "Licence"
LINEAGE = "Lineage"
TOOK = "Its answers took"
TOKENS = "{tokens:,} tokens"
ABOUT_TOKENS = "about {tokens:,} tokens"
SECONDS = "{seconds:.1f} s"
USD = "${usd:.2g} ({basis})"
WATT_HOURS = "{low:.2g} to {high:.2g} Wh"

THINKING = "Thinking"
PAGES = {"/": "Battle", "/leaderboard": "Leaderboard", "/about": "How it works"}

SLOW = "This takes longer than usual."
WITHHELD = "This answer is withheld: moderation flagged it."
QUEUED = "The assistants are busy. You are number {position} in the queue."
UNCHECKED = "Moderation could not be reached, so what you see here was not checked."
SILENT = "This assistant could not answer."
BROKE_OFF = "This assistant broke off."
CUT_OFF = "Cut off at the length limit."
STOPPED = "Stopped by you."
INTERRUPTED = "Interrupted."

REVEAL = "You said: {verdict}"
YOUR_PICK = "Your pick"
UNKNOWN = "not stated"
FIRST_VOTE_COUNTS = "This battle already had your vote. The first one counts: {verdict}."
SAVING = "Saving your vote…"

RESUME = "You have an open battle."
RESUME_LINK = "Go back to it"
NO_COOKIE = "This page needs its cookie to keep your battle. Allow cookies for this site and reload."
NO_BATTLE = "This battle does not exist, or it belongs to another browser. Ask something to start a new one."
BROKE = "Something went wrong on our side. Your battle is kept; reload the page to go on. (Error {number})"
MISSING = "There is no such page"
MISSING_HINT = "Its address may be mistyped."
AWAY = "Back in a moment"
DATABASE_AWAY = "The arena cannot reach its database at the moment. Nothing is lost: try again in a minute."
NOT_SAVED = "Your vote could not be saved, so the names stay hidden. Press a button again to retry."

STATUSES = {
    "established": "The interval is narrow: at most 100 points wide.",
    "provisional": "More votes will still move this rating.",
    "unbeaten": "It has won every battle, so the votes set no upper limit.",
    "winless": "It has lost every battle, so the votes set no lower limit.",
    "one-way": "Its wins and losses do not go both ways with the others.",
    "only ties": "All its battles were ties.",
    "not enough data": "One vote only.",
}
PUBLISHED = "What is published"
ABOUT_PUBLISHED = (
    "On this arena everybody can read what was asked and answered in battles that were voted on, with the names of the "
    "contenders and without the voter's. Battles that moderation or an exclusion took out are not shown."
)
ABOUT = {
    "A battle": (
        "You ask, and two contenders answer side by side. They are drawn at random, and so is the side that each one "
        "takes. Nothing on the page tells who they are. Ask on for as long as you like, then vote: one is better, a "
        "tie, or both are bad. Only then you learn their names, their licences and what they were made from."
    ),
    "One vote a battle": (
        "A vote is final, and only the first one counts, however often a button is pressed. A battle in which a side "
        "fails does not count at all: the failure is recorded against that contender’s endpoint instead. Where an "
        "answer tells who wrote it the vote was not blind: it is kept, but left out of the ratings, and you are told."
    ),
    "The ratings": (
        'The <a href="/leaderboard">leaderboard</a> fits a Bradley–Terry model to all votes and shows each rating with '
        'its 95% interval. Everyone can get the same numbers as <a href="/api/leaderboard">JSON</a>, and see '
        '<a href="/leaderboard/transparency">what was left out</a>.'
    ),
    "What is kept": (
        "The database keeps your prompts, the replies with their times, and your vote. A cookie with a random number "
        "lets you come back to your battles; the database knows only a hash of it. There are no accounts, no trackers "
        "and no requests to other sites. Do not write what must not be read by the people who run this arena, or by "
        "those who run the contenders: your prompts are sent to them."
    ),
}
