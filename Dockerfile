# The image holds one file, /cinit. In the Dockerfile of an application:
#
#     COPY --from=IMAGE /cinit /cinit
#     ENTRYPOINT ["/cinit", "--"]
#
# For many machines at once, each built on one of its kind or under emulation (the build stage is of the
# platform that is asked for, and runs what it has made):
#
#     platforms=linux/amd64,linux/386,linux/arm64,linux/arm/v7,linux/riscv64,linux/ppc64le,linux/s390x
#     docker buildx build --platform $platforms,linux/loong64 -t IMAGE --push .
#
# BASE is the image that cinit is built in, one with apk or apt:
#
#     docker build -t cinit .
#     docker build -t cinit --build-arg BASE=debian:bookworm .
#
# Tools that it has are not installed again, so that it builds without a network from an image that
# holds a C compiler for musl and make.
ARG BASE=alpine:3.24

FROM ${BASE} AS build
RUN if { command -v musl-gcc || cc -dumpmachine | grep musl; } && command -v make; then :; \
	elif command -v apk; then apk add --no-cache gcc make musl-dev; \
	else apt-get update && apt-get install -y --no-install-recommends gcc make musl-tools; fi
WORKDIR /src
COPY . .
RUN make && ./cinit --version

FROM scratch
COPY --from=build /src/cinit /cinit
ENTRYPOINT ["/cinit"]
