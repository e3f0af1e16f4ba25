# SPDX-License-Identifier: GPL-2.0-only
#
# Builds tests of the kernel's own, static, from its unchanged sources. Nothing is
# written to those: headers go to where everything built goes. See README.md.

upstream_names := ksm_functional_tests cow
upstream_programs := $(addprefix $(B)/,$(upstream_names))
upstream_dir := $(B)/upstream
upstream_headers := $(upstream_dir)/usr/include/linux/userfaultfd.h
upstream_mm := $(KSRC)/tools/testing/selftests/mm

upstream: $(upstream_programs)

$(upstream_headers):
	@test -f "$(upstream_mm)/cow.c" || \
		{ echo "KSRC must name the sources of Linux 6.12" >&2; exit 1; }
	@mkdir -p $(upstream_dir)
	$(MAKE) -C $(KSRC) O=$(abspath $(upstream_dir)) headers

# Says that there is no liburing; the tests that need it skip themselves.
$(upstream_dir)/local_config.h: | $(upstream_headers)
	touch $@

# Their warnings are theirs.
$(upstream_programs): $(B)/%: $(upstream_dir)/local_config.h
	$(CC) -static -pthread -O2 -w -D_GNU_SOURCE -I$(upstream_dir) -I$(KSRC) \
		-isystem $(upstream_dir)/usr/include \
		-isystem $(KSRC)/tools/include/uapi -o $@ \
		$(upstream_mm)/$*.c $(upstream_mm)/vm_util.c \
		$(upstream_mm)/thp_settings.c

.PHONY: upstream
