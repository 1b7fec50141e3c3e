"""The leaderboard page: a table of ratings with what they rest on, renewed while it is open."""

from html import escape
from typing import Any

import gradio as gr

from arena.contender_status import ContenderStatus
from arena.errors import ArenaError
from arena.standings import Standings, StandingsView
from arena.web import texts
from arena.web.masthead import masthead
from leaderboard import Ranking, Standing, Status


def leaderboard_page(page: gr.Blocks, standings: Standings, *, title: str, refresh_s: float) -> None:
    """Lay out the page in `page` and keep it current."""
    masthead(title, "/leaderboard")
    board = gr.HTML(js_on_load=None, apply_default_css=False, elem_id="board")
    problem = gr.HTML(html_template='<p role="status">${value}</p>', js_on_load=None, apply_default_css=False)

    async def refresh() -> dict[Any, str]:
        try:
            view = await standings.current()
        except ArenaError:
            return {problem: texts.BOARD_IS_OLD}
        return {board: board_html(view), problem: ""}

    gr.on(
        [page.load, gr.Timer(refresh_s).tick],
        refresh,
        None,
        [board, problem],
        show_progress="hidden",
        api_visibility="private",
    )


def board_html(view: StandingsView) -> str:
    """Return the whole board as HTML."""
    ranking = view.ranking
    notes = "".join(f"<p>{escape(note)}</p>" for note in ranking.notes)
    counted = f"{view.as_of.day} {view.as_of:%B %Y, %H:%M} UTC"
    return f"""
<header class="lead">
  <h1>{texts.LEADERBOARD}</h1>
  <p>{texts.COUNTED.format(votes=f"{ranking.votes:,}", time=counted)} <a href="/api/leaderboard">{texts.AS_JSON}</a></p>
</header>
{_table(view) if ranking.standings else f'<p><a class="call" href="/">{texts.FIRST_VOTE}</a></p>'}
<section class="notes">{notes}</section>
{_legend(ranking) if ranking.standings else ""}"""


def _table(view: StandingsView) -> str:
    standings = view.ranking.standings
    lowest, highest = min(standing.lower for standing in standings), max(standing.upper for standing in standings)
    scale = (lowest, max(highest - lowest, 1.0))
    rows = [_row(standing, view, scale) for standing in standings]
    heads = "".join(f'<th scope="col">{name}</th>' for name in texts.COLUMNS)
    return f"""
<div class="wide"><table class="board">
<thead><tr>{heads}</tr></thead>
<tbody>{"".join(rows)}</tbody>
</table></div>"""


def _row(standing: Standing, view: StandingsView, scale: tuple[float, float]) -> str:
    note = f'<tr class="note"><td></td><td colspan="5">{escape(standing.note)}</td></tr>' if standing.note else ""
    return f"""
<tr>
  <td>{_rank(standing)}</td>
  <th scope="row">{_contender(standing, view)}</th>
  <td><strong>{standing.rating:.0f}</strong> <small>{standing.lower:.0f} – {standing.upper:.0f}</small></td>
  <td>{_bar(standing, scale)}</td>
  <td>{standing.votes:,}</td>
  <td>{standing.win_rate:.0%}</td>
</tr>{note}"""


def _rank(standing: Standing) -> str:
    board = f"<small>{texts.BOARD.format(number=standing.component + 1)}</small>" if standing.component else ""
    return f"{standing.rank}{board}"


def _contender(standing: Standing, view: StandingsView) -> str:
    card = view.cards.get(standing.contender)
    place = view.statuses.get(standing.contender, ContenderStatus.ACTIVE)
    pills = [standing.status.value] + ([place.value] if place is not ContenderStatus.ACTIVE else [])
    label = card.label if card else standing.contender
    facts = " · ".join(filter(None, [card.organisation, card.licence])) if card else ""
    return (
        f'<span class="label">{escape(label)}</span> '
        + " ".join(f'<span class="pill">{pill}</span>' for pill in pills)
        + f"<small>{escape(facts)}</small>"
    )


def _bar(standing: Standing, scale: tuple[float, float]) -> str:
    """Draw the interval as a line and the rating as a dot. The numbers beside it say the same."""
    lowest, width = scale
    left, dot, right = (100 * (place - lowest) / width for place in (standing.lower, standing.rating, standing.upper))
    line = f'<i style="left:{left:.1f}%;width:{right - left:.1f}%"></i><b style="left:{dot:.1f}%"></b>'
    return f'<span class="bar" aria-hidden="true">{line}</span>'


def _legend(ranking: Ranking) -> str:
    present = [status for status in Status if any(standing.status is status for standing in ranking.standings)]
    meanings = "".join(f"<dt>{status.value}</dt><dd>{texts.STATUSES[status.value]}</dd>" for status in present)
    return f'<section class="legend"><h2>{texts.READING}</h2><p>{texts.METHOD}</p><dl>{meanings}</dl></section>'
