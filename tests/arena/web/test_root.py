"""Where an address leads if the arena lies below its host."""

import pytest

from arena.web.root import lying_at, rooted, rooted_html

PAGE = (
    """<a href="/battles?a=x">x</a><form action="/compare"><link href='/arena.css'><i data-source="/api/plots/x"></i>"""
)


def test_every_address_of_the_arena_gets_the_root():
    with lying_at("/lab/arena"):
        assert rooted("/battles") == "/lab/arena/battles"
        assert rooted_html(PAGE) == PAGE.replace('="/', '="/lab/arena/').replace("='/", "='/lab/arena/")
    assert (rooted("/battles"), rooted_html(PAGE)) == ("/battles", PAGE)


@pytest.mark.parametrize(
    "html",
    [
        '<a href="https://elsewhere.example/x">',
        '<a href="//elsewhere.example/x">',
        '<a href="#plots">',
        '<a href="?a=x">',
        "<p>he wrote href=&#34;/x&#34; and /x</p>",
    ],
)
def test_what_is_no_address_of_the_arena_stays_as_it_is(html: str):
    with lying_at("/arena"):
        assert rooted_html(html) == html
