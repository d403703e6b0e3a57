"""A secret is random, recognizable, and tells when it is mistyped."""

import re

import pytest

from celeriac.access import secret


def test_a_secret_has_the_documented_form_and_no_two_are_alike() -> None:
    made = {secret.new_secret() for _ in range(200)}
    assert len(made) == 200
    assert all(re.fullmatch(r"clrc_[0-9A-Za-z]{49}", text) and secret.well_formed(text) for text in made)


def test_256_bits_fit_into_its_characters() -> None:
    assert 62**43 > 2**256 > 62**42


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text[:-1],
        lambda text: text + "0",
        lambda text: text[:10] + ("a" if text[10] != "a" else "b") + text[11:],
        lambda text: text[:-1] + ("a" if text[-1] != "a" else "b"),
        lambda text: "clrk_" + text[5:],
        lambda text: text.replace("clrc_", "", 1),
        lambda text: text[:10] + "é" + text[11:],
        lambda _: "",
    ],
)
def test_one_that_is_cut_off_or_mistyped_is_not_well_formed(spoil: object) -> None:
    assert callable(spoil)
    assert not secret.well_formed(spoil(secret.new_secret()))


def test_a_digest_is_sha_256_in_hexadecimal() -> None:
    assert secret.digest("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
