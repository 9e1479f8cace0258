/* A stand-in for libnvidia-ml.so.1, so that the real binding can be tested on machines without a GPU.
 *
 * The machine it plays is chosen when it is loaded, by environment variables:
 *
 *   NETMIND_STUB_SCENARIO      h100x8 consumer mig falls-off falls-off-now mismatch no-driver no-permission
 *                              no-permission-device ancient wsl hang hang-init busy crash worn
 *   NETMIND_STUB_COUNT         number of GPUs, 0 to 16, instead of the scenario's
 *   NETMIND_STUB_ORDER         "reversed": the library's index order is the opposite of the PCI order
 *   NETMIND_STUB_LOST_INDEX    which GPU is lost (default: 5 in falls-off, else none), counted in PCI order
 *   NETMIND_STUB_LOST_AFTER    how many samples it gives before it is lost (default 2; falls-off-now: -1, from the start)
 *   NETMIND_STUB_HANG_INDEX    which GPU hangs (default: 1 in hang, else none)
 *   NETMIND_STUB_HANG_AFTER    how many samples it gives before it hangs (default -1: reading it always does)
 *   NETMIND_STUB_LOST_WHILE, NETMIND_STUB_HANG_WHILE
 *                              a file: as long as it is there, GPU LOST_INDEX is lost, GPU HANG_INDEX hangs; then not
 *   NETMIND_STUB_HANG_AT       "handle": already opening it hangs (default: reading it does)
 *   NETMIND_STUB_CRASH_INDEX   which GPU ends the process when it is sampled (default: 1 in crash, else none)
 *   NETMIND_STUB_BUSY_PID      the process that computes on GPU 0 (default: 4242 in busy, else none)
 *   NETMIND_STUB_BUSY_PCT      its share of GPU 0's time (87); NETMIND_STUB_NO_SHARES: shares are not reported
 *   NETMIND_STUB_DRAWING_PID, NETMIND_STUB_DRAWING_MIB, NETMIND_STUB_DRAWING_PCT
 *                              a process that draws on GPU 0, such as a compositor (default: none)
 *   NETMIND_STUB_NOW           a file that is read at each question; a test writes to it while the machine runs. Lines:
 *                                process INDEX PID MIB LATE_MS   computes on that GPU and holds memory there for as long
 *                                                                as it lives, and LATE_MS longer, as a driver that
 *                                                                frees late; the list shows it as long. LATE_MS
 *                                                                "always": for as long as the line is there
 *                                temperature INDEX CELSIUS       the last such line of a GPU holds
 *                                energy INDEX MILLIJOULES        its counter stands there until the line changes
 *                                power INDEX MILLIWATTS          it draws that; both negative: not supported now
 *   NETMIND_STUB_LIMITS        a file: power limits that were set, which outlive the process as in a card whose driver
 *                              stays loaded; without it they end with the process
 *   NETMIND_STUB_LIMIT_REFUSED anything: nobody may set a power limit
 *   NETMIND_STUB_LOADED        anything: PCIe links run at their full generation, as under load
 *   NETMIND_STUB_ECC, _ECC_PENDING, _CORRECTED, _UNCORRECTED, _UNCORRECTED_EVER, _REMAP_PENDING, _REMAP_FAILED,
 *   _RETIRE_PENDING, _RECOVERY, _REASONS, _POWER_LIMIT_W, _PCIE_WIDTH, _PERSISTENCE (each with NETMIND_STUB before it)
 *                              what is wrong with GPU 0 (worn: nearly everything), in NVML's numbers
 *   NETMIND_STUB_POWER_MW, NETMIND_STUB_TEMPERATURE_C, NETMIND_STUB_UTILIZATION_PCT, NETMIND_STUB_MEMORY_USED_MIB
 *   NETMIND_STUB_NOISE         anything: every call also prints a line on stdout
 *   NETMIND_STUB_LOG           a file that gets one line per call: the function and the GPU's PCI-order index
 *
 * Compiled with -DANCIENT, it lacks what drivers before 2019 lacked. Counters follow the monotonic clock, as
 * the real ones follow the driver: a new process goes on where the last one stopped.
 */
#define _POSIX_C_SOURCE 200809L
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    OK = 0, UNINITIALIZED = 1, INVALID_ARGUMENT = 2, NOT_SUPPORTED = 3, NO_PERMISSION = 4, NOT_FOUND = 6,
    INSUFFICIENT_SIZE = 7, DRIVER_NOT_LOADED = 9, GPU_IS_LOST = 15, RM_MISMATCH = 18
};
enum { /* what a card has beyond the common */
    FAN = 1, ECC = 2, NVLINK = 4, PERSISTENCE = 8, MIG = 16, POWER_FIELDS = 32, THROTTLE_FIELDS = 64, ENERGY = 128,
    CLOCKS = 256, PROCESSES = 512, CORES = 1024, REASONS = 2048
};
typedef unsigned int uint;
typedef unsigned long long ull;

typedef struct {
    const char *name;
    int features, major, minor, memory_mib, cores, bus_width, sm_mhz, memory_mhz;
    int watts_default, watts_min, watts_max, slowdown_c, shutdown_c, pcie_generation;
} Model;

static const Model H100 = {"NVIDIA H100 80GB HBM3", ECC | NVLINK | PERSISTENCE | MIG | POWER_FIELDS | THROTTLE_FIELDS |
    ENERGY | CLOCKS | PROCESSES | CORES | REASONS, 9, 0, 81559, 16896, 5120, 1980, 2619, 700, 200, 700, 89, 92, 5};
static const Model A100 = {"NVIDIA A100-SXM4-40GB", ECC | NVLINK | PERSISTENCE | MIG | POWER_FIELDS | THROTTLE_FIELDS |
    ENERGY | CLOCKS | PROCESSES | CORES | REASONS, 8, 0, 40960, 6912, 5120, 1410, 1215, 400, 100, 400, 89, 92, 4};
static const Model RTX4070 = {"NVIDIA GeForce RTX 4070", FAN | ENERGY | CLOCKS | PROCESSES | CORES | REASONS,
    8, 9, 12282, 5888, 192, 3105, 10501, 200, 100, 215, 90, 93, 4};
static const Model LAPTOP = {"NVIDIA GeForce RTX 4070 Laptop GPU", CORES | REASONS,
    8, 9, 8188, 4608, 128, 3105, 8001, 115, 5, 140, 90, 93, 4};
static const Model P100 = {"Tesla P100-PCIE-16GB", ECC | PERSISTENCE | CLOCKS | PROCESSES | REASONS,
    6, 0, 16280, 3584, 4096, 1328, 715, 250, 125, 250, 82, 85, 3};

typedef struct Handle {
    int is_slice, index;     /* PCI order; of the parent for a slice */
    int slice, slice_mib, slice_sms;
    const char *profile;
    const Model *model;
    int mig_on, samples;
} Handle;

static const uint BUSES[16] = {0x1b, 0x43, 0x52, 0x61, 0x9d, 0xc3, 0xd1, 0xdf,
                               0xe0, 0xe1, 0xe2, 0xe3, 0xe4, 0xe5, 0xe6, 0xe7};
static Handle gpus[16], slices[3];
static int count, initialised;
static const char *scenario = "h100x8";

static int is(const char *name) { return strcmp(scenario, name) == 0; }
static const char *text(const char *name, const char *otherwise) {
    const char *value = getenv(name);
    return value && *value ? value : otherwise;
}
static int number(const char *name, int otherwise) {
    const char *value = getenv(name);
    return value && *value ? atoi(value) : otherwise;
}
static ull now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (ull)now.tv_sec * 1000000000ull + (ull)now.tv_nsec;
}
static void hang(void) { for (;;) pause(); }
static void note(const char *function, int index) {
    if (getenv("NETMIND_STUB_NOISE")) {
        printf("noise from %s\n", function);
        fflush(stdout);
    }
    const char *path = getenv("NETMIND_STUB_LOG");
    FILE *log = path && *path ? fopen(path, "a") : NULL;
    if (log) {
        fprintf(log, "%s %d\n", function, index);
        fclose(log);
    }
}

static void set_up(void) {
    static const char *PROFILES[3] = {"3g.20gb", "2g.10gb", "1g.5gb"};
    static const int MIB[3] = {19968, 9856, 4864}, SMS[3] = {42, 28, 14};
    scenario = text("NETMIND_STUB_SCENARIO", "h100x8");
    count = is("h100x8") || is("falls-off") || is("falls-off-now") ? 8 : is("mig") || is("hang") || is("crash") || is("worn") ? 2 : 1;
    count = number("NETMIND_STUB_COUNT", count);
    for (int i = 0; i < 16; i++) {
        int samples = gpus[i].samples;
        gpus[i] = (Handle){.index = i, .model = &H100, .samples = samples};
        if (is("consumer")) gpus[i].model = &RTX4070;
        if (is("wsl")) gpus[i].model = &LAPTOP;
        if (is("ancient")) gpus[i].model = &P100;
        if (is("mig")) gpus[i].model = &A100;
    }
    if (is("mig")) {
        gpus[0].mig_on = 1;
        for (int i = 0; i < 3; i++)
            slices[i] = (Handle){.is_slice = 1, .model = &A100, .slice = i, .slice_mib = MIB[i], .slice_sms = SMS[i],
                                 .profile = PROFILES[i]};
    }
}

static int is_while(const char *name, int otherwise) {
    const char *path = getenv(name);
    return path && *path ? access(path, F_OK) == 0 : otherwise;
}

/* What any call on a device comes to before it can answer. */
static int enter(const char *function, Handle *handle, int is_identity) {
    note(function, handle ? handle->index : -1);
    if (!initialised) return UNINITIALIZED;
    if (!handle) return INVALID_ARGUMENT;
    Handle *gpu = &gpus[handle->index];
    int lost = number("NETMIND_STUB_LOST_INDEX", is("falls-off") || is("falls-off-now") ? 5 : -1);
    int lost_after = number("NETMIND_STUB_LOST_AFTER", is("falls-off-now") ? -1 : 2);
    if (gpu->index == lost && is_while("NETMIND_STUB_LOST_WHILE", gpu->samples > lost_after)) return GPU_IS_LOST;
    int hung = number("NETMIND_STUB_HANG_INDEX", is("hang") ? 1 : -1);
    int hang_after = number("NETMIND_STUB_HANG_AFTER", -1);
    if (gpu->index == hung && !is_identity && is_while("NETMIND_STUB_HANG_WHILE", gpu->samples > hang_after)) hang();
    return OK;
}
#define ENTER(handle) do { int code_ = enter(__func__, handle, 0); if (code_) return code_; } while (0)
#define IDENTIFY(handle) do { int code_ = enter(__func__, handle, 1); if (code_) return code_; } while (0)
#define WHOLE(handle) do { ENTER(handle); if ((handle)->is_slice) return NOT_SUPPORTED; } while (0)
#define NEEDS(handle, feature) do { WHOLE(handle); if (!((handle)->model->features & (feature))) return NOT_SUPPORTED; } while (0)

/* What holds now, by the file that a test writes. */
enum { MOST_USERS = 32 };
typedef struct { int pid, mib; } User;
static struct { int pid; ull gone_ns; } ended[MOST_USERS];

static int has_ended(int pid) {
    char path[64], state = 0;
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE *file = fopen(path, "r");
    if (!file) return kill(pid, 0) != 0;
    if (fscanf(file, "%*d (%*[^)]) %c", &state) != 1) state = 'Z';
    fclose(file);
    return state == 'Z' || state == 'X'; /* a zombie holds no memory */
}
static ull gone_for_ms(int pid) {
    for (int i = 0; i < MOST_USERS; i++) {
        if (ended[i].pid && ended[i].pid != pid) continue;
        if (!ended[i].pid) { ended[i].pid = pid; ended[i].gone_ns = now_ns(); }
        return (now_ns() - ended[i].gone_ns) / 1000000ull;
    }
    return 0;
}
static FILE *open_now(void) {
    const char *path = getenv("NETMIND_STUB_NOW");
    return path && *path ? fopen(path, "r") : NULL;
}
static int users_now(int index, User *users) {
    char line[160], late[24];
    int count = 0, of, pid, mib;
    FILE *file = open_now();
    while (file && fgets(line, sizeof line, file)) {
        if (sscanf(line, "process %d %d %d %23s", &of, &pid, &mib, late) != 4 || of != index) continue;
        if (strcmp(late, "always") && has_ended(pid) && gone_for_ms(pid) >= (ull)atoi(late)) continue;
        if (count < MOST_USERS) users[count++] = (User){pid, mib};
    }
    if (file) fclose(file);
    return count;
}
static int held_mib(Handle *handle) {
    User users[MOST_USERS];
    int sum = 0;
    for (int i = users_now(handle->index, users) - 1; i >= 0; i--) sum += users[i].mib;
    return handle->is_slice ? 0 : sum;
}
static long long figure_now(const char *form, int index, long long otherwise) {
    char line[160];
    int of;
    long long figure;
    FILE *file = open_now();
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, form, &of, &figure) == 2 && of == index) otherwise = figure;
    if (file) fclose(file);
    return otherwise;
}
static int temperature_now(int index, int otherwise) {
    return (int)figure_now("temperature %d %lld", index, otherwise);
}

static int busy_pid(Handle *handle) {
    return handle->index == 0 ? number("NETMIND_STUB_BUSY_PID", is("busy") ? 4242 : 0) : 0;
}
static long long power_mw(Handle *handle) {
    int limit = handle->model->watts_default * 1000;
    int power = busy_pid(handle) ? limit * 19 / 20 : limit / 8 + handle->index * 500;
    return figure_now("power %d %lld", handle->index, number("NETMIND_STUB_POWER_MW", power));
}
static long long energy_mj(Handle *handle) {
    return figure_now("energy %d %lld", handle->index, (long long)((double)now_ns() * 1e-9 * (double)power_mw(handle)));
}
static int temperature_c(Handle *handle) {
    int otherwise = busy_pid(handle) ? handle->model->slowdown_c - 2 : 34 + handle->index;
    return temperature_now(handle->index, number("NETMIND_STUB_TEMPERATURE_C", otherwise));
}
/* A number of GPU 0 that tells of wear: the one given, or the one of a worn card. */
static int worn(Handle *handle, const char *name, int if_worn, int otherwise) {
    if (handle->index != 0) return otherwise;
    return number(name, is("worn") ? if_worn : otherwise);
}
static ull throttled_ns(Handle *handle, int share) { return busy_pid(handle) ? now_ns() / (ull)share : 0; }

int nvmlInitWithFlags(uint flags) {
    (void)flags;
    set_up();
    note(__func__, -1);
    if (is("mismatch")) return RM_MISMATCH;
    if (is("no-driver")) return DRIVER_NOT_LOADED;
    if (is("no-permission")) return NO_PERMISSION;
    if (is("hang-init")) hang();
    initialised = 1;
    return OK;
}
int nvmlInit_v2(void) { return nvmlInitWithFlags(0); }
int nvmlShutdown(void) { initialised = 0; return OK; }
const char *nvmlErrorString(int code) { (void)code; return "an error of the stub"; }

static int say(char *buffer, uint length, const char *value) {
    if (strlen(value) + 1 > length) return INSUFFICIENT_SIZE;
    strcpy(buffer, value);
    return OK;
}
int nvmlSystemGetDriverVersion(char *buffer, uint length) {
    return initialised ? say(buffer, length, is("ancient") ? "418.67" : "580.95.05") : UNINITIALIZED;
}
int nvmlSystemGetNVMLVersion(char *buffer, uint length) {
    return say(buffer, length, is("ancient") ? "10.418.67" : "13.580.95.05");
}
int nvmlSystemGetCudaDriverVersion(int *version) { *version = is("ancient") ? 10010 : 13000; return OK; }
int nvmlDeviceGetCount_v2(uint *n) {
    if (!initialised) return UNINITIALIZED;
    *n = (uint)count;
    return OK;
}

static int open_gpu(const char *function, int index, Handle **handle) {
    note(function, index);
    if (is("no-permission-device")) return NO_PERMISSION;
    if (strcmp(text("NETMIND_STUB_HANG_AT", ""), "handle") == 0) {
        int code = enter(function, &gpus[index], 0);
        if (code) return code;
    }
    *handle = &gpus[index];
    return OK;
}
int nvmlDeviceGetHandleByIndex_v2(uint index, Handle **handle) {
    if (!initialised) return UNINITIALIZED;
    if (index >= (uint)count) return INVALID_ARGUMENT;
    int reversed = strcmp(text("NETMIND_STUB_ORDER", ""), "reversed") == 0;
    return open_gpu(__func__, reversed ? count - 1 - (int)index : (int)index, handle);
}
int nvmlDeviceGetHandleByPciBusId_v2(const char *slot, Handle **handle) {
    uint domain, bus, device, function;
    if (!initialised) return UNINITIALIZED;
    if (sscanf(slot, "%x:%x:%x.%x", &domain, &bus, &device, &function) != 4) return INVALID_ARGUMENT;
    for (int i = 0; i < count; i++)
        if (BUSES[i] == bus) return open_gpu(__func__, i, handle);
    return NOT_FOUND;
}

int nvmlDeviceGetName(Handle *h, char *buffer, uint length) {
    char name[96];
    IDENTIFY(h);
    snprintf(name, sizeof name, h->is_slice ? "%s MIG %s" : "%s", h->model->name, h->profile);
    return say(buffer, length, name);
}
int nvmlDeviceGetUUID(Handle *h, char *buffer, uint length) {
    char uuid[80];
    IDENTIFY(h);
    if (h->is_slice) snprintf(uuid, sizeof uuid, "MIG-5eed0000-0000-5000-8000-%012x", (uint)h->slice);
    else snprintf(uuid, sizeof uuid, "GPU-5eed0000-0000-4000-8000-%012x", (uint)h->index);
    return say(buffer, length, uuid);
}
typedef struct {
    char legacy[16];
    uint domain, bus, device, device_id, subsystem_id;
    char bus_id[32];
} PciInfo;
int nvmlDeviceGetPciInfo_v3(Handle *h, PciInfo *info) {
    IDENTIFY(h);
    memset(info, 0, sizeof *info);
    info->bus = BUSES[h->index];
    info->device_id = 0x233010de;
    snprintf(info->legacy, sizeof info->legacy, "0000:%02X:00.0", info->bus);
    snprintf(info->bus_id, sizeof info->bus_id, "00000000:%02X:00.0", info->bus);
    return OK;
}

static ull total_bytes(Handle *h) { return (ull)(h->is_slice ? h->slice_mib : h->model->memory_mib) << 20; }
static ull used_bytes(Handle *h) {
    int base = number("NETMIND_STUB_MEMORY_USED_MIB", busy_pid(h) ? 60000 : h->is_slice ? 25 : 512);
    return (ull)(base + held_mib(h)) << 20;
}
typedef struct { ull total, free, used; } Memory;
int nvmlDeviceGetMemoryInfo(Handle *h, Memory *memory) {
    ENTER(h);
    *memory = (Memory){total_bytes(h), total_bytes(h) - used_bytes(h), used_bytes(h)};
    return OK;
}
int nvmlDeviceGetUtilizationRates(Handle *h, uint rates[2]) {
    if (h && !h->is_slice) h->samples++; /* a sample begins */
    WHOLE(h);
    if (h->mig_on) return NOT_SUPPORTED;
    if (h->index == number("NETMIND_STUB_CRASH_INDEX", is("crash") ? 1 : -1)) abort();
    rates[0] = (uint)number("NETMIND_STUB_UTILIZATION_PCT", busy_pid(h) ? 99 : 3);
    rates[1] = rates[0] / 2;
    return OK;
}

int nvmlDeviceGetCudaComputeCapability(Handle *h, int *major, int *minor) {
    ENTER(h);
    *major = h->model->major;
    *minor = h->model->minor;
    return OK;
}
int nvmlDeviceGetMaxClockInfo(Handle *h, uint kind, uint *mhz) {
    NEEDS(h, CLOCKS);
    *mhz = (uint)(kind == 2 ? h->model->memory_mhz : h->model->sm_mhz);
    return OK;
}
int nvmlDeviceGetClockInfo(Handle *h, uint kind, uint *mhz) {
    NEEDS(h, CLOCKS);
    *mhz = (uint)(kind == 2 ? h->model->memory_mhz : busy_pid(h) ? h->model->sm_mhz * 3 / 4 : h->model->sm_mhz / 6);
    return OK;
}
static int watts(Handle *h, int value, uint *mw) { (void)h; *mw = (uint)value * 1000; return OK; }
/* The limit that was set, in this process or by the file; 0 where none was. */
static uint set_mw[16];
static uint limit_set(int index) {
    const char *path = getenv("NETMIND_STUB_LIMITS");
    FILE *file = path && *path ? fopen(path, "r") : NULL;
    int of;
    uint mw, found = path && *path ? 0 : set_mw[index];
    while (file && fscanf(file, "%d %u", &of, &mw) == 2) if (of == index) found = mw;
    if (file) fclose(file);
    return found;
}
int nvmlDeviceGetPowerManagementLimit(Handle *h, uint *mw) {
    WHOLE(h);
    if ((*mw = limit_set(h->index))) return OK;
    return watts(h, worn(h, "NETMIND_STUB_POWER_LIMIT_W", h->model->watts_default / 2, h->model->watts_default), mw);
}
int nvmlDeviceSetPowerManagementLimit(Handle *h, uint mw) {
    WHOLE(h);
    if (is("wsl")) return NOT_SUPPORTED;
    if (getenv("NETMIND_STUB_LIMIT_REFUSED")) return NO_PERMISSION;
    if (mw < (uint)h->model->watts_min * 1000 || mw > (uint)h->model->watts_max * 1000) return INVALID_ARGUMENT;
    set_mw[h->index] = mw;
    const char *path = getenv("NETMIND_STUB_LIMITS");
    FILE *file = path && *path ? fopen(path, "a") : NULL;
    if (file) {
        fprintf(file, "%d %u\n", h->index, mw);
        fclose(file);
    }
    return OK;
}
int nvmlDeviceGetPowerManagementDefaultLimit(Handle *h, uint *mw) { WHOLE(h); return watts(h, h->model->watts_default, mw); }
int nvmlDeviceGetEnforcedPowerLimit(Handle *h, uint *mw) {
    WHOLE(h);
    if ((*mw = limit_set(h->index))) return OK;
    return watts(h, h->model->watts_default, mw);
}
int nvmlDeviceGetPowerManagementLimitConstraints(Handle *h, uint *low, uint *high) {
    WHOLE(h);
    watts(h, h->model->watts_max, high);
    return watts(h, h->model->watts_min, low);
}
int nvmlDeviceGetPowerUsage(Handle *h, uint *mw) {
    WHOLE(h);
    if (power_mw(h) < 0) return NOT_SUPPORTED;
    *mw = (uint)power_mw(h);
    return OK;
}
int nvmlDeviceGetTotalEnergyConsumption(Handle *h, ull *mj) {
    NEEDS(h, ENERGY);
    if (energy_mj(h) < 0) return NOT_SUPPORTED;
    *mj = (ull)energy_mj(h);
    return OK;
}
int nvmlDeviceGetTemperature(Handle *h, uint sensor, uint *celsius) {
    (void)sensor;
    WHOLE(h);
    *celsius = (uint)temperature_c(h);
    return OK;
}
int nvmlDeviceGetTemperatureThreshold(Handle *h, uint kind, uint *celsius) {
    WHOLE(h);
    *celsius = (uint)(kind ? h->model->slowdown_c : h->model->shutdown_c);
    return OK;
}
int nvmlDeviceGetFanSpeed(Handle *h, uint *percent) { NEEDS(h, FAN); *percent = 30; return OK; }
int nvmlDeviceGetEccMode(Handle *h, uint *current, uint *pending) {
    NEEDS(h, ECC);
    *current = (uint)worn(h, "NETMIND_STUB_ECC", 1, 1);
    *pending = (uint)worn(h, "NETMIND_STUB_ECC_PENDING", 0, (int)*current);
    return OK;
}
int nvmlDeviceGetTotalEccErrors(Handle *h, uint kind, uint since, ull *errors) {
    NEEDS(h, ECC);
    int now = kind ? worn(h, "NETMIND_STUB_UNCORRECTED", 3, 0) : worn(h, "NETMIND_STUB_CORRECTED", 1200, 0);
    *errors = (ull)(since && kind ? worn(h, "NETMIND_STUB_UNCORRECTED_EVER", now + 4, now) : now);
    return OK;
}
int nvmlDeviceGetRetiredPagesPendingStatus(Handle *h, uint *pending) {
    NEEDS(h, ECC);
    if (h->model->major >= 8) return NOT_SUPPORTED; /* rows are remapped instead */
    *pending = (uint)worn(h, "NETMIND_STUB_RETIRE_PENDING", 1, 0);
    return OK;
}
int nvmlDeviceGetMaxPcieLinkGeneration(Handle *h, uint *value) { WHOLE(h); *value = (uint)h->model->pcie_generation; return OK; }
int nvmlDeviceGetMaxPcieLinkWidth(Handle *h, uint *value) { WHOLE(h); *value = 16; return OK; }
int nvmlDeviceGetCurrPcieLinkGeneration(Handle *h, uint *value) {
    WHOLE(h);
    *value = (uint)(busy_pid(h) || getenv("NETMIND_STUB_LOADED") ? h->model->pcie_generation : 1);
    return OK;
}
int nvmlDeviceGetCurrPcieLinkWidth(Handle *h, uint *value) {
    WHOLE(h);
    *value = (uint)worn(h, "NETMIND_STUB_PCIE_WIDTH", 4, 16);
    return OK;
}
int nvmlDeviceGetNvLinkState(Handle *h, uint link, uint *active) {
    NEEDS(h, NVLINK);
    if (h->mig_on) return NOT_SUPPORTED;
    if (link >= (h->model == &H100 ? 18u : 12u)) return INVALID_ARGUMENT;
    *active = 1;
    return OK;
}
int nvmlDeviceGetPersistenceMode(Handle *h, uint *mode) {
    NEEDS(h, PERSISTENCE);
    *mode = (uint)worn(h, "NETMIND_STUB_PERSISTENCE", 0, 1);
    return OK;
}
int nvmlDeviceGetComputeMode(Handle *h, uint *mode) { WHOLE(h); *mode = 0; return OK; }
int nvmlDeviceGetVbiosVersion(Handle *h, char *buffer, uint length) { WHOLE(h); return say(buffer, length, "96.00.A5.00.01"); }

static int reasons(Handle *h, ull *bits) {
    int otherwise = busy_pid(h) ? 0x24 : 0x1; /* software power cap and thermal slowdown, or idle */
    *bits = (ull)worn(h, "NETMIND_STUB_REASONS", 0x48, otherwise);
    return OK;
}
int nvmlDeviceGetCurrentClocksThrottleReasons(Handle *h, ull *bits) { NEEDS(h, REASONS); return reasons(h, bits); }
typedef struct { ull reference, violation; } Violation;
int nvmlDeviceGetViolationStatus(Handle *h, uint policy, Violation *status) {
    WHOLE(h);
    if (policy > 1) return NOT_SUPPORTED;
    *status = (Violation){now_ns(), throttled_ns(h, policy ? 2 : 4)};
    return OK;
}

#ifndef ANCIENT
typedef struct { uint pid; ull used; uint gpu_instance, compute_instance; } Process;
static int processes(Handle *h, uint *n, Process *found) {
    User users[MOST_USERS];
    uint now = h->is_slice ? 0 : (uint)users_now(h->index, users), all = now + (busy_pid(h) != 0);
    if (!all) { *n = 0; return OK; }
    if (!found || *n < all) { *n = all; return INSUFFICIENT_SIZE; }
    *n = all;
    for (uint i = 0; i < now; i++) found[i] = (Process){(uint)users[i].pid, (ull)users[i].mib << 20, ~0u, ~0u};
    if (busy_pid(h)) found[now] = (Process){(uint)busy_pid(h), used_bytes(h), ~0u, ~0u};
    return OK;
}
typedef struct { uint version; ull total, reserved, free, used; } Memory2;
int nvmlDeviceGetMemoryInfo_v2(Handle *h, Memory2 *memory) {
    ENTER(h);
    ull reserved = h->is_slice ? 0 : 300ull << 20;
    *memory = (Memory2){memory->version, total_bytes(h), reserved, total_bytes(h) - used_bytes(h) - reserved, used_bytes(h)};
    return OK;
}
int nvmlDeviceGetDefaultEccMode(Handle *h, uint *mode) { NEEDS(h, ECC); *mode = 1; return OK; }
int nvmlDeviceGetRemappedRows(Handle *h, uint *corrected, uint *uncorrected, uint *pending, uint *failed) {
    NEEDS(h, ECC);
    if (h->mig_on) return NOT_SUPPORTED;
    *corrected = 0;
    *pending = (uint)worn(h, "NETMIND_STUB_REMAP_PENDING", 1, 0);
    *failed = (uint)worn(h, "NETMIND_STUB_REMAP_FAILED", 0, 0);
    *uncorrected = *pending + *failed;
    return OK;
}
int nvmlDeviceGetNumGpuCores(Handle *h, uint *cores) { NEEDS(h, CORES); *cores = (uint)h->model->cores; return OK; }
int nvmlDeviceGetMemoryBusWidth(Handle *h, uint *bits) { WHOLE(h); *bits = (uint)h->model->bus_width; return OK; }
typedef struct { uint version, sensor; int celsius; } Temperature;
int nvmlDeviceGetTemperatureV(Handle *h, Temperature *reading) { WHOLE(h); reading->celsius = temperature_c(h); return OK; }
int nvmlDeviceGetCurrentClocksEventReasons(Handle *h, ull *bits) { NEEDS(h, REASONS); return reasons(h, bits); }
int nvmlDeviceGetComputeRunningProcesses_v3(Handle *h, uint *n, Process *found) {
    ENTER(h);
    if (!(h->model->features & PROCESSES)) return NOT_SUPPORTED;
    return processes(h, n, found);
}
static int drawing_pid(Handle *handle) { return handle->index == 0 ? number("NETMIND_STUB_DRAWING_PID", 0) : 0; }
int nvmlDeviceGetGraphicsRunningProcesses_v3(Handle *h, uint *n, Process *found) {
    ENTER(h);
    if (!(h->model->features & PROCESSES)) return NOT_SUPPORTED;
    if (!drawing_pid(h)) { *n = 0; return OK; }
    if (!found || *n < 1) { *n = 1; return INSUFFICIENT_SIZE; }
    *n = 1;
    found[0] = (Process){(uint)drawing_pid(h), (ull)number("NETMIND_STUB_DRAWING_MIB", 300) << 20, ~0u, ~0u};
    return OK;
}
typedef struct { uint pid; ull at_us; uint sm, memory, encoder, decoder; } Share;
int nvmlDeviceGetProcessUtilization(Handle *h, Share *found, uint *n, ull since_us) {
    NEEDS(h, PROCESSES);
    if (getenv("NETMIND_STUB_NO_SHARES")) return NOT_SUPPORTED;
    uint count = (busy_pid(h) != 0) + (drawing_pid(h) != 0);
    ull now = now_ns() / 1000;
    if (!count || since_us >= now) return NOT_FOUND;
    if (!found || *n < count) { *n = count; return INSUFFICIENT_SIZE; }
    *n = 0;
    if (busy_pid(h)) found[(*n)++] = (Share){(uint)busy_pid(h), now, (uint)number("NETMIND_STUB_BUSY_PCT", 87), 0, 0, 0};
    if (drawing_pid(h)) found[(*n)++] = (Share){(uint)drawing_pid(h), now, (uint)number("NETMIND_STUB_DRAWING_PCT", 4), 0, 0, 0};
    return OK;
}
int nvmlDeviceGetMigMode(Handle *h, uint *current, uint *pending) {
    NEEDS(h, MIG);
    *current = *pending = (uint)h->mig_on;
    return OK;
}
int nvmlDeviceGetMaxMigDeviceCount(Handle *h, uint *n) { NEEDS(h, MIG); *n = 7; return OK; }
int nvmlDeviceGetMigDeviceHandleByIndex(Handle *h, uint index, Handle **slice) {
    NEEDS(h, MIG);
    if (!h->mig_on || index >= 3) return NOT_FOUND;
    *slice = &slices[index];
    return OK;
}

typedef struct {
    uint id, scope;
    int64_t timestamp, latency;
    uint type;
    int code;
    union { double d; uint u; ull ull; } value;
} FieldValue;
int nvmlDeviceGetFieldValues(Handle *h, int n, FieldValue *fields) {
    WHOLE(h);
    int has = h->model->features;
    for (int i = 0; i < n; i++) {
        FieldValue *field = &fields[i];
        field->code = OK;
        field->type = 3;
        switch (field->id) {
        case 74: if (has & THROTTLE_FIELDS) field->value.ull = throttled_ns(h, 4); else field->code = NOT_SUPPORTED; break;
        case 230:
            field->type = 1;
            if (has & ECC) field->value.u = (uint)worn(h, "NETMIND_STUB_RECOVERY", 1, 0); else field->code = NOT_SUPPORTED;
            break;
        case 83:
            if (has & ENERGY && energy_mj(h) >= 0) field->value.ull = (ull)energy_mj(h); else field->code = NOT_SUPPORTED;
            break;
        case 185: case 186:
            field->type = 1;
            if (has & POWER_FIELDS && power_mw(h) >= 0) field->value.u = (uint)power_mw(h);
            else field->code = NOT_SUPPORTED;
            break;
        case 269: if (has & THROTTLE_FIELDS) field->value.ull = throttled_ns(h, 2); else field->code = NOT_SUPPORTED; break;
        case 270: case 271: if (has & THROTTLE_FIELDS) field->value.ull = 0; else field->code = NOT_SUPPORTED; break;
        default: field->code = NOT_SUPPORTED;
        }
    }
    return OK;
}
#endif
