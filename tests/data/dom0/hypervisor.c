/* A pretended hypervisor: it answers the hypercalls that libxenctrl makes, in the place of libxencall.
 *
 * A domain is a file of the folder XL_STATE/domains, named by its number, which holds what Xen itself tells of it. What
 * is not here fails with ENOSYS, so that the libraries above say which call it was.
 */
#include "dom0.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xencall.h>
#include <xendevicemodel.h>
#include <xenforeignmemory.h>

enum { CPUS = 8, MEMORY_PAGES = 16 << 18, MOST_DOMAINS = 100 };

unsigned *dom0_new_domain;

/* Programs that xl runs, such as ssh, are not to be pretended to. */
static void __attribute__((constructor)) start(void) { unsetenv("LD_PRELOAD"); }

/* --- the state ------------------------------------------------------------------------------------------------- */

const char *dom0_file(const char *format, ...)
{
    static char files[5][4096];
    static unsigned next;
    char *file = files[next++ % 5];
    const char *state = getenv("XL_STATE");
    if (!state) {
        fputs("XL_STATE names no folder\n", stderr);
        _exit(1);
    }
    int length = snprintf(file, sizeof *files, "%s/", state);
    va_list values;
    va_start(values, format);
    vsnprintf(file + length, sizeof *files - length, format, values);
    va_end(values);
    return file;
}

bool dom0_breaks(const char *call)
{
    const char *broken = getenv("XL_FAIL");
    return broken && !strcmp(broken, call);
}

char *dom0_read(const char *file, unsigned *length)
{
    FILE *from = fopen(file, "r");
    struct stat facts;
    if (!from)
        return NULL;
    fstat(fileno(from), &facts);
    char *data = calloc(1, facts.st_size + 1);
    *length = fread(data, 1, facts.st_size, from);
    fclose(from);
    return data;
}

bool dom0_write(const char *file, const void *data, size_t length)
{
    char fresh[4200];
    snprintf(fresh, sizeof fresh, "%s.%d", file, getpid());
    FILE *to = fopen(fresh, "w");
    if (!to)
        return false;
    fwrite(data, 1, length, to);
    /* Renamed, since others read meanwhile. */
    return !fclose(to) && !rename(fresh, file);
}

bool dom0_domain(unsigned id, xen_domctl_getdomaininfo_t *info)
{
    unsigned length;
    memset(info, 0, sizeof *info);
    if (!id) {
        info->flags = XEN_DOMINF_running;
        info->tot_pages = info->max_pages = 1 << 18;
        info->nr_online_vcpus = 1;
        return true;
    }
    char *data = dom0_read(dom0_file("domains/%u", id), &length);
    bool there = data && length == sizeof *info;
    if (there)
        memcpy(info, data, length);
    free(data);
    return there;
}

void dom0_keep(const xen_domctl_getdomaininfo_t *info)
{
    mkdir(dom0_file("domains"), 0755);
    dom0_write(dom0_file("domains/%u", info->domain), info, sizeof *info);
}

/* --- domains --------------------------------------------------------------------------------------------------- */

static int refuse(int error)
{
    errno = error;
    return -1;
}

/* Numbers are not used again, as with Xen, and processes that make domains at once do not get the same. */
static unsigned free_number(void)
{
    unsigned number = 0;
    int claim;
    mkdir(dom0_file("numbers"), 0755);
    do
        claim = open(dom0_file("numbers/%u", ++number), O_CREAT | O_EXCL, 0644);
    while (claim < 0 && errno == EEXIST);
    close(claim);
    return number;
}

static int create(struct xen_domctl *call)
{
    xen_domctl_getdomaininfo_t made = {.domain = free_number(), .flags = XEN_DOMINF_paused};
    made.nr_online_vcpus = call->u.createdomain.max_vcpus;
    made.max_vcpu_id = made.nr_online_vcpus - 1;
    memcpy(made.handle, call->u.createdomain.handle, sizeof made.handle);
    call->domain = made.domain;
    dom0_keep(&made);
    return 0;
}

static int unpause(unsigned id)
{
    xen_domctl_getdomaininfo_t info;
    if (!dom0_domain(id, &info))
        return refuse(ESRCH);
    if (dom0_breaks("hangup") && dup2(open("/dev/full", O_WRONLY), STDOUT_FILENO) != STDOUT_FILENO)
        abort();
    if (dom0_breaks("unpause") || dom0_breaks("hangup"))
        return refuse(EPERM);
    info.flags = XEN_DOMINF_blocked;
    dom0_keep(&info);
    return 0;
}

/* Ends the process in which libxl makes a domain, see toolstack.c. After the making, libxl either fills the domain's
 * memory, beginning with its processors, or clears away what it refuses, beginning with a pause.
 */
static int end_making(unsigned id, bool accepted)
{
    if (accepted)
        *dom0_new_domain = id;
    else
        unlink(dom0_file("domains/%u", id));
    _exit(0);
}

/* domctl: about one domain. */
static int control(struct xen_domctl *call)
{
    switch (call->cmd) {
    case XEN_DOMCTL_createdomain:
        return create(call);
    case XEN_DOMCTL_max_vcpus:
    case XEN_DOMCTL_pausedomain:
        return dom0_new_domain ? end_making(call->domain, call->cmd == XEN_DOMCTL_max_vcpus) : refuse(ENOSYS);
    case XEN_DOMCTL_unpausedomain:
        return unpause(call->domain);
    }
    return refuse(ENOSYS);
}

/* --- the host -------------------------------------------------------------------------------------------------- */

static int list_domains(struct xen_sysctl_getdomaininfolist *call)
{
    unsigned found = 0;
    for (unsigned id = call->first_domain; id < MOST_DOMAINS && found < call->max_domains; id++)
        found += dom0_domain(id, call->buffer.p + found);
    call->num_domains = found;
    return 0;
}

static int describe_machine(struct xen_sysctl_physinfo *info)
{
    info->threads_per_core = info->nr_nodes = 1;
    info->cores_per_socket = info->nr_cpus = CPUS;
    info->max_cpu_id = CPUS - 1;
    info->total_pages = info->free_pages = MEMORY_PAGES;
    info->capabilities = XEN_SYSCTL_PHYSCAP_hvm | XEN_SYSCTL_PHYSCAP_pv | XEN_SYSCTL_PHYSCAP_hap;
    return 0;
}

/* sysctl: about the whole host. */
static int control_host(struct xen_sysctl *call)
{
    switch (call->cmd) {
    case XEN_SYSCTL_getdomaininfolist:
        return list_domains(&call->u.getdomaininfolist);
    case XEN_SYSCTL_physinfo:
        return describe_machine(&call->u.physinfo);
    case XEN_SYSCTL_sched_id:
        call->u.sched_id.sched_id = XEN_SCHEDULER_CREDIT2;
        return 0;
    }
    return refuse(ENOSYS);
}

static int tell_version(unsigned what, void *answer)
{
    switch (what) {
    case XENVER_version:
        return 4 << 16 | 17;
    case XENVER_pagesize:
        return XC_PAGE_SIZE;
    case XENVER_capabilities:
        strcpy(answer, "xen-3.0-x86_64 hvm-3.0-x86_64 ");
        return 0;
    case XENVER_commandline:
        /* With a fixed dom0, xl does not take memory from it for new domains. */
        strcpy(answer, "dom0_mem=1024M");
        return 0;
    }
    return refuse(ENOSYS);
}

/* --- libxencall ------------------------------------------------------------------------------------------------ */

static char handle;

xencall_handle *xencall_open(xentoollog_logger *logger, unsigned flags) { return (void *)&handle; }
int xencall_close(xencall_handle *call) { return 0; }
void *xencall_alloc_buffer(xencall_handle *call, size_t size) { return calloc(1, size); }
void xencall_free_buffer(xencall_handle *call, void *buffer) { free(buffer); }

int xencall1(xencall_handle *call, unsigned number, uint64_t argument)
{
    switch (number) {
    case __HYPERVISOR_domctl:
        return control((void *)argument);
    case __HYPERVISOR_sysctl:
        return control_host((void *)argument);
    }
    return refuse(ENOSYS);
}

int xencall2(xencall_handle *call, unsigned number, uint64_t first, uint64_t second)
{
    return number == __HYPERVISOR_xen_version ? tell_version(first, (void *)second) : refuse(ENOSYS);
}

/* libxenctrl opens these as well, and nothing here goes on to use them. */
xenforeignmemory_handle *xenforeignmemory_open(xentoollog_logger *logger, unsigned flags) { return (void *)&handle; }
int xenforeignmemory_close(xenforeignmemory_handle *memory) { return 0; }
xendevicemodel_handle *xendevicemodel_open(xentoollog_logger *logger, unsigned flags) { return (void *)&handle; }
int xendevicemodel_close(xendevicemodel_handle *model) { return 0; }
