"""The times of a keeper's rounds."""

from celeriac.ledger.keeping.rounds import INTERVAL_SECONDS, Rounds

NOW, A_MOMENT = 1000.0, 0.025


def test_a_usual_round_leaves_the_early_one_that_was_undertaken() -> None:
    rounds = Rounds(NOW)
    usual_at = rounds.next_at
    early_at = usual_at + A_MOMENT
    rounds.come_early(early_at)
    assert rounds.begin(usual_at) is True
    rounds.come_early(None)  # the script: a keeper has undertaken to come by then
    assert rounds.next_at == early_at
    assert rounds.begin(early_at) is False
    rounds.come_early(None)
    assert rounds.next_at > early_at


def test_an_early_round_leaves_the_time_of_the_usual_one() -> None:
    rounds = Rounds(NOW)
    usual_at = rounds.next_at
    rounds.come_early(NOW + A_MOMENT)
    assert rounds.begin(NOW + A_MOMENT) is False
    assert rounds.next_at == usual_at


def test_a_late_keeper_makes_up_for_no_rounds() -> None:
    rounds = Rounds(NOW)
    rounds.come_early(NOW + A_MOMENT)
    assert rounds.begin(NOW + 60) is True
    assert 0.8 * INTERVAL_SECONDS <= rounds.next_at - (NOW + 60) <= 1.2 * INTERVAL_SECONDS


def test_a_round_that_is_wanted_now_leaves_the_times_of_others() -> None:
    rounds = Rounds(NOW)
    rounds.come_early(NOW + 2 * A_MOMENT)
    assert rounds.begin(NOW + A_MOMENT) is False
    rounds.come_early(None)
    assert rounds.next_at == NOW + 2 * A_MOMENT
