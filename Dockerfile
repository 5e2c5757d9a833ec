ARG PYTHON_VERSION=3.13

FROM python:${PYTHON_VERSION}-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
RUN python -m venv /opt/atrium
ENV PATH=/opt/atrium/bin:$PATH
WORKDIR /source
COPY requirements.lock ./
RUN pip install --require-hashes -r requirements.lock
COPY pyproject.toml README.md ./
COPY app app
COPY resolvers resolvers
COPY clients clients
COPY backends backends
RUN pip install --no-deps --no-build-isolation . && pip uninstall --yes editables hatchling pip

FROM python:${PYTHON_VERSION}-slim
RUN useradd --system --uid 10001 --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin atrium \
    && install -d -o atrium -g atrium /data
COPY --from=build /opt/atrium /opt/atrium
ENV PATH=/opt/atrium/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    ENVIRONMENT=production HOST=0.0.0.0 PORT=8003 DATA_DIR=/data
WORKDIR /data
USER 10001:10001
EXPOSE 8003
HEALTHCHECK --interval=10s --timeout=5s --start-period=15s --start-interval=1s \
    CMD ["python", "-c", "import http.client, os; connection = http.client.HTTPConnection('127.0.0.1', int(os.environ['PORT']), timeout=3); connection.request('GET', '/health'); raise SystemExit(connection.getresponse().status != 200)"]
CMD ["gateway", "serve"]
