/* What the parts of the pretended dom0 share: the folder of its state, and the domains in it. */
#ifndef DOM0_H
#define DOM0_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xenctrl.h>

/* The path of a file of the state (XL_STATE), in a place that the fifth call after this one takes again. */
const char *dom0_file(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Whether XL_FAIL names this call. */
bool dom0_breaks(const char *call);

/* Reads a whole file, with a zero byte behind it, into memory that the caller frees; NULL where it is absent. */
char *dom0_read(const char *file, unsigned *length);
bool dom0_write(const char *file, const void *data, size_t length);

/* What the hypervisor knows of a domain: false where it is absent. Domain 0 is always there. */
bool dom0_domain(unsigned id, xen_domctl_getdomaininfo_t *info);
void dom0_keep(const xen_domctl_getdomaininfo_t *info);

/* In a process in which libxl makes a domain, where the number of one that it does not refuse goes; else NULL. */
extern unsigned *dom0_new_domain;

#endif
