/* SPDX-License-Identifier: GPL-2.0-only */
/* Loading and unloading modules, as insmod and rmmod do. */
#ifndef SELFTEST_MODULE_H
#define SELFTEST_MODULE_H

#include "check.h"

/* $UPM_KO or where the rig puts it. */
const char *module_path(void);
bool module_loaded(void);
/* 0 or -errno. -EALREADY if it was loaded already. */
int module_load(const char *params);
/* One attempt: 0 or -errno; -EAGAIN or -EBUSY while it is in use. */
int module_unload_once(void);
/* As often as needed, for at most @seconds. */
int module_unload(unsigned int seconds);

#endif /* SELFTEST_MODULE_H */
