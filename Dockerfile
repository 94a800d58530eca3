# The image holds one file, /cinit. In the Dockerfile of an application:
#
#     COPY --from=IMAGE /cinit /cinit
#     ENTRYPOINT ["/cinit", "--"]
#
# BASE may be any image with a musl C compiler. Tools that it has are not installed again, so that
# it builds without a network from an image that holds them all.
ARG BASE=alpine:3.20

FROM ${BASE} AS build
RUN { command -v cc && command -v make; } >/dev/null || \
	apk add --no-cache gcc make musl-dev linux-headers
WORKDIR /src
COPY . .
RUN make

FROM scratch
COPY --from=build /src/cinit /cinit
ENTRYPOINT ["/cinit"]
