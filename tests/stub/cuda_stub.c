/* A CUDA runtime for a card that accepts every order and runs no kernel. Device memory is the host's, copies copy.
 * Matrix products (cuBLAS) are computed, slowly, unless NETMIND_STUB_CUBLAS=idle; everything else returns success at
 * once and does nothing. What the provider calls beyond this is answered with 0.
 * CUBLAS marks what belongs into libcublas, the rest into libcudart. FILLER is replaced by one such answer for each function that the provider wants and that is not written out here.
 */
#include <stdlib.h>
#include <string.h>

long cudaMalloc(void **pointer, size_t size) { *pointer = calloc(1, size + 256); return *pointer ? 0 : 2; }
long cudaFree(void *pointer) { free(pointer); return 0; }
long cudaFreeAsync(void *pointer, void *stream) { (void)stream; free(pointer); return 0; }
long cudaMallocHost(void **pointer, size_t size, unsigned flags) { (void)flags; *pointer = malloc(size); return 0; }
long cudaHostAlloc(void **pointer, size_t size, unsigned flags) { (void)flags; *pointer = malloc(size); return 0; }
long cudaFreeHost(void *pointer) { free(pointer); return 0; }
long cudaMemcpy(void *to, const void *from, size_t size, int kind) { (void)kind; memcpy(to, from, size); return 0; }
long cudaMemcpyAsync(void *to, const void *from, size_t size, int kind, void *stream) { (void)kind; (void)stream; memcpy(to, from, size); return 0; }
long cudaMemset(void *at, int value, size_t size) { memset(at, value, size); return 0; }
long cudaMemsetAsync(void *at, int value, size_t size, void *stream) { (void)stream; memset(at, value, size); return 0; }
long cudaMemGetInfo(size_t *free_bytes, size_t *total) { *free_bytes = 8ull << 30; *total = 12ull << 30; return 0; }
long cudaGetDeviceCount(int *count) { *count = 1; return 0; }
long cudaGetDevice(int *device) { *device = 0; return 0; }
/* 75 and 76 are the compute capability, 16 the number of multiprocessors. */
long cudaDeviceGetAttribute(int *value, int attribute, int device) { (void)device; *value = attribute == 75 ? 8 : attribute == 76 ? 9 : attribute == 16 ? 40 : 1024; return 0; }
/* Compute capability 8.9 stands at byte 360 of the properties of CUDA 12 and 13. */
long cudaGetDeviceProperties(char *properties, int device) { (void)device; memset(properties, 0, 900); strcpy(properties, "Idle card"); *(int *)(properties + 360) = 8; return 0; }
long cudaStreamCreate(void **stream) { *stream = malloc(8); return 0; }
long cudaStreamCreateWithFlags(void **stream, unsigned flags) { (void)flags; *stream = malloc(8); return 0; }
long cudaStreamIsCapturing(void *stream, int *capturing) { (void)stream; *capturing = 0; return 0; }
long cudaEventCreate(void **event) { *event = malloc(8); return 0; }
long cudaEventCreateWithFlags(void **event, unsigned flags) { (void)flags; *event = malloc(8); return 0; }
long cudaRuntimeGetVersion(int *version) { *version = 13000; return 0; }
long cudaDriverGetVersion(int *version) { *version = 13000; return 0; }
long cudaPointerGetAttributes(int *attributes, const void *pointer) { (void)pointer; memset(attributes, 0, 24); return 0; }
const char *cudaGetErrorString(long error) { (void)error; return "an error of the idle card"; }
const char *cudaGetErrorName(long error) { (void)error; return "idle"; }
long __cudaPopCallConfiguration(void *grid, void *block, size_t *shared, void *stream) { (void)grid; (void)block; (void)shared; (void)stream; return 1; }
FILLER
CUBLAS
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static int idle(void) { const char *mode = getenv("NETMIND_STUB_CUBLAS"); return mode && !strcmp(mode, "idle"); }

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

/* The types of CUDA: 0 is float, 3 is int8, 10 is int32. Only int8 by int8 to int32 and float are answered. */
long cublasGemmEx(void *handle, int op_a, int op_b, int m, int n, int k, const void *alpha, const void *a, int type_a,
                  int lda, const void *b, int type_b, int ldb, const void *beta, void *c, int type_c, int ldc,
                  int compute, int algorithm) {
    (void)compute; (void)algorithm; (void)type_b; (void)type_c;
    if (idle()) return 0;
    if (type_a == 0) return cublasSgemm_v2(handle, op_a, op_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
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
