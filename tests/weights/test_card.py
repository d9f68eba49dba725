import pytest
from hypothesis import given
from hypothesis import strategies as st

import spikecam as sc

texts = st.text(st.characters())  # with what is no valid UTF-8, as file names may hold
scores = st.lists(st.tuples(texts, texts)).map(tuple)


@given(st.lists(texts, min_size=6, max_size=6), scores, texts)
def test_any_card_comes_back(first, scores, limits):
    card = sc.Card(*first, scores, limits)
    text = card.to_json()
    assert text.isascii()
    assert sc.Card.from_json(text) == card


def test_a_card_holds_texts(card):
    held = vars(card)
    with pytest.raises(sc.OptionError, match="text as its commit, not 7"):
        sc.Card(**{**held, "commit": 7})
    for wrong in ((("PSNR", 33.1),), ("PSNR",), {"PSNR": "33"}, None):
        with pytest.raises(sc.OptionError, match="pairs of texts as its scores"):
            sc.Card(**{**held, "scores": wrong})


@pytest.mark.parametrize(
    "text", ["", "7", "[]", "{}", '{"name": "a"}', '{"scores": 7}', "[" * 9999]
)
def test_what_is_no_card_is_refused(text):
    with pytest.raises(sc.FileError, match="no card"):
        sc.Card.from_json(text)


def test_a_card_has_nothing_besides(card):
    more = card.to_json().replace("{", '{"mood": "good", ', 1)
    with pytest.raises(sc.FileError, match="no card"):
        sc.Card.from_json(more)
