# SPDX-License-Identifier: Apache-2.0

GO      ?= go
VERSION ?= dev
# What the binary says that it is: the version that is given, else where the commit is among the tags.
DESCRIBED = $(if $(filter-out dev,$(VERSION)),$(VERSION),$(shell git describe --tags --always --dirty --match 'v*' 2> /dev/null || echo dev))
# Where a pod finds the image: any name will do that no registry is asked for.
IMAGE   ?= nafuda.io/nafuda:$(VERSION)
LINTER  := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
BUDGET  := 45
FUZZTIME ?= 20s
SCHEDULES ?= 50000
STATIC  := CGO_ENABLED=0 $(GO) build -trimpath -ldflags '-s -w -X nafuda.io/nafuda/internal/cli.linked=$(DESCRIBED)'

.PHONY: help build test quick lint docs golden fuzz soak sandbox bench mutate image need kube clean

help: ## what can be made
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 10

build: ## the stripped binary, in bin/, held to its budget
	@mkdir -p bin
	$(STATIC) -o bin/nafuda ./cmd/nafuda
	@size=$$(wc -c < bin/nafuda); echo "bin/nafuda: $$((size / 1000000)) MB of $(BUDGET) MB"; test $$size -le $(BUDGET)000000

test: need kube ## every test: unit, golden, script, race, real API server
	$(GO) vet ./...
	./.ci/told $(GO) test -race -shuffle=on -timeout 30m ./...
	GOGC=400 $(GO) test -timeout 40m ./test/simulation # 10,000 schedules; above it was 300

quick: need ## the same without the API server
	$(GO) test -race -shuffle=on -short -p 8 -timeout 5m ./... # many wait rather than compute

need: # the programs that tests call
	@./.ci/need

kube: # kube-apiserver and etcd, once
	@./test/kube/build.sh > /dev/null

lint: ## formatting, vet and the linters of .golangci.yml
	@unformatted=$$(gofmt -l cmd internal build test examples); test -z "$$unformatted" || { echo "gofmt: $$unformatted"; exit 1; }
	$(GO) vet ./...
	$(GO) run $(LINTER) run ./...

docs: ## the pages of docs/ that are made from the code
	$(GO) run ./cmd/nafuda docs

golden: docs ## write the golden files anew; read the difference before you commit it
	@for p in $$(grep -rlE --include='*_test.go' 'flag.Bool\("update"|"nafuda.io/nafuda/(test/golden|internal/source/sourcetest)"' internal test docs build examples | xargs -n 1 dirname | sort -u); do \
		$(GO) test "./$$p" -update || exit 1; done

fuzz: ## each fuzz target for FUZZTIME
	@grep -rHo --include='*_test.go' '^func Fuzz[A-Za-z0-9]*' cmd internal build test | sort | while IFS=: read -r file line; do \
		echo "$$(dirname $$file) $${line#func }"; \
		$(GO) test "./$$(dirname $$file)" -run '^$$' -fuzz "^$${line#func }\$$" -fuzztime $(FUZZTIME) || exit 1; done

soak: kube ## ten minutes of kills and faults, then the simulator for long, with seeds that nobody has drawn before; SCHEDULES=1000 for fewer, SOAK="-seed=1 -races" for other flags
	$(GO) test -run '^TestSoak$$' -count=1 -timeout 40m -v ./test/soak -args -duration=6m -kills=200 -ingresses=2000 $(SOAK)
	$(GO) test -timeout 3h ./test/simulation -v -schedules $(SCHEDULES) -seed $$(date +%s)

sandbox: ## try it without a cluster and without a DNS service
	$(GO) run ./cmd/nafuda sandbox

mutate: ## break the code that keeps the invariants, one place after the other: the tests named in docs/testing.md must fail
	$(GO) test -tags mutate -count=1 -timeout 60m -run '^TestMutate$$' -v ./build/mutate

bench: build kube ## the numbers of docs/benchmarks.md, measured anew; BENCH="-sizes=1000 -page=" for a part, only printed
	$(GO) test -run '^$$' -bench '^BenchmarkTable$$' -benchtime 1x -timeout 30m ./test/bench -args \
		-binary $(CURDIR)/bin/nafuda -page $(CURDIR)/docs/benchmarks.md $(BENCH)

image: ## OCI images for amd64 and arm64, in dist/; no container engine is needed
	@mkdir -p dist
	@for arch in amd64 arm64; do \
		GOOS=linux GOARCH=$$arch $(STATIC) -o dist/nafuda-$$arch ./cmd/nafuda && \
		$(GO) run ./build/image -binary dist/nafuda-$$arch -arch $$arch -name $(IMAGE) \
			-revision "$$(git rev-parse HEAD 2> /dev/null)" -out dist/nafuda-$$arch.tar || exit 1; done

clean: ## what was made
	rm -rf bin dist
