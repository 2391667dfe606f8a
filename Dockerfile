# Built on Debian 12 and run on it, with only the libraries it needs at run time. Nothing in here knows the machine's kind: amd64
# and arm64 build alike. To pin the base, name a digest: --build-arg BASE=debian@sha256:...
ARG BASE=debian:bookworm-slim

FROM ${BASE} AS builder
RUN apt-get update \
    && apt-get install -y --no-install-recommends build-essential cmake ninja-build pkg-config \
        libwebsockets-dev libmicrohttpd-dev libcjson-dev libuv1-dev zlib1g-dev libxxhash-dev uthash-dev nodejs npm \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /source
# The page's packages have a layer of their own, which lasts until the lock file changes. The build installs them once more, from
# the cache that this leaves.
COPY src/dashboard/package.json src/dashboard/package-lock.json src/dashboard/
RUN cd src/dashboard && npm ci --no-audit --no-fund --loglevel=error
COPY CMakeLists.txt CMakePresets.json ./
COPY cmake cmake
COPY include include
COPY src src
RUN npm_config_prefer_offline=true cmake --preset release -DRF_TESTS=OFF -DCMAKE_INSTALL_PREFIX=/usr/local \
    && npm_config_prefer_offline=true cmake --build --preset release \
    && DESTDIR=/out cmake --install build/release --component runtime --strip

FROM ${BASE}
# libwebsockets-evlib-uv is a plugin that libwebsockets17 loads but does not depend on. Logs and caches go, since they hold the
# time of the build. The user has a number and no name: nothing asks for one.
RUN apt-get update \
    && apt-get install -y --no-install-recommends libwebsockets17 libwebsockets-evlib-uv libmicrohttpd12 libcjson1 libuv1 \
        zlib1g libxxhash0 ca-certificates \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/cache/debconf/*-old /var/cache/ldconfig/aux-cache \
        /var/log/apt /var/log/dpkg.log /var/log/alternatives.log /var/lib/dpkg/*-old \
    && install -d -o 10001 -g 10001 -m 0750 /app /app/storage /app/logs
COPY --from=builder /out/usr/local/ /usr/local/
USER 10001:10001
WORKDIR /app
ENV NODE_ENV=production
VOLUME ["/app/storage", "/app/logs"]
EXPOSE 3001
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s --retries=3 CMD ["racefacer-analysis", "--health"]
# The server is process 1 itself: it takes SIGTERM, and starts no other process that somebody would have to wait for.
ENTRYPOINT ["racefacer-analysis"]
# Last, since they change with every build: docker build --build-arg REVISION=$(git rev-parse HEAD) .
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="RaceFacer Analysis Server" \
    org.opencontainers.image.description="Follows RaceFacer live timing and answers over HTTP" \
    org.opencontainers.image.licenses="MIT" \
    org.opencontainers.image.base.name="docker.io/library/debian:bookworm-slim" \
    org.opencontainers.image.version="${VERSION}" \
    org.opencontainers.image.revision="${REVISION}"
