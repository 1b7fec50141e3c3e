import asyncio

from arena.audit_log.acting import UNSTATED, account, acting, current_actor


def test_who_acts_and_from_where_is_known_inside_the_block_only():
    with acting("arena votes exclude", who=" ann "):
        assert (current_actor().who, current_actor().origin) == ("ann", "arena votes exclude")
    assert (current_actor().who, current_actor().origin) == (account(), UNSTATED)


async def test_threads_that_a_page_starts_know_it_too():
    with acting("/somewhere"):
        actor = await asyncio.to_thread(current_actor)
    assert (actor.who, actor.origin) == (account(), "/somewhere")
