/* STREAM's add in fp32, c[i] = a[i] + b[i], by pthreads: what a compiler makes of it is what stream.add is held to.
 *
 *   cc -O3 -march=native -pthread stream_add.c -o stream_add
 *   ./stream_add ELEMENTS THREADS SECONDS
 *
 * Prints the median seconds of an iteration. Every thread touches its own part first, and pages are huge where the
 * system gives them, as NumPy's are: neither side shall win by its pages. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

enum { MOST_SAMPLES = 100000, WARM_UP = 5, LEAST_SAMPLES = 20, PAGE = 1 << 21 };

static float *a, *b, *c;
static size_t elements;
static int threads;
static volatile int finished;
static pthread_barrier_t begin, end;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static float *buffer(void) {
    size_t bytes = (elements * sizeof(float) + PAGE - 1) / PAGE * PAGE;
    void *memory = aligned_alloc(PAGE, bytes);
    if (memory == NULL) {
        fprintf(stderr, "stream_add: not enough memory for %zu bytes\n", bytes);
        exit(1);
    }
#ifdef MADV_HUGEPAGE
    madvise(memory, bytes, MADV_HUGEPAGE);
#endif
    return memory;
}

static void *work(void *argument) {
    size_t index = (size_t)argument, count = (size_t)threads;
    size_t from = elements / count * index;
    size_t to = index + 1 == count ? elements : elements / count * (index + 1);
    float *restrict x = a, *restrict y = b, *restrict z = c;
    for (size_t i = from; i < to; i++) {
        x[i] = (float)(i % 1021) - 510.0f;
        y[i] = (float)(i % 509) + 0.5f;
        z[i] = 0.0f;
    }
    for (;;) {
        pthread_barrier_wait(&begin);
        if (finished) return NULL;
        for (size_t i = from; i < to; i++) z[i] = x[i] + y[i];
        pthread_barrier_wait(&end);
    }
}

static int ascending(const void *left, const void *right) {
    double difference = *(const double *)left - *(const double *)right;
    return (difference > 0) - (difference < 0);
}

int main(int argc, char **argv) {
    if (argc != 4) {
        fprintf(stderr, "usage: stream_add ELEMENTS THREADS SECONDS\n");
        return 2;
    }
    elements = strtoull(argv[1], NULL, 10);
    threads = atoi(argv[2]);
    double seconds = atof(argv[3]);
    if (elements == 0 || threads < 1 || threads > 1024 || !(seconds > 0)) {
        fprintf(stderr, "stream_add: all three must be positive\n");
        return 2;
    }
    a = buffer(), b = buffer(), c = buffer();
    pthread_barrier_init(&begin, NULL, (unsigned)threads + 1);
    pthread_barrier_init(&end, NULL, (unsigned)threads + 1);
    pthread_t others[1024];
    for (int i = 0; i < threads; i++) {
        if (pthread_create(&others[i], NULL, work, (void *)(size_t)i) != 0) {
            fprintf(stderr, "stream_add: cannot start %d threads\n", threads);
            return 1;
        }
    }
    static double samples[MOST_SAMPLES];
    int n = -WARM_UP;
    double started = now();
    while (n < LEAST_SAMPLES || (now() - started < seconds && n < MOST_SAMPLES)) {
        double start = now();
        pthread_barrier_wait(&begin);
        pthread_barrier_wait(&end);
        if (n >= 0) samples[n] = now() - start;
        n++;
    }
    finished = 1;
    pthread_barrier_wait(&begin);
    for (int i = 0; i < threads; i++) pthread_join(others[i], NULL);
    for (size_t i = 0; i < elements; i += 9973) {
        if (c[i] != a[i] + b[i]) {
            fprintf(stderr, "stream_add: wrong sum at %zu\n", i);
            return 1;
        }
    }
    qsort(samples, (size_t)n, sizeof(double), ascending);
    printf("%.9f\n", samples[n / 2]);
    return 0;
}
