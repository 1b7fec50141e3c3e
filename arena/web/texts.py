"""Every sentence that the pages say, apart from what errors say themselves."""

from arena.battle_view import Side
from leaderboard import Verdict

TAGLINE = "Two anonymous assistants answer you. Say which is better, then see who they are."
HERO = "Ask anything. Judge blind."

PROMPT_LABEL = "Your prompt"
PROMPT_HINT = "Ask anything"
SEND = "Send"
STOP = "Stop"
AGAIN = "Answer again"
NEW = "New battle"
BALLOT_LABEL = "Your vote"
VERDICTS = {
    Verdict.A: "A is better",
    Verdict.TIE: "Tie",
    Verdict.BOTH_BAD: "Both bad",
    Verdict.B: "B is better",
}
NAMES: dict[Side, str] = {"a": "Assistant A", "b": "Assistant B"}

WRITING = "The assistants are writing."
COMPLETE = "Both replies are complete. Which one is better? You can also ask on."
COMPLETE_LAST = "Both replies are complete. Which one is better?"
UNFINISHED = "Not every reply is complete, so there is nothing to vote on yet. Ask for new answers, or start a new battle."
OVER = "This battle cannot be voted on. Start a new battle."
VOID = "{who} failed, so this battle does not count. Start a new battle: your prompt is kept."
BOTH_SIDES = "Both assistants"
VOTED = "Vote counted: {verdict}."

MADE_BY = "Made by"
LICENCE = "Licence"
LINEAGE = "Lineage"

THINKING = "Thinking"
PAGES = {"/": "Battle", "/leaderboard": "Leaderboard", "/about": "How it works"}

SLOW = "This takes longer than usual."
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
NOT_TEXT = "This prompt holds characters that are not text."
BROKE = "Something went wrong on our side. Your battle is kept; reload the page to go on. (Error {id})"
LOST = "The connection is lost. Reconnecting…"
