# Built on Debian 12 and run on it, with only the libraries it needs at run time.
FROM debian:bookworm-slim AS builder
RUN apt-get update \
    && apt-get install -y --no-install-recommends build-essential cmake ninja-build pkg-config \
        libwebsockets-dev libmicrohttpd-dev libcjson-dev libuv1-dev zlib1g-dev libxxhash-dev uthash-dev nodejs npm \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY CMakeLists.txt CMakePresets.json ./
COPY cmake cmake
COPY include include
COPY src src
RUN cmake --preset release -DRF_TESTS=OFF -DCMAKE_INSTALL_PREFIX=/usr/local \
    && cmake --build --preset release \
    && DESTDIR=/out cmake --install build/release --component runtime --strip

FROM debian:bookworm-slim
# libwebsockets-evlib-uv is a plugin that libwebsockets17 loads but does not depend on.
RUN apt-get update \
    && apt-get install -y --no-install-recommends libwebsockets17 libwebsockets-evlib-uv libmicrohttpd12 libcjson1 libuv1 \
        zlib1g libxxhash0 ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 racefacer \
    && useradd --uid 10001 --gid 10001 --home-dir /app --no-create-home --shell /usr/sbin/nologin racefacer \
    && install -d -o racefacer -g racefacer -m 0750 /app /app/storage /app/logs
COPY --from=builder /out/usr/local/ /usr/local/
USER 10001:10001
WORKDIR /app
ENV NODE_ENV=production
VOLUME ["/app/storage", "/app/logs"]
EXPOSE 3001
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s --retries=3 CMD ["racefacer-analysis", "--health"]
ENTRYPOINT ["racefacer-analysis"]
