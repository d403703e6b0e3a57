# Two images: `docker build --target api .` and `docker build --target worker .`
# Each holds the packages of its own lock, those that send spans (docs/decisions/0010-spans.md), and the files that it
# imports, and runs as a user without rights. Neither writes to its root file system, so that may be read-only; tasks may
# write to /tmp.

ARG PYTHON=3.13

FROM python:${PYTHON}-slim AS packages
RUN python -m venv /venv
ENV PATH=/venv/bin:$PATH PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1

FROM packages AS api-packages
COPY requirements/api.txt requirements/otel.txt /requirements/
RUN pip install --require-hashes --only-binary :all: --requirement /requirements/otel.txt \
    --requirement /requirements/api.txt

FROM packages AS worker-packages
COPY requirements/worker.txt requirements/otel.txt /requirements/
RUN pip install --require-hashes --only-binary :all: --requirement /requirements/otel.txt \
    --requirement /requirements/worker.txt

FROM python:${PYTHON}-slim AS service
RUN groupadd --gid 10001 celeriac && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /tmp celeriac
ENV PATH=/venv/bin:$PATH HOME=/tmp PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 \
    PYTHONPATH=/celeriac:/celeriac/api:/celeriac/worker
WORKDIR /celeriac
STOPSIGNAL SIGTERM
USER 10001:10001

FROM service AS api
COPY --from=api-packages /venv /venv
COPY celeriac/ celeriac/
# What the API offers: the tasks, and nothing of what runs them.
COPY worker/tasks/ worker/tasks/
COPY api/ api/
ENV CELERIAC_HOST=0.0.0.0
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s CMD ["python", "-c", "\
import http.client, sys; \
api = http.client.HTTPConnection('127.0.0.1', 8000, timeout=4); \
api.request('GET', '/readyz'); \
sys.exit(api.getresponse().status != 200)"]
CMD ["python", "-m", "uvicorn", "--factory", "celeriac_api.app:create_app", "--http", "celeriac_api.server.one_write:OneWrite", \
    "--host", "0.0.0.0", "--port", "8000", "--timeout-graceful-shutdown", "5"]

FROM service AS worker
COPY --from=worker-packages /venv /venv
COPY celeriac/ celeriac/
COPY worker/ worker/
# Makes SIGTERM hand running tasks back after CELERIAC_SHUTDOWN_GRACE, instead of waiting for each to end.
ENV REMAP_SIGTERM=SIGQUIT
# Healthy is a worker that Redis has heard of lately.
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s CMD ["python", "-m", "celeriac_worker.health"]
CMD ["python", "-m", "celery", "-A", "celeriac_worker.app", "worker", "--loglevel", "INFO", \
    "--without-gossip", "--without-mingle", "--without-heartbeat"]
