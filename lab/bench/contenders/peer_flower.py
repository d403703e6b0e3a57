"""The stock app for Flower, made the default app for results."""

from lab.bench.contenders import stock

app = stock.app
app.set_default()
