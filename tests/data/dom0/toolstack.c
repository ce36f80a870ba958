/* What libxl would do with a domain's memory and devices, which a pretended hypervisor does not have.
 *
 * libxl itself judges and makes every domain, in a process that ends where memory would be filled. From there on the
 * domain is taken to be there, and its configuration is kept in XL_STATE/configs. Everything else is xl's and libxl's
 * own: options, names, lists, pausing, and the protocol of a migration.
 */
#include "dom0.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <libxl.h>
#include <libxl_event.h>
#include <libxl_utils.h>
#include <xenstore.h>

#define REAL(function) ((typeof(&function))dlsym(RTLD_NEXT, #function))

/* What goes over in the place of a domain's memory. */
static const char IMAGE[] = "the memory of a pretended domain";

/* --- disks ----------------------------------------------------------------------------------------------------- */

/* Whether the file XL_STATE/disks has this line. */
static bool listed(const char *path)
{
    unsigned length;
    char *paths = dom0_read(dom0_file("disks"), &length), *rest = paths, *line;
    while ((line = strsep(&rest, "\n")) && strcmp(line, path))
        ;
    free(paths);
    return line;
}

/* libxl looks whether the disks of a domain are there; those that are listed are taken for block devices. */
int stat(const char *path, struct stat *facts)
{
    if (!listed(path))
        return fstatat(AT_FDCWD, path, facts, 0);
    memset(facts, 0, sizeof *facts);
    facts->st_mode = S_IFBLK | 0660;
    return 0;
}

/* --- making and ending ----------------------------------------------------------------------------------------- */

int libxl_domain_destroy(libxl_ctx *ctx, uint32_t id, const libxl_asyncop_how *how)
{
    if (unlink(dom0_file("domains/%u", id)))
        return ERROR_DOMAIN_NOTFOUND;
    unlink(dom0_file("configs/%u", id));
    char entry[32];
    snprintf(entry, sizeof entry, "/local/domain/%u", id);
    xs_rm(NULL, XBT_NULL, entry);
    return 0;
}

/* The number of the domain that libxl makes, or 0 where it refuses. */
static unsigned judge(libxl_ctx *ctx, libxl_domain_config *config)
{
    unsigned *number = mmap(NULL, sizeof *number, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0), made;
    pid_t child = fork();
    if (!child) {
        uint32_t id = INVALID_DOMID;
        dom0_new_domain = number;
        REAL(libxl_domain_create_new)(ctx, config, &id, NULL, NULL);
        _exit(1);
    }
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
        ;
    made = *number;
    munmap(number, sizeof *number);
    return made;
}

int libxl_domain_create_new(libxl_ctx *ctx, libxl_domain_config *config, uint32_t *id, const libxl_asyncop_how *how,
                            const libxl_asyncprogress_how *console)
{
    xen_domctl_getdomaininfo_t info;
    *id = judge(ctx, config);
    if (!*id || !dom0_domain(*id, &info))
        return ERROR_FAIL;
    info.tot_pages = info.max_pages = config->b_info.max_memkb / 4;
    dom0_keep(&info);
    char *text = libxl_domain_config_to_json(ctx, config);
    mkdir(dom0_file("configs"), 0755);
    dom0_write(dom0_file("configs/%u", *id), text, strlen(text));
    free(text);
    return 0;
}

int libxl_retrieve_domain_configuration(libxl_ctx *ctx, uint32_t id, libxl_domain_config *config,
                                        const libxl_asyncop_how *how)
{
    unsigned length;
    char *text = dom0_read(dom0_file("configs/%u", id), &length);
    int status = text ? libxl_domain_config_from_json(ctx, config, text) : ERROR_FAIL;
    if (!status) {
        free(config->c_info.name);
        config->c_info.name = libxl_domid_to_name(ctx, id);
    }
    free(text);
    return status;
}

/* The process that xl leaves behind to wait for the end of a domain ends at once. */
int libxl_evenable_domain_death(libxl_ctx *ctx, uint32_t id, libxl_ev_user user, libxl_evgen_domain_death **event)
{
    _exit(0);
}

/* Its log is not for the system's. */
int libxl_create_logfile(libxl_ctx *ctx, const char *name, char **file)
{
    *file = strdup(dom0_file("log"));
    return 0;
}

/* --- migrating ------------------------------------------------------------------------------------------------- */

static int set_flags(unsigned id, uint32_t flags)
{
    xen_domctl_getdomaininfo_t info;
    if (!dom0_domain(id, &info))
        return ERROR_DOMAIN_NOTFOUND;
    info.flags = flags;
    dom0_keep(&info);
    return 0;
}

int libxl_domain_suspend(libxl_ctx *ctx, uint32_t id, int to, int flags, const libxl_asyncop_how *how)
{
    if (dom0_breaks("suspend") || set_flags(id, XEN_DOMINF_shutdown | SHUTDOWN_suspend << XEN_DOMINF_shutdownshift))
        return ERROR_FAIL;
    return libxl_write_exactly(ctx, to, IMAGE, sizeof IMAGE, "stream", "memory") ? ERROR_FAIL : 0;
}

int libxl_domain_resume(libxl_ctx *ctx, uint32_t id, int cancelled, const libxl_asyncop_how *how)
{
    return set_flags(id, XEN_DOMINF_blocked);
}

int libxl_domain_create_restore(libxl_ctx *ctx, libxl_domain_config *config, uint32_t *id, int from, int back,
                                const libxl_domain_restore_params *params, const libxl_asyncop_how *how,
                                const libxl_asyncprogress_how *console)
{
    char image[sizeof IMAGE];
    int status = libxl_domain_create_new(ctx, config, id, NULL, NULL);
    if (status)
        return status;
    if (!dom0_breaks("restore") && !libxl_read_exactly(ctx, from, image, sizeof image, "stream", "memory"))
        return 0;
    libxl_domain_destroy(ctx, *id, NULL);
    return ERROR_FAIL;
}
