"""Submit tasks that run after each other, and get each other's results."""

from celeriac import Client, Step

with Client() as client:
    # A chain: each step runs after the one before, and can use its result.
    first = Step("add", x=1, y=1)
    second = Step("add", x=first.reference(), y=first.reference())
    last = client.chain(first, second, Step("add", x=second.reference(), y=10))
    print(last.result())

    # Steps that run side by side, and one that gathers their results, or parts of them.
    long = Step("word_count", text="to be or not to be")
    short = Step("word_count", text="be")
    both = Step("add", x=long.reference("/be"), y=short.reference("/be"))
    print(client.gather(long, short, into=both).result())

# Output:
# 14
# 3
