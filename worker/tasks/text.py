"""Tasks on text."""

from collections import Counter

from celeriac import task


@task(examples=[{"text": "to be or not to be"}])
def word_count(text: str) -> dict[str, int]:
    """Count how often each word occurs in a text, the most frequent first; case does not matter."""
    return dict(Counter(text.casefold().split()).most_common())
