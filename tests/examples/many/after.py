"""Submit a task that runs after others which are submitted already."""

from celeriac import Client

with Client() as client:
    sum_of_two = client.submit("add", x=1, y=1)
    words = client.submit("word_count", text="to be or not to be")

    # It gets their results, or parts of them.
    total = client.submit("add", x=sum_of_two.reference(), y=words.reference("/be"))

    # It runs at the end, whether or not the other one has succeeded.
    last = client.submit("add", x=0, y=0, after=total, when="ended")

    print(total.result(), last.result())

# Output:
# 4 0
