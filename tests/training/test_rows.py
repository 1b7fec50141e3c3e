"""Rows: documents side by side, a shared beginning computed once, and nothing learned across their borders."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.training.documents import documents
from training.examples import TokenizedExample
from training.rows import LEAST_SHARED, flat_row


def test_what_documents_begin_with_in_common_is_computed_once():
    row = flat_row(documents())
    tokens = sum(len(document.ids) for document in documents())
    # The preamble thrice and the prompt twice; of the last document, all of it.
    assert row.input_ids.shape[1] == tokens - 2 * 14 - 10 - len(documents()[-1].ids)
    assert row.layout.lengths == [len(document.ids) for document in documents()]
    assert row.layout.written_out(row.input_ids, dim=1)[0].tolist() == [id_ for one in documents() for id_ in one.ids]


def test_the_first_token_of_a_document_is_never_predicted_from_the_one_before():
    row = flat_row([TokenizedExample([1, 2], [True, True], ""), TokenizedExample([3, 4], [True, True], "")])
    assert row.predicting.tolist() == [0, 2]
    assert row.targets.tolist() == [2, 4]


def test_a_beginning_too_short_to_be_worth_it_is_laid_down_twice():
    for shared, positions in ((LEAST_SHARED - 1, 2 * LEAST_SHARED), (LEAST_SHARED, LEAST_SHARED + 2)):
        alike = [TokenizedExample([*range(shared), last], [True] * (shared + 1), "") for last in (90, 91)]
        assert flat_row(alike).input_ids.shape[1] == positions


@given(st.lists(st.lists(st.integers(0, 1), min_size=2, max_size=40), min_size=1, max_size=8))
def test_any_documents_come_back_whole_with_their_own_positions_and_targets(drawn: list[list[int]]):
    row = flat_row([TokenizedExample(ids, [True] * len(ids), "") for ids in drawn])
    assert row.layout.written_out(row.input_ids[0], dim=0).tolist() == [id_ for ids in drawn for id_ in ids]
    places = row.layout.written_out(row.position_ids[0], dim=0).tolist()
    assert places == [place for ids in drawn for place in range(len(ids))]
    assert row.targets.tolist() == [id_ for ids in drawn for id_ in ids[1:]]
    assert row.input_ids[0, row.predicting].tolist() == [id_ for ids in drawn for id_ in ids[:-1]]
    assert torch.equal(row.layout.folded(row.layout.written_out(row.input_ids, dim=1), dim=1), row.input_ids)
