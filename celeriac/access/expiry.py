"""When a key expires: a duration from now on, or a moment."""

from datetime import UTC, datetime

from celeriac.values.durations import WORDS, duration_of

LONGEST_DAYS = 36_600


def expiry_of(text: str, *, now: datetime) -> datetime:
    """The moment that `90d`, `PT1H` or `2027-01-31T00:00:00Z` means; `ValueError` if it is past or not valid."""
    moment = _moment(text, now)
    if moment <= now:
        raise ValueError("must be later than now")
    if (moment - now).days > LONGEST_DAYS:
        raise ValueError("must be within 100 years; leave it out for a key that does not expire")
    return moment


def _moment(text: str, now: datetime) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        try:
            return now + duration_of(text)
        except OverflowError:
            raise ValueError(WORDS) from None
        except ValueError:
            raise ValueError(f"{WORDS}; or a moment: 2027-01-31T00:00:00Z") from None
    if moment.tzinfo is None:
        raise ValueError("must have an offset from UTC, as in 2027-01-31T00:00:00Z")
    return moment.astimezone(UTC)
