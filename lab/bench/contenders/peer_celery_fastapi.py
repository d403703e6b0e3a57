"""celery-fastapi in front of the stock app; run by the environment of the peers."""

from celery_fastapi import create_app

from lab.bench.contenders import stock

app = create_app(stock.app)
