# Thaw: every command that a person or a machine needs.
#
#   make run      build, serve on a loopback address, open the page
#   make test     everything: format, lint, native, WebAssembly and browser tests
#   make check    before a commit: format, vet, lint, generated files current, tree clean
#   make golden   Keras's figures against ours; GOLDEN=DIR for other files of that format
#   make golden-gpu   the same for all plans on the GPU's kernels, in software (half an hour)
#   make lesson-gpu   the lesson's main contrast on the GPU's kernels, in software, against
#                 what the processor gave (an hour; LESSON=5,near for a part)
#   make bench    GFLOP/s and ms per step, natively and in the page; JSON=FILE
#                 PEERS=1: beside TensorFlow.js and ONNX Runtime Web, from npm
#   make fuzz     a million inputs to the readers of files and arguments, and what fails kept
#                 under testdata/fuzz (some minutes; FUZZ_INPUTS=400000: ten million)
#   make soak     the demo in a browser for 1,000 passes, with flat memory
#   make lesson   what freezing costs, measured on all worlds (hours; resumes);
#                 LESSON="-seeds 3 -only near,shadow,20" for a part
#   make site     the page as static files in build/site, a package for npm too (web/README.md); WEIGHTS=FILE puts weights beside
#                 it, for a classroom or an intranet without internet
#   make single   the whole page as one HTML file, build/thaw.html, opened by double click
#   make reproducible   the site built twice, in two folders, nothing kept between them:
#                 equal byte for byte, and its version (go run ./serve -version)
#   make notices  THIRD_PARTY_NOTICES.txt anew, after a change of go.mod or web/vendor
#   make lezer    web/vendor/lezer-python.min.js anew, from npm: the parser of pasted code
#
# Needed: Go 1.21 or newer, which fetches the toolchain of go.mod. make test also
# installs Chromium, Firefox ESR and Mesa's lavapipe with apt-get where they are missing.

export GOTOOLCHAIN := auto
export GOEXPERIMENT := simd

# Versions are fixed: a lint that changes overnight is no test.
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
# U1000 takes what only js/wasm uses for unused; SA4016 minds opcode tables (prefix | 0x00).
CHECKS := inherit,-U1000,-SA4016

# Packages that also run as WebAssembly in the browser, on the engine's own loader. The
# golden tests hold the emitted kernels to Keras there.
WASM_PACKAGES := ./kernels ./kernels/kerneltest ./kernels/simd ./irv2/golden

CHROMIUM = $(shell command -v chromium || command -v chromium-browser || command -v google-chrome)
FIREFOX_FOUND = $(shell command -v "$$FIREFOX" || command -v firefox-esr || command -v firefox)
SUDO = $(shell [ "$$(id -u)" = 0 ] || echo sudo)

.PHONY: run site single test check format vet lint generated clean-tree notices reproducible test-native test-portable test-wasm \
	test-gpu test-browser golden golden-gpu fuzz soak bench pretrain lesson lesson-gpu lezer chromium firefox lavapipe svelte exports test-exports screenshot

run:
	go run ./serve

site:
	go run ./serve -build build/site $(if $(WEIGHTS),-weights "$(WEIGHTS)")

single:
	go run ./serve -single build/thaw.html

# The browser tests come last: what they use has then been tested by itself.
test: chromium firefox lavapipe svelte exports format vet lint generated test-native test-exports test-portable test-wasm test-gpu test-browser

check: format vet lint generated clean-tree

format:
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); [ -z "$$unformatted" ] || { echo "gofmt -w is needed: $$unformatted"; exit 1; }

vet:
	go vet ./...
	GOEXPERIMENT= go vet ./...
	GOOS=js GOARCH=wasm go vet -tags gpu ./wasm ./kernels/... ./irv2/...
	GOOS=js GOARCH=wasm go vet ./wasm

lint:
	GOBIN=$(CURDIR)/build go install $(STATICCHECK)
	build/staticcheck -checks $(CHECKS) ./...
	GOOS=js GOARCH=wasm build/staticcheck -tags gpu -checks $(CHECKS) ./wasm ./kernels/simd ./kernels/webgpu

# What programs write, as they would write it now: go.mod, scalar copies of kernels,
# sheets of worlds, notices, the lesson's report.
generated:
	go mod tidy -diff
	go mod verify
	go test -run ScalarCopies ./kernels/...
	go test -run Sheets ./irv2/worlds
	go test -count=1 ./serve/notices
	mkdir -p build/lesson && cp testdata/lesson/runs.jsonl build/lesson
	go run ./irv2/cmd/lesson -report -out build/lesson
	diff build/lesson/README.md testdata/lesson/README.md
	diff build/lesson/forecast.json irv2/lens/forecast.json

clean-tree:
	@changed=$$(git status --porcelain); [ -z "$$changed" ] || { echo "not committed:"; echo "$$changed"; exit 1; }

notices:
	go run ./serve/notices

# The parser of Python and what it stands on as one module; "make notices" follows.
LEZER := @lezer/python@1.1.19 @lezer/lr@1.4.12 @lezer/common@1.5.5 @lezer/highlight@1.2.5
lezer:
	mkdir -p build/lezer && cd build/lezer && npm init -y >/dev/null && npm install --silent $(LEZER) esbuild@0.28.2 && \
	echo "export { parser } from '@lezer/python'" > entry.js && \
	npx esbuild entry.js --bundle --format=esm --minify --legal-comments=none \
	  "--banner:js=/*! @lezer/python (v1.1.19), https://github.com/lezer-parser/python, with @lezer/lr, @lezer/common, @lezer/highlight; MIT; made by make lezer */" \
	  --outfile=$(CURDIR)/web/vendor/lezer-python.min.js
	cat build/lezer/node_modules/@lezer/python/LICENSE build/lezer/node_modules/@lezer/lr/LICENSE > web/vendor/lezer-python-LICENSE.txt

# Of what git has (committed or added), for a host: TestSiteIsReproducible holds the same
# on the way, less thoroughly.
reproducible:
	rm -rf build/reproducible
	@for place in one other/place; do \
	  at=build/reproducible/$$place; git checkout-index --all --prefix=$$at/ && \
	  (cd $$at && GOCACHE=$$PWD/build/cache go run ./serve -build build/site) || exit 1; \
	done
	diff -r build/reproducible/one/build/site build/reproducible/other/place/build/site
	go run ./serve -version

# All packages but serve, whose tests need a browser; golden tests are among them.
test-native:
	go test $$(go list ./... | grep -v /serve)
	@[ -n "$$KERAS_PYTHON" ] || echo "SKIPPED: KERAS_PYTHON names no Python with Keras and timm, exports may not have been asked in them"
	@[ -n "$$TFJS_FOLDER" ] || echo "SKIPPED: TFJS_FOLDER names no folder with TensorFlow.js, the full network's export was not asked in it"

# Downloads of the small network, asked by their own scripts in what make exports installs.
test-exports:
	KERAS_PYTHON="$${KERAS_PYTHON:-$$(ls $(CURDIR)/build/exports/python/bin/python 2>/dev/null)}" TFJS_FOLDER="$${TFJS_FOLDER:-$(CURDIR)/build/exports}" \
	  go test -v -run '^TestExportsPredict$$' ./irv2/project

# Without the experiment there is no SIMD: slower, and the same results.
test-portable:
	GOEXPERIMENT= go test ./kernels/... ./irv2/compile ./irv2/tune

# The same tests, compiled to WebAssembly, in the browser; the kernels' contract also
# without fused multiply-add and, where there is one, in node.
WASM_TEST := GOOS=js GOARCH=wasm go test -exec "$(CURDIR)/build/wasmexec"
test-wasm: build/wasmexec
	THAW_BROWSER=$(CHROMIUM) $(WASM_TEST) $(WASM_PACKAGES)
	THAW_BROWSER=$(CHROMIUM) $(WASM_TEST) -run 'Golden|ImageIsPure' ./irv2/worlds
	THAW_BROWSER=$(CHROMIUM) THAW_RELAXED=0 $(WASM_TEST) -run Conformance ./kernels/simd
	@if command -v node >/dev/null; then $(WASM_TEST) -run Conformance ./kernels/simd; \
	else echo "SKIPPED: no node here, the kernels were not tested in it"; fi

# The GPU's kernels, on adapters that compute on the processor: Chromium's SwiftShader and,
# several times as fast, Firefox on Mesa's lavapipe, where Keras's figures are held too:
# the forward pass in both modes, and gradients, updates and ten losses of a plan. The
# other plans: make golden-gpu.
GPU_TEST := THAW_GPU=software THAW_REQUIRE_GPU=1 GOOS=js GOARCH=wasm go test -timeout 40m -exec "$(CURDIR)/build/wasmexec"
LAVAPIPE = $(wildcard /usr/share/vulkan/icd.d/lvp_icd*)
GOLDEN_GPU := keras-s1_75b4/(forward|from_block8)
test-gpu: build/wasmexec
	THAW_BROWSER=$(CHROMIUM) $(GPU_TEST) ./kernels/webgpu
	@if [ -n "$(FIREFOX_FOUND)" ] && [ -n "$(LAVAPIPE)" ]; then \
	  THAW_BROWSER=$(FIREFOX_FOUND) $(GPU_TEST) ./kernels/webgpu && \
	  THAW_BROWSER=$(FIREFOX_FOUND) THAW_MACHINE=webgpu $(GPU_TEST) -run 'TestGolden/$(GOLDEN_GPU)' ./irv2/golden; \
	else echo "SKIPPED: no Firefox or no lavapipe here, WebGPU was not tested in it"; fi

golden-gpu:
	$(MAKE) test-gpu GOLDEN_GPU=keras-s1_75b4

# A world at a time: a page has some minutes.
lesson-gpu: build/wasmexec firefox lavapipe
	@for part in $(or $(LESSON),5,near 5,shadow 5,upright 20,near 20,shadow 20,upright); do \
	  THAW_BROWSER=$(FIREFOX_FOUND) THAW_LESSON=$$part $(GPU_TEST) -v -run TestLessonOnGPU ./irv2/cmd/lesson || exit 1; \
	done

build/wasmexec: $(wildcard kernels/simd/wasmexec/*) $(wildcard kernels/wasmasm/*.go)
	go build -o $@ ./kernels/simd/wasmexec

test-browser:
	THAW_REQUIRE_BROWSER=1 go test -timeout 30m ./serve

golden:
	go test -count=1 -v ./irv2/golden -args $(if $(GOLDEN),-golden "$(abspath $(GOLDEN))")

# Each target gets its share, one after another. Minimising an input that is no failure
# would take all of the time.
FUZZ_INPUTS = 40000
fuzz:
	@for target in $$(grep -ro '^func Fuzz[A-Za-z0-9]*' --include='*_test.go' irv2 | sed 's/:func /:/'); do \
	  package=./$$(dirname $${target%%:*}); name=$${target##*:}; echo "$$package $$name"; \
	  go test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZ_INPUTS)x -fuzzminimizetime 1x $$package || exit 1; \
	done

soak: chromium
	THAW_REQUIRE_BROWSER=1 THAW_SOAK=1000 go test -count=1 -v -timeout 90m -run TestSoak ./serve

bench:
	go run ./serve/bench $(if $(JSON),-json "$(JSON)") $(if $(PEERS),-peers)

lesson:
	go run ./irv2/cmd/lesson $(LESSON)
	[ ! -e testdata/lesson/forecast.json ] || mv testdata/lesson/forecast.json irv2/lens/forecast.json

pretrain:
	go run ./irv2/cmd/pretrain

# The picture of the README, made by the test that walks the page.
screenshot: chromium
	go test -count=1 -run TestDemoTeachesInAMinute ./serve -args -screenshot "$(CURDIR)/web/screenshot.png"

chromium:
	@if [ -z "$(CHROMIUM)" ]; then \
	  echo "installing Chromium"; \
	  $(SUDO) apt-get update -q && $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends chromium; \
	fi

# A Vulkan driver that computes on the processor, for WebGPU in Firefox.
lavapipe:
	@if [ -z "$(LAVAPIPE)" ]; then \
	  echo "installing Mesa's lavapipe"; \
	  { $(SUDO) apt-get update -q && $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends mesa-vulkan-drivers; } || \
	  echo "SKIPPED: no lavapipe here (Debian: mesa-vulkan-drivers), WebGPU in Firefox is not tested"; \
	fi

# What the Svelte example (web/examples/svelte) takes from npm.
svelte: build/svelte/node_modules

build/svelte/node_modules: web/examples/svelte/package-lock.json
	@if ! command -v npm >/dev/null; then echo "SKIPPED: no npm here, the package is not tested in a component"; \
	else mkdir -p build/svelte && cp web/examples/svelte/package*.json build/svelte && \
	  (cd build/svelte && npm ci --no-audit --no-fund && touch node_modules) || \
	  echo "SKIPPED: npm could install nothing, the package is not tested in a component"; fi

# ONNX Runtime and TensorFlow.js (that of make bench PEERS=1), half a minute together. Keras
# and timm, half a gigabyte each, are left to KERAS_PYTHON.
EXPORTS_PYTHON := onnxruntime==1.32.0 numpy==2.4.6 pillow==13.0.0
exports: build/exports/python/ready build/exports/node_modules/ready

build/exports/python/ready: Makefile
	@if ! python3 -m venv build/exports/python; then echo "SKIPPED: no Python with venv here, ONNX exports are not asked in ONNX Runtime"; \
	else build/exports/python/bin/pip install -q --disable-pip-version-check $(EXPORTS_PYTHON) && touch $@ || \
	  echo "SKIPPED: pip could install nothing, ONNX exports are not asked in ONNX Runtime"; fi

build/exports/node_modules/ready: serve/bench/peers/package-lock.json
	@if ! command -v npm >/dev/null; then echo "SKIPPED: no npm here, exports are not asked in TensorFlow.js"; \
	else mkdir -p build/exports && cp serve/bench/peers/package*.json build/exports && \
	  (cd build/exports && npm ci --no-audit --no-fund && touch node_modules/ready) || \
	  echo "SKIPPED: npm could install nothing, exports are not asked in TensorFlow.js"; fi

# Where there is none to install, the test that trains in Firefox is skipped.
firefox:
	@if [ -z "$(FIREFOX_FOUND)" ]; then \
	  echo "installing Firefox ESR"; \
	  { $(SUDO) apt-get update -q && $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends firefox-esr; } || \
	  echo "SKIPPED: no Firefox here (Debian: firefox-esr), training in it is not tested"; \
	fi
