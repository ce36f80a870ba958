/* A pretended xenstore, in the place of libxenstore: an entry is a file of the folder XL_STATE/store, whose name has
 * % for each / of the entry's. Here is what libxl asks for before there are devices: no directories, no watches, and
 * transactions that always succeed.
 */
#include "dom0.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xenstore.h>

static char handle;

/* What is in it as soon as a server is up. */
static const char *const FIRST[][2] = {{"/local/domain/0/name", "Domain-0"}, {"/local/pool/0/name", "Pool-0"}};

static const char *file_of(const char *path, const char *below)
{
    char name[1024];
    snprintf(name, sizeof name, "%s%s", path, below);
    for (char *at = name; (at = strchr(at, '/'));)
        *at = '%';
    return dom0_file("store/%s", name);
}

struct xs_handle *xs_open(unsigned long flags) { return (void *)&handle; }
void xs_close(struct xs_handle *store) {}

bool xs_write(struct xs_handle *store, xs_transaction_t in, const char *path, const void *data, unsigned length)
{
    mkdir(dom0_file("store"), 0755);
    return dom0_write(file_of(path, ""), data, length);
}

void *xs_read(struct xs_handle *store, xs_transaction_t in, const char *path, unsigned *length)
{
    unsigned read;
    char *value = dom0_read(file_of(path, ""), &read);
    for (unsigned each = 0; !value && each < sizeof FIRST / sizeof *FIRST; each++)
        if (!strcmp(path, FIRST[each][0]))
            read = strlen(value = strdup(FIRST[each][1]));
    if (length)
        *length = read;
    return value;
}

bool xs_rm(struct xs_handle *store, xs_transaction_t in, const char *path)
{
    glob_t below;
    bool there = !unlink(file_of(path, ""));
    if (!glob(file_of(path, "/*"), 0, NULL, &below))
        for (size_t each = 0; each < below.gl_pathc; each++)
            there |= !unlink(below.gl_pathv[each]);
    globfree(&below);
    if (!there)
        errno = ENOENT;
    return there;
}

bool xs_set_permissions(struct xs_handle *store, xs_transaction_t in, const char *path, struct xs_permissions *who,
                        unsigned number)
{
    return true;
}

xs_transaction_t xs_transaction_start(struct xs_handle *store) { return 1; }
bool xs_transaction_end(struct xs_handle *store, xs_transaction_t in, bool abort) { return true; }

char *xs_get_domain_path(struct xs_handle *store, unsigned id)
{
    char *path;
    return asprintf(&path, "/local/domain/%u", id) < 0 ? NULL : path;
}
