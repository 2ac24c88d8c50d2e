# SPDX-License-Identifier: Apache-2.0
# The same image as `make image` makes without an engine.
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=dev
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X nafuda.io/nafuda/internal/cli.linked=$VERSION" -o /out/nafuda ./cmd/nafuda \
 && mkdir -p /out/etc/ssl/certs && cp /etc/ssl/certs/ca-certificates.crt /out/etc/ssl/certs/ \
 && echo 'nafuda:x:65532:65532:nafuda:/:/sbin/nologin' > /out/etc/passwd && echo 'nafuda:x:65532:' > /out/etc/group

FROM scratch
COPY --from=build /out/ /
USER 65532:65532
EXPOSE 7979
ENTRYPOINT ["/nafuda"]
