"""Start a task with the results of others, as soon as they have ended."""

from celeriac import Client

texts = ["to be or not to be", "that is the question"]

with Client() as client:
    counts = [outcome.result() for outcome in client.map("word_count", [{"text": text} for text in texts])]
    print(client.run("add", x=counts[0]["be"], y=counts[1]["question"]))

# Output:
# 3
