# Refill Day as one image: the dashboard, or with another command a worker or the receiver of pushes (compose.yaml).
FROM python:3.11-slim AS packages
COPY requirements.lock .
RUN python -m venv /opt/venv \
 && /opt/venv/bin/python -m pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.lock

FROM python:3.11-slim
RUN useradd --uid 10001 --create-home refill
COPY --from=packages /opt/venv /opt/venv
WORKDIR /refill
COPY app.py ./
COPY .streamlit/config.toml .streamlit/config.toml
COPY core core
COPY data data
COPY pages pages
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER refill
EXPOSE 8501
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s CMD \
  ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8501/_stcore/health', timeout=4)"]
CMD ["streamlit", "run", "app.py", "--server.address", "0.0.0.0"]
