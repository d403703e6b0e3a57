"""All cases, by what they are about."""

from lab.twins.case import Case
from lab.twins.cases import calls, canvas, control, limits, outcomes, retries, sending

# What takes longest begins first.
CASES: tuple[Case, ...] = (
    *limits.CASES.all,
    *outcomes.CASES.all,
    *retries.CASES.all,
    *canvas.CASES.all,
    *control.CASES.all,
    *sending.CASES.all,
    *calls.CASES.all,
)
