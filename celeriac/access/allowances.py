"""How much may be submitted with a key."""

from functools import lru_cache

from celeriac.access.limits import Limits
from celeriac.ledger.model.submitter import Allowance, Submitter
from celeriac.settings import Settings

# The burst of a key that has a rate and no burst: what comes in this time, so that no second has more than its rate and a twentieth.
EVEN_SECONDS = 0.05


class Allowances:
    """What may be submitted with each key."""

    def __init__(self, settings: Settings) -> None:
        """The limits of the settings apply to each key without limits of its own; all keys of one owner have a multiple of them."""
        self._usual = Allowance(settings.rate, settings.burst, settings.unfinished)
        self._share = settings.owner_share
        self._submitter = lru_cache(maxsize=4_096)(self._new_submitter)

    def submitter(self, *, owner: str, key: str, limits: Limits) -> Submitter | None:
        """Who submits, for the ledger; None in open access, where nothing is limited."""
        return self._submitter(owner, key, limits) if owner else None

    def _new_submitter(self, owner: str, name: str, limits: Limits) -> Submitter:
        usual = self._usual
        rate, burst = (limits.rate, limits.rate * EVEN_SECONDS) if limits.rate else (usual.rate, usual.burst)
        of_key = Allowance(rate, limits.burst or max(burst, 1), limits.unfinished or usual.unfinished)
        # What a key is allowed by name, its owner is, too.
        share = self._share
        of_owner = Allowance(
            max(share * usual.rate, of_key.rate),
            max(share * usual.burst, of_key.burst),
            max(share * usual.unfinished, of_key.unfinished),
        )
        return Submitter(owner, name, of_key, of_owner)
