"""Tasks on numbers: one that ends at once, and one that keeps a processor busy."""

from math import isqrt
from typing import Annotated

from pydantic import BaseModel, Field

from celeriac import context, task


class Primes(BaseModel):
    """How many primes there are up to a limit, and the largest of them."""

    count: int
    largest: int | None


@task(examples=[{"x": 4, "y": 5}])
def add(x: int, y: int) -> int:
    """Add two integers, exactly, however large."""
    return x + y


@task(examples=[{"limit": 100_000}])
def primes(
    limit: Annotated[int, Field(ge=0, le=50_000_000, description="The largest number to check.")],
) -> Primes:
    """Count the primes up to a limit by trial division: slow on purpose, so that you can watch it."""
    prime_numbers: list[int] = []
    for number in range(2, limit + 1):
        if number % 10_000 == 0:
            context.progress(number, limit, f"{len(prime_numbers):,} primes so far")
        root = isqrt(number)
        for prime in prime_numbers:
            if prime > root:
                prime_numbers.append(number)
                break
            if number % prime == 0:
                break
        else:
            prime_numbers.append(number)
    return Primes(count=len(prime_numbers), largest=prime_numbers[-1] if prime_numbers else None)
