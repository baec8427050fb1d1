# azotte-customers as an image: built from source, run by a user without rights on a small Debian.
#
#   docker build --tag azotte-customers .
#   docker run --publish 127.0.0.1:8080:8080 --env AZOTTE_ENVIRONMENT=sandbox --env DATABASE_URL=postgres://… azotte-customers
#
# docs/containers.md tells the rest.

# To pin an image by its digest: --build-arg BASE_IMAGE=debian:bookworm-slim@sha256:…
ARG RUST_IMAGE=rust:1-slim-bookworm
ARG BASE_IMAGE=debian:bookworm-slim

# Its steps use relative paths: scripts/test-dockerfile runs them in a folder of its own.
FROM $RUST_IMAGE AS build
# dev builds faster and runs slower.
ARG PROFILE=release
WORKDIR /build
# Dependencies alone: this layer lasts until one of them changes. Every target that a Cargo.toml names needs a file.
COPY Cargo.toml Cargo.lock ./
COPY crates/embedded-postgres/Cargo.toml crates/embedded-postgres/
RUN mkdir -p src benches/service crates/embedded-postgres/src \
    && touch src/lib.rs benches/service/main.rs crates/embedded-postgres/src/lib.rs \
    && echo 'fn main() {}' > src/main.rs \
    && cargo build --locked --profile "$PROFILE" \
    && rm -r src benches crates/embedded-postgres/src
COPY . .
# Cargo compares time stamps, and those of the stand-ins are newer.
ARG REVISION=unknown
RUN touch src/lib.rs src/main.rs crates/embedded-postgres/src/lib.rs \
    && BUILD_REVISION="$REVISION" cargo build --locked --profile "$PROFILE" \
    && folder=$([ "$PROFILE" = dev ] && echo debug || echo "$PROFILE") \
    && install -D "${CARGO_TARGET_DIR:-target}/$folder/azotte-customers" out/azotte-customers

FROM $BASE_IMAGE
ARG BASE_IMAGE
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="azotte-customers" \
      org.opencontainers.image.description="The customer service of a subscription-commerce platform" \
      org.opencontainers.image.licenses="MIT OR Apache-2.0" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.base.name="$BASE_IMAGE"

RUN useradd --system --uid 10001 --user-group --no-create-home --home-dir /nonexistent \
        --shell /usr/sbin/nologin azotte \
    && install --directory --owner=azotte --group=azotte --mode=0700 /var/lib/azotte-customers
COPY --from=build /build/out/azotte-customers /usr/local/bin/azotte-customers

# Settings come from the environment, or from a file .env mounted into this folder.
WORKDIR /etc/azotte-customers
ENV AZOTTE_LISTEN=0.0.0.0:8080 \
    AZOTTE_OPS_LISTEN=0.0.0.0:8081 \
    AZOTTE_DATA_DIR=/var/lib/azotte-customers
EXPOSE 8080
# By number, so that a cluster can see that it is not root.
USER 10001:10001

# The program asks itself: there is no curl here.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["azotte-customers", "health"]

ENTRYPOINT ["azotte-customers"]
