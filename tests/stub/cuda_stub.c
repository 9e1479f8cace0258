/* A CUDA runtime for a card that accepts every order and runs no kernel. Device memory is the host's, copies copy.
 * Matrix products (cuBLAS) are computed, slowly, unless NETMIND_STUB_CUBLAS=idle; everything else returns success at
 * once and does nothing. What the provider calls beyond this is answered with 0.
 *
 *   NETMIND_STUB_COPY_BYTES_PER_S  how fast copies are: each ends when the card's one copy engine would have moved its
 *                              bytes, on the steady clock, however late the process wakes (default: as fast as memcpy)
 *   NETMIND_STUB_SLOW          "GPU-5eed0000-0000-4000-8000-000000000005=8": the card whose UUID begins so is 8 per
 *                              cent slower at that; several with commas. A card knows itself by CUDA_VISIBLE_DEVICES
 *   NETMIND_STUB_COPY          what copies of 64 KiB and more do wrong: "idle" nothing is copied, "flip" one bit,
 *                              "alias" the upper half of each allocation is the lower, "stuck" one bit of the card is 1,
 *                              "error" they fail. NETMIND_STUB_COPY_AFTER lets so many through first
 *   NETMIND_STUB_MALLOC_BYTES  the largest piece of device memory that can be had
 *
 * CUBLAS marks what belongs into libcublas, the rest into libcudart. FILLER is replaced by one such answer for each function that the provider wants and that is not written out here.
 */
#define _POSIX_C_SOURCE 200809L
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SUCCESS = 0, OUT_OF_MEMORY = 2, ILLEGAL_ADDRESS = 700, LARGE_COPY = 1 << 16, PIECES = 4096 };

/* What was allocated on the card, to tell where in its piece an address lies. */
static struct { char *at; size_t size; } pieces[PIECES];

static void note(void *at, size_t size) {
    for (int i = 0; i < PIECES; i++) if (!pieces[i].at) { pieces[i].at = at; pieces[i].size = size; return; }
}

static void forget(void *at) {
    for (int i = 0; i < PIECES; i++) if (at && pieces[i].at == at) pieces[i].at = 0;
}

/* Where an address of the upper half of its piece really leads, if the card ignores its top address line. */
static char *aliased(char *at, size_t size) {
    for (int i = 0; i < PIECES; i++) {
        size_t half = pieces[i].size / 2;
        if (pieces[i].at && at >= pieces[i].at + half && at + size <= pieces[i].at + pieces[i].size) return at - half;
    }
    return at;
}

static double now_s(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec + t.tv_nsec / 1e9; }

static double copy_bytes_per_s(void) {
    const char *given = getenv("NETMIND_STUB_COPY_BYTES_PER_S"), *slow = getenv("NETMIND_STUB_SLOW");
    const char *own = getenv("CUDA_VISIBLE_DEVICES");
    double rate = given ? atof(given) : 0;
    for (; slow && own; slow = strchr(slow, ',') ? strchr(slow, ',') + 1 : 0) {
        size_t length = strcspn(slow, "=,");
        if (slow[length] == '=' && length && !strncmp(slow, own, length)) rate *= 1 - atof(slow + length + 1) / 100;
    }
    return rate;
}

static double busy_until;

/* Hand the engine so many bytes, from when it is free. */
static void pace(size_t size, double asked_at) {
    double rate = copy_bytes_per_s();
    if (rate > 0) busy_until = (busy_until > asked_at ? busy_until : asked_at) + size / rate;
}

static long wait_for_engine(void) {
    struct timespec until = {(time_t)busy_until, (long)((busy_until - (time_t)busy_until) * 1e9)};
    while (busy_until > now_s()) clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, 0);
    return SUCCESS;
}

enum { TO_DEVICE = 1, TO_HOST = 2 };

static long copy(char *to, char *from, size_t size, int kind) {
    static long large = 0;
    const char *wrong = getenv("NETMIND_STUB_COPY"), *after = getenv("NETMIND_STUB_COPY_AFTER");
    double asked_at = now_s();
    int right = !wrong || size < LARGE_COPY || large++ < (after ? atol(after) : 0);
    if (!right && !strcmp(wrong, "error")) return ILLEGAL_ADDRESS;
    if (!right && !strcmp(wrong, "alias") && kind == TO_DEVICE) to = aliased(to, size);
    if (!right && !strcmp(wrong, "alias") && kind == TO_HOST) from = aliased(from, size);
    if (right || strcmp(wrong, "idle")) memcpy(to, from, size);
    if (!right && !strcmp(wrong, "flip")) to[size / 2] ^= 0x10;
    if (!right && !strcmp(wrong, "stuck") && kind == TO_HOST) to[size / 2] |= 0x10;
    pace(size, asked_at);
    return SUCCESS;
}

long cudaMalloc(void **pointer, size_t size) {
    const char *most = getenv("NETMIND_STUB_MALLOC_BYTES");
    *pointer = most && size > strtoull(most, 0, 10) ? 0 : calloc(1, size + 256);
    if (!*pointer) return OUT_OF_MEMORY;
    note(*pointer, size);
    return SUCCESS;
}
long cudaFree(void *pointer) { forget(pointer); free(pointer); return 0; }
long cudaFreeAsync(void *pointer, void *stream) { (void)stream; forget(pointer); free(pointer); return 0; }
long cudaMallocHost(void **pointer, size_t size, unsigned flags) { (void)flags; *pointer = malloc(size); return 0; }
long cudaHostAlloc(void **pointer, size_t size, unsigned flags) { (void)flags; *pointer = malloc(size); return 0; }
long cudaFreeHost(void *pointer) { free(pointer); return 0; }
long cudaMemcpy(void *to, void *from, size_t size, int kind) { long error = copy(to, from, size, kind); wait_for_engine(); return error; }
long cudaMemcpyAsync(void *to, void *from, size_t size, int kind, void *stream) { (void)stream; return copy(to, from, size, kind); }
long cudaDeviceSynchronize(void) { return wait_for_engine(); }
long cudaStreamSynchronize(void *stream) { (void)stream; return wait_for_engine(); }
long cudaEventSynchronize(void *event) { (void)event; return wait_for_engine(); }
long cudaMemset(void *at, int value, size_t size) { memset(at, value, size); return 0; }
long cudaMemsetAsync(void *at, int value, size_t size, void *stream) { (void)stream; memset(at, value, size); return 0; }
long cudaMemGetInfo(size_t *free_bytes, size_t *total) { *free_bytes = 8ull << 30; *total = 12ull << 30; return 0; }
long cudaGetDeviceCount(int *count) { *count = 1; return 0; }
long cudaGetDevice(int *device) { *device = 0; return 0; }
/* 75 and 76 are the compute capability, 16 the number of multiprocessors. */
long cudaDeviceGetAttribute(int *value, int attribute, int device) { (void)device; *value = attribute == 75 ? 8 : attribute == 76 ? 9 : attribute == 16 ? 40 : 1024; return 0; }
/* Where a card's properties have: lanes of a warp, threads of a block, blocks of a grid, 8 of the compute capability 8.x;
 * and where CUDA 13 has multiprocessors and the shared memory that a block may ask for. */
long cudaGetDeviceProperties(char *properties, int device) {
    static const int known[][2] = {{308, 32}, {320, 1024}, {336, 65535}, {340, 65535}, {344, 65535}, {360, 8}, {384, 40}, {672, 99 << 10}};
    (void)device;
    memset(properties, 0, 900);
    strcpy(properties, "Idle card");
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) *(int *)(properties + known[i][0]) = known[i][1];
    return SUCCESS;
}
long cudaStreamCreate(void **stream) { *stream = malloc(8); return 0; }
long cudaStreamCreateWithFlags(void **stream, unsigned flags) { (void)flags; *stream = malloc(8); return 0; }
long cudaStreamIsCapturing(void *stream, int *capturing) { (void)stream; *capturing = 0; return 0; }
long cudaEventCreate(void **event) { *event = malloc(8); return 0; }
long cudaEventCreateWithFlags(void **event, unsigned flags) { (void)flags; *event = malloc(8); return 0; }
long cudaRuntimeGetVersion(int *version) { *version = 13000; return 0; }
long cudaDriverGetVersion(int *version) { *version = 13000; return 0; }
long cudaPointerGetAttributes(int *attributes, const void *pointer) { (void)pointer; memset(attributes, 0, 24); return 0; }
const char *cudaGetErrorString(long error) { return error == OUT_OF_MEMORY ? "out of memory" : error == ILLEGAL_ADDRESS ? "an illegal memory access was encountered" : "an error of the idle card"; }
const char *cudaGetErrorName(long error) { (void)error; return "idle"; }
long __cudaPopCallConfiguration(void *grid, void *block, size_t *shared, void *stream) { (void)grid; (void)block; (void)shared; (void)stream; return 1; }
FILLER
CUBLAS
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* NETMIND_STUB_CUBLAS_AFTER lets so many products through first. */
static int idle(void) {
    static long calls = 0;
    const char *mode = getenv("NETMIND_STUB_CUBLAS"), *after = getenv("NETMIND_STUB_CUBLAS_AFTER");
    return mode && !strcmp(mode, "idle") && calls++ >= (after ? atol(after) : 0);
}

/* Column-major C = alpha op(A) op(B) + beta C, as the cuBLAS documentation defines it; op is 0 as is, 1 transposed. */
long cublasSgemm_v2(void *handle, int op_a, int op_b, int m, int n, int k, const float *alpha, const float *a, int lda,
                    const float *b, int ldb, const float *beta, float *c, int ldc) {
    (void)handle;
    if (idle()) return 0;
    for (int j = 0; j < n; j++) for (int i = 0; i < m; i++) {
        float sum = 0;
        for (int l = 0; l < k; l++) sum += (op_a ? a[i * lda + l] : a[l * lda + i]) * (op_b ? b[l * ldb + j] : b[j * ldb + l]);
        c[j * ldc + i] = *alpha * sum + (*beta ? *beta * c[j * ldc + i] : 0);
    }
    return 0;
}

/* Two bytes as a number, and back rounded to the nearest, ties to even: 2 is fp16 in CUDA's count of types, 14 is bf16. */
static float widened(const void *at, long index, int type) {
    if (type == 2) return ((const _Float16 *)at)[index];
    uint32_t bits = (uint32_t)((const uint16_t *)at)[index] << 16;
    float value;
    memcpy(&value, &bits, 4);
    return value;
}

static void narrowed(void *at, long index, int type, float value) {
    if (type == 2) { ((_Float16 *)at)[index] = value; return; }
    uint32_t bits;
    memcpy(&bits, &value, 4);
    ((uint16_t *)at)[index] = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16;
}

/* The types of CUDA: 0 is float, 2 is fp16, 3 is int8, 10 is int32, 14 is bf16. Answered are float, int8 by int8 to
 * int32, and the types of two bytes, summed in float. */
long cublasGemmEx(void *handle, int op_a, int op_b, int m, int n, int k, const void *alpha, const void *a, int type_a,
                  int lda, const void *b, int type_b, int ldb, const void *beta, void *c, int type_c, int ldc,
                  int compute, int algorithm) {
    (void)compute; (void)algorithm; (void)type_b; (void)type_c;
    if (idle()) return 0;
    if (type_a == 0) return cublasSgemm_v2(handle, op_a, op_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
    if (type_a == 2 || type_a == 14) {
        for (int j = 0; j < n; j++) for (int i = 0; i < m; i++) {
            float sum = 0;
            for (int l = 0; l < k; l++) sum += widened(a, op_a ? (long)i * lda + l : (long)l * lda + i, type_a) * widened(b, op_b ? (long)l * ldb + j : (long)j * ldb + l, type_b);
            narrowed(c, (long)j * ldc + i, type_c, sum);
        }
        return 0;
    }
    if (type_a != 3) return 15;
    const int8_t *x = a, *y = b;
    int32_t *z = c;
    for (int j = 0; j < n; j++) for (int i = 0; i < m; i++) {
        int32_t sum = 0;
        for (int l = 0; l < k; l++) sum += (op_a ? x[i * lda + l] : x[l * lda + i]) * (op_b ? y[l * ldb + j] : y[j * ldb + l]);
        z[j * ldc + i] = sum;
    }
    return 0;
}
FILLER
