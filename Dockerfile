# Alone it runs everything on SQLite (mount /var/lib/watchbill); docker-compose.yml runs the same image four times.

FROM python:3.11-slim AS packages
RUN pip install --no-cache-dir uv==0.13.8 && python -m venv /packages
COPY requirements.lock /
RUN uv pip sync --no-cache --require-hashes --compile-bytecode --python /packages/bin/python /requirements.lock

FROM python:3.11-slim
RUN useradd --system --uid 10001 --home-dir /var/lib/watchbill --create-home watchbill \
    && mkdir -p /run/watchbill/metrics && chown -R watchbill /run/watchbill
COPY --from=packages /packages /packages
COPY . /app
WORKDIR /app
ENV PATH=/packages/bin:$PATH PYTHONDONTWRITEBYTECODE=1 \
    VAR_DIR=/var/lib/watchbill HOST=0.0.0.0 PORT=8000
USER watchbill
VOLUME /var/lib/watchbill
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["sh", "-c", "python -c \"import urllib.request as r; r.urlopen('http://127.0.0.1:$PORT/healthz', timeout=3)\""]
CMD ["python", "manage.py", "up"]
