# Waymark. `make help` lists what there is; README.md says the rest.
# VARIANT is gcc (default), clang, asan, cov or fuzz; each builds below
# build/VARIANT.

VARIANT ?= gcc
B := build/$(VARIANT)
CC_gcc := gcc
CC_clang := clang-14
CC_asan := gcc
CC_cov := gcc
CC_fuzz := clang-14
CC := $(CC_$(VARIANT))

WARN := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes \
  -Wmissing-prototypes -Wpointer-arith -Wwrite-strings -Wvla \
  -Wformat=2 -Wundef -Wcast-qual -Wno-missing-field-initializers
HARDEN := -fstack-protector-strong -D_FORTIFY_SOURCE=2 -fPIE \
  -fstack-clash-protection -fcf-protection
OPT_gcc := -O2 -g $(HARDEN)
OPT_clang := -O2 -g $(HARDEN)
# Sanitizers make gcc see paths that aren't there; the other variants warn.
OPT_asan := -Wno-maybe-uninitialized -Wno-format-truncation \
  -Wno-format-overflow -Wno-format -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all \
  -fno-omit-frame-pointer
OPT_cov := -O0 -g --coverage
OPT_fuzz := -O1 -g -fsanitize=fuzzer-no-link,address,undefined \
  -fno-sanitize-recover=all -fno-omit-frame-pointer
LD_gcc := -pie -Wl,-z,relro,-z,now
LD_clang := -pie -Wl,-z,relro,-z,now
LD_asan := -fsanitize=address,undefined
LD_cov := --coverage
LD_fuzz := -fsanitize=fuzzer,address,undefined

CFLAGS := -std=c11 -D_POSIX_C_SOURCE=200809L -D_DEFAULT_SOURCE -Iservices \
  $(WARN) $(OPT_$(VARIANT)) -pthread -MMD -MP
CORE_LIBS := -lxxhash -lsodium
ADAPTER_LIBS := -lrdkafka -lavro -ljansson -lpq -lmicrohttpd -lcurl -lcrypto -lcsv -lxlsxwriter -lz -lm
PQ_INC := -I$(shell pg_config --includedir 2>/dev/null || echo /usr/include/postgresql)
CFLAGS += $(PQ_INC)

obj = $(patsubst %.c,$(B)/obj/%.o,$(1))

CORE_SRC := $(wildcard services/common/core/*.c services/*/core/*.c)
CORE_SRC := $(sort $(CORE_SRC))
SHELL_SRC := $(wildcard services/common/engine/*.c \
  services/common/adapters/*.c services/common/host/*.c)
CORE_LIB := $(B)/libcore.a
SHELL_LIB := $(B)/libshell.a
GEN := $(B)/gen/schemas.c $(B)/gen/sql.c $(B)/gen/problems.c
GEN_OBJ := $(patsubst %.c,%.o,$(GEN))

PROGRAMS := $(patsubst services/%/main.c,%,$(wildcard services/*/main.c))
program_file = $(B)/bin/$(if $(filter cli,$(1)),waymark,waymark-$(1))
BINARIES := $(foreach p,$(PROGRAMS),$(call program_file,$(p)))

UNIT := $(patsubst tests/unit/%.c,$(B)/tests/unit/%,$(wildcard tests/unit/test_*.c))
TRACE := $(patsubst tests/trace/%.c,$(B)/tests/trace/%,$(wildcard tests/trace/test_*.c))
CONTRACT := $(patsubst tests/contract/%.c,$(B)/tests/contract/%,$(wildcard tests/contract/test_*.c))
ADAPTER := $(patsubst tests/adapter/%.c,$(B)/tests/adapter/%,$(wildcard tests/adapter/test_*.c))
TESTLIB_OBJ := $(call obj,$(wildcard tests/lib/*.c))
TESTLIB_OBJ := $(filter-out %/avsc_print.o,$(TESTLIB_OBJ))

.DEFAULT_GOAL := build
.PHONY: build
build: $(BINARIES) ## Compile all programs to build/bin
ifeq ($(VARIANT),gcc)
	@mkdir -p build && ln -sfn gcc/bin build/bin
endif

.PHONY: help
help: ## This list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' Makefile

# cmocka takes rows of constant tables as void *.
$(B)/obj/tests/%.o: CFLAGS += -I. -Wno-cast-qual

$(B)/obj/%.o: %.c
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) -c $< -o $@

$(B)/gen/schemas.c: schemas/ids.lock schemas/embed.sh $(wildcard schemas/*.avsc schemas/frozen/*.avsc)
	@mkdir -p $(@D)
	@sh schemas/embed.sh $@

$(B)/gen/sql.c: services/common/sql/embed.sh $(wildcard services/*/sql/*.sql)
	@mkdir -p $(@D)
	@sh services/common/sql/embed.sh $@

$(B)/gen/problems.c: docs/problems.md
	@mkdir -p $(@D)
	@{ echo '#include "common/adapters/problems.h"'; echo 'const char problems_page[] = {'; \
	  od -An -v -tu1 $< | sed 's/  */,/g; s/^,//; s/$$/,/'; \
	  echo '0 };'; echo 'const size_t problems_page_n = sizeof problems_page - 1;'; } >$@.new
	@mv $@.new $@

$(B)/gen/%.o: $(B)/gen/%.c
	@$(CC) $(CFLAGS) -c $< -o $@

$(CORE_LIB): $(call obj,$(CORE_SRC))
	@rm -f $@ && ar rcs $@ $^

$(SHELL_LIB): $(call obj,$(SHELL_SRC)) $(GEN_OBJ)
	@rm -f $@ && ar rcs $@ $^

define program
$(call program_file,$(1)): $(call obj,$(wildcard services/$(1)/*.c)) $(SHELL_LIB) $(CORE_LIB)
	@mkdir -p $$(@D)
	@$(CC) $(CFLAGS) $(LD_$(VARIANT)) -o $$@ $$^ $(ADAPTER_LIBS) $(CORE_LIBS)
endef
$(foreach p,$(PROGRAMS),$(eval $(call program,$(p))))

# Programs that measure; each file of bench/ is one.
BENCH := $(patsubst bench/%.c,$(B)/bench/%,$(wildcard bench/*.c))
.PHONY: bench-build
bench-build: $(BENCH)
$(B)/bench/%: $(B)/obj/bench/%.o $(SHELL_LIB) $(CORE_LIB)
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) $(LD_$(VARIANT)) -o $@ $^ $(ADAPTER_LIBS) $(CORE_LIBS)

# Unit tests link the core alone.
$(B)/tests/unit/%: $(B)/obj/tests/unit/%.o $(CORE_LIB)
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) $(LD_$(VARIANT)) -o $@ $^ -lcmocka $(CORE_LIBS)

$(B)/tests/trace/%: $(B)/obj/tests/trace/%.o $(TESTLIB_OBJ) $(SHELL_LIB) $(CORE_LIB)
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) $(LD_$(VARIANT)) -o $@ $^ -lcmocka $(ADAPTER_LIBS) $(CORE_LIBS)

$(B)/tests/contract/%: $(B)/obj/tests/contract/%.o $(TESTLIB_OBJ) $(SHELL_LIB) $(CORE_LIB)
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) $(LD_$(VARIANT)) -o $@ $^ -lcmocka $(ADAPTER_LIBS) $(CORE_LIBS)

# Intake's door has tests here too.
INTAKE_LIB := $(B)/libintake.a
INTAKE_SRC := $(filter-out %/main.c,$(wildcard services/intake/*.c))
$(INTAKE_LIB): $(call obj,$(INTAKE_SRC))
	@rm -f $@ && ar rcs $@ $^

$(B)/tests/adapter/%: $(B)/obj/tests/adapter/%.o $(TESTLIB_OBJ) $(INTAKE_LIB) $(SHELL_LIB) $(CORE_LIB)
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) $(LD_$(VARIANT)) -o $@ $^ -lcmocka $(ADAPTER_LIBS) $(CORE_LIBS)

# Of the command line, with a log of the test's own.
$(B)/tests/adapter/test_witness: $(call obj,services/cli/witness.c)

# What the pipeline tests put into the log, or lose from it.
TOOLS := $(B)/tests/pipeline/plant $(B)/tests/pipeline/roam $(B)/tests/faults/topic $(B)/bench/load_log \
  $(B)/tests/linkage/population $(B)/tests/population/triage
$(B)/tests/pipeline/%: $(B)/obj/tests/pipeline/%.o $(SHELL_LIB) $(CORE_LIB)
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) $(LD_$(VARIANT)) -o $@ $^ $(ADAPTER_LIBS) $(CORE_LIBS)
$(B)/tests/faults/%: $(B)/obj/tests/faults/%.o $(SHELL_LIB) $(CORE_LIB)
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) $(LD_$(VARIANT)) -o $@ $^ $(ADAPTER_LIBS) $(CORE_LIBS)

$(B)/tests/jsonlogic/%: $(B)/obj/tests/jsonlogic/%.o $(SHELL_LIB) $(CORE_LIB)
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) $(LD_$(VARIANT)) -o $@ $^ $(ADAPTER_LIBS) $(CORE_LIBS)

# A made-up population for record linkage; the check has a small one.
$(B)/tests/linkage/%: $(B)/obj/tests/linkage/%.o $(CORE_LIB)
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) $(LD_$(VARIANT)) -o $@ $^ $(CORE_LIBS)
.PHONY: linkage febrl
CHILDREN ?= 100000
linkage: build $(B)/tests/linkage/population ## Record linkage on a made-up population (CHILDREN=100000 SEED=1)
	@BINARIES=$(B) tests/linkage/run.sh $(CHILDREN) $(SEED)
$(B)/tests/population/%: $(B)/obj/tests/population/%.o $(SHELL_LIB) $(CORE_LIB)
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) $(LD_$(VARIANT)) -o $@ $^ $(ADAPTER_LIBS) $(CORE_LIBS)
.PHONY: population
population: N = 100000
population: $(B)/tests/linkage/population $(B)/tests/population/triage ## A made-up population through triage: nobody is taken for another (N=100000 SEED=1)
	@BINARIES=$(B) tests/population/run.sh $(N) $(SEED)
# Histories through metrics' core against SQL over the raw records; the same
# histories as a log for measuring.
$(B)/tests/histories/%: $(B)/obj/tests/histories/%.o $(B)/obj/tests/histories/history.o $(TESTLIB_OBJ) $(SHELL_LIB) $(CORE_LIB)
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) $(LD_$(VARIANT)) -o $@ $^ -lcmocka $(ADAPTER_LIBS) $(CORE_LIBS)
.PHONY: histories rebuild page
page: N = 500000
page: build ## The scorecard page: axe-core, two sheets of A4, how long (N=500000 cases; npm, chromium)
	@tests/browser/page.sh $(N)
histories: N = 1000
histories: $(B)/tests/histories/play ## Random histories: cells equal SQL over the raw records (N=1000 SEED=1)
	@BINARIES=$(B) tests/histories/run.sh $(N) $(SEED)
rebuild: N = 1000000
rebuild: build $(B)/tests/histories/log ## How many records a second metrics is rebuilt from (N=1000000)
	@BINARIES=$(B) tests/histories/rebuild.sh $(N)
febrl: build ## Record linkage on FEBRL 1 and 2 (from PyPI, outside the repository)
	@WAYMARK=$(B)/bin/waymark bench/linkage.sh

# Bytes that nobody should send: libFuzzer, a program a target.
FUZZ := $(patsubst tests/fuzz/fuzz_%.c,$(B)/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_OBJ := $(call obj,tests/fuzz/fuzz.c tests/fuzz/socket.c \
  tests/lib/any_record.c tests/lib/rfc8259.c)
$(B)/fuzz/%: $(B)/obj/tests/fuzz/fuzz_%.o $(FUZZ_OBJ) $(INTAKE_LIB) $(SHELL_LIB) $(CORE_LIB)
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) $(LD_$(VARIANT)) -o $@ $^ $(ADAPTER_LIBS) $(CORE_LIBS)
.PHONY: fuzz fuzz-run
SECONDS ?= 60
TARGET ?=
fuzz: ## Bytes that nobody should send (SECONDS=60 a target, TARGET=json)
	@$(MAKE) --no-print-directory VARIANT=fuzz fuzz-run
fuzz-run: $(if $(TARGET),$(TARGET:%=$(B)/fuzz/%),$(FUZZ))
	@SECONDS_EACH=$(SECONDS) tests/fuzz/run.sh $^

# Every state of the life cycle; the check looks at those near its beginning.
$(B)/tests/model/%: $(B)/obj/tests/model/%.o $(TESTLIB_OBJ) $(SHELL_LIB) $(CORE_LIB)
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) $(LD_$(VARIANT)) -o $@ $^ -lcmocka $(ADAPTER_LIBS) $(CORE_LIBS)
.PHONY: model
model: $(B)/tests/model/explore ## Every state of the life cycle, explored (DEPTH=n)
	@$< $(DEPTH)

.SECONDARY:
.PHONY: tests-build unit trace contract adapter
tests-build: $(UNIT) $(TRACE) $(CONTRACT) $(ADAPTER) $(TOOLS)
unit: $(UNIT) ## Unit tests: one program a core module
	@sh tests/lib/run.sh unit $^
trace: $(TRACE) ## Trace tests: a service in memory
	@sh tests/lib/run.sh trace $^
contract: $(CONTRACT) ## Schemas against structs
	@sh tests/lib/run.sh contract $^
adapter: $(ADAPTER) ## Real libraries on loopback
	@sh tests/lib/run.sh adapter $^

.PHONY: clocks jsonlogic profiles
profiles: build ## Profiles through the binaries: clean, shown, planted faults refused
	@tests/oracle/profiles.sh $(call program_file,cli) $(call program_file,intake)

clocks: build ## Clocks through the binary: vectors, and numpy (PYTHON=, BUDGET=small)
	@tests/oracle/clocks.sh $(call program_file,cli)

jsonlogic: $(B)/tests/jsonlogic/suite ## The published JsonLogic tests (JSONLOGIC_TESTS=FILE)
	@tests/jsonlogic/run.sh $<

.PHONY: json-suite
DIR ?=
json-suite: build ## JSON and what is none as bodies (DIR=files y_*, n_*, i_*)
	@BUILD=$(B) tests/jsonsuite/run.sh $(DIR)

.PHONY: simulate simulate-year simulate-killed
DAYS ?= 28
simulate: build ## A made-up authority against an oracle (DAYS=365 SEED=n, SEEDS="1 2 3", RUNS="plain again killed")
	@DAYS=$(DAYS) SEEDS="$(or $(SEEDS),$(SEED))" tests/simulate/run.sh

simulate-year: build ## The same, three years, the first one twice: the same bytes (4 min a run on two free cores)
	@DAYS=365 SEEDS=1 RUNS="plain again" tests/simulate/run.sh
	@DAYS=365 SEEDS="2 3" RUNS=plain tests/simulate/run.sh

simulate-killed: build ## Undisturbed, then with kill -9 of tracker and notifier (DAYS=91 SEED=2)
	@DAYS=$(DAYS) SEEDS="$(SEED)" RUNS="plain killed" tests/simulate/run.sh
simulate-killed: DAYS = 91
simulate-killed: SEED = 2

.PHONY: drift-table
drift-table: $(B)/tests/trace/test_drift ## Each drift rule: raised on its limit, not before, escalated, cleared
	@out=$$($< --table 2>&1) || { echo "$$out"; exit 1; }; echo "$$out" | sed -n '/^rule /,$$p'

.PHONY: returns
returns: build ## The census of made-up children against the DfE's rules (N=3000 SEED=1)
	@N=$(N) SEED=$(SEED) tests/returns/run.sh
returns: N = 3000

.PHONY: mutate
N ?= 200
mutate: ## Do the tests notice small faults in cores and engine? (N=200 SEED=1)
	@N=$(N) SEED=$(SEED) tests/lib/mutate.sh

.PHONY: valgrind
valgrind: build $(TRACE) ## Trace tests and services without leaks
	@tests/lib/valgrind.sh $(TRACE)

.PHONY: coverage coverage-run
coverage: ## How much of cores and engine the unit and trace tests reach
	@$(MAKE) --no-print-directory VARIANT=cov coverage-run
coverage-run: $(UNIT) $(TRACE)
	@tests/lib/coverage.sh $(B) $^

.PHONY: install check demo stop faults compose bench
install: ## Install what is missing (packages, broker)
	@testbed/install.sh

check: install ## All tests, part by part, in a bed of their own
	@tests/check.sh

demo: ## Set up, play a day of a MASH, stay up for your own try
	@demo/demo.sh

.PHONY: figures
figures: install build ## The reports' figures beside what is counted from told stories
	@demo/figures/run.sh

stop: ## End what `make demo` left running
	@demo/demo.sh stop
.PHONY: wipe
wipe: stop ## Take the demo's data and keys away, too
	@testbed/bed.sh wipe demo
	@rm -rf var/demo-keys

SEED ?= 1
BUDGET ?= full
faults: install build ## Kill, pause, lose and forge; mutants (SEED=n BUDGET=small|full)
	@SEED=$(SEED) BUDGET=$(BUDGET) tests/faults/run.sh

compose: install build ## Compose on an engine of its own (root): kill every container
	@tests/compose/run.sh

bench: install build ## How fast, against what (JSON)
	@bench/run.sh
.PHONY: lookups
lookups: install build ## How quickly a child is found among many, as a table (LOOKUP_SIZES="100000 1000000")
	@PHASES=lookups bench/run.sh | bench/lookups_table.sh

.PHONY: man
man: ## Manual pages to build/man
	@mkdir -p build/man
	@scdoc <man/waymark.1.scd >build/man/waymark.1
	@for p in intake triage tracker metrics notifier; do \
	    cat man/waymark-$$p.8.scd $$([ $$p = intake ] || echo man/turns.inc) \
	        man/service.inc | scdoc >build/man/waymark-$$p.8; \
	done
	@mandoc -T lint -W error build/man/*.[18]
.PHONY: man-check
man-check: man build ## Do the manual pages name every verb, option and setting?
	@tests/lib/manual.sh $(call program_file,cli)

.PHONY: clean
clean: ## Remove build/
	rm -rf build

-include $(shell find $(B) -name '*.d' 2>/dev/null)
