# create-vector-db as a job: docker build --tag create-vector-db .
# With local models: docker build --build-arg EXTRAS=local --tag create-vector-db .
FROM python:3.13-slim AS build
ARG EXTRAS=""
COPY pyproject.toml README.md LICENSE /src/
COPY ingest /src/ingest
RUN python -m venv /opt/venv && /opt/venv/bin/pip install --no-cache-dir "/src${EXTRAS:+[$EXTRAS]}"

FROM python:3.13-slim
RUN useradd --system --uid 10001 --user-group --home-dir /data --create-home vectors
COPY --from=build /opt/venv /opt/venv
# The embedded store is ./qdrant_data. It is not named by QDRANT_PATH here, so that QDRANT_URL can name a server.
ENV PATH=/opt/venv/bin:$PATH HOME=/data XDG_CACHE_HOME=/data/cache HF_HOME=/data/huggingface
WORKDIR /data
VOLUME /data
USER 10001:10001
ENTRYPOINT ["create-vector-db"]
