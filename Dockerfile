# Two images: `docker build --target api .` and `docker build --target worker .`; `make images` builds both, with the version.
# Each contains Celeriac's wheel, the packages of its lock file, those that send spans (docs/decisions/0010-spans.md), and the
# starter tasks, and runs as a user without rights. Neither writes to its root file system, which can be read-only.
# docs/how-to/containers.md describes how to add your own tasks, and the packages that they need.

ARG PYTHON=3.13

# With the system's packages, the place where `pip install` puts those of your own tasks counts, too (PYTHONUSERBASE).
FROM python:${PYTHON}-slim AS packages
RUN python -m venv --system-site-packages /venv
ENV PATH=/venv/bin:$PATH PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1

FROM packages AS wheel
WORKDIR /checkout
COPY requirements/build.txt requirements/
RUN pip install --require-hashes --only-binary :all: --requirement requirements/build.txt
COPY pyproject.toml README.md LICENSE ./
COPY celeriac/ celeriac/
COPY api/ api/
COPY worker/ worker/
RUN pip wheel --no-deps --no-build-isolation --wheel-dir /wheels .

FROM packages AS api-packages
COPY requirements/api.txt requirements/otel.txt /requirements/
RUN pip install --require-hashes --only-binary :all: --requirement /requirements/otel.txt \
    --requirement /requirements/api.txt
COPY --from=wheel /wheels/ /wheels/
RUN pip freeze --local > /venv/constraints.txt && pip install --no-deps --no-index /wheels/*.whl

FROM packages AS worker-packages
COPY requirements/worker.txt requirements/otel.txt /requirements/
RUN pip install --require-hashes --only-binary :all: --requirement /requirements/otel.txt \
    --requirement /requirements/worker.txt
COPY --from=wheel /wheels/ /wheels/
RUN pip freeze --local > /venv/constraints.txt && pip install --no-deps --no-index /wheels/*.whl

FROM python:${PYTHON}-slim AS service
RUN groupadd --gid 10001 celeriac && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /tmp celeriac \
    && install --directory --owner 10001 --group 10001 /files /packages
# Your own packages are installed into /packages, without root, in versions that are compatible with Celeriac's.
ENV PATH=/venv/bin:/packages/bin:$PATH HOME=/tmp PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PYTHONPATH=/celeriac \
    PYTHONUSERBASE=/packages PIP_CONSTRAINT=/venv/constraints.txt PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 \
    CELERIAC_FILES=/files
WORKDIR /celeriac
STOPSIGNAL SIGTERM
USER 10001:10001
LABEL org.opencontainers.image.licenses="Apache-2.0" org.opencontainers.image.vendor="Celeriac"

FROM service AS api
COPY --from=api-packages /venv /venv
# The API needs the tasks, but nothing that runs them.
COPY worker/tasks/ tasks/
ENV CELERIAC_HOST=0.0.0.0 CELERIAC_PORT=8000
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s CMD ["python", "-c", "\
import http.client, os, sys; \
api = http.client.HTTPConnection('127.0.0.1', int(os.environ['CELERIAC_PORT']), timeout=4); \
api.request('GET', '/readyz'); \
sys.exit(api.getresponse().status != 200)"]
CMD ["python", "-m", "celeriac_api"]
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Celeriac API" org.opencontainers.image.version=$VERSION \
    org.opencontainers.image.revision=$REVISION \
    org.opencontainers.image.description="The HTTP front door to a Celery worker pool."

FROM service AS worker
COPY --from=worker-packages /venv /venv
COPY worker/tasks/ tasks/
# A worker is healthy if Redis has answered its heartbeat recently.
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s CMD ["python", "-m", "celeriac_worker.health"]
CMD ["python", "-m", "celeriac_worker"]
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Celeriac worker" org.opencontainers.image.version=$VERSION \
    org.opencontainers.image.revision=$REVISION \
    org.opencontainers.image.description="A Celery worker that runs the tasks of Celeriac."
