# A registry server: `docker build --tag vnvaxmatch .`, then see docs/how-to/run-registry.md.
# The image holds the program alone. Registry, certificates, tokens and ledger are mounted at /data.

# First stage: build the wheel, and install it with what a server needs, and its audit in PostgreSQL,
# into a folder of its own.
FROM python:3.13-slim AS build
WORKDIR /build
COPY . .
RUN python -m venv /opt/vnvaxmatch \
 && /opt/vnvaxmatch/bin/pip install --no-cache-dir --constraint constraints.txt '.[server,postgres]'

# Second stage: that folder, and a user who may do nothing but run it.
FROM python:3.13-slim
COPY --from=build /opt/vnvaxmatch /opt/vnvaxmatch
RUN useradd --no-create-home --shell /usr/sbin/nologin --uid 10001 registry \
 && mkdir /data && chown registry /data
ENV PATH=/opt/vnvaxmatch/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1
# By its number, so that whoever starts it can see that it is not root.
USER 10001
WORKDIR /data
EXPOSE 8443

# Healthy is who takes a connection and finishes the TLS handshake, if there is one: this needs
# neither a token nor a client certificate. /health/ready tells more, to whoever has a certificate.
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s \
  CMD ["python", "-m", "vnvaxmatch.server.alive", "127.0.0.1", "8443"]

# SIGTERM lets it finish what runs; give it more than --drain and ten seconds.
STOPSIGNAL SIGTERM
ENTRYPOINT ["vnvaxmatch"]
CMD ["serve", "--help"]
