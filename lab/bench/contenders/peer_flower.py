"""The stock app for Flower, which looks for results with whatever app is the default; run by the peers' environment."""

from lab.bench.contenders import stock

app = stock.app
app.set_default()
