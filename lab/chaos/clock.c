/* Preloaded by a server whose clock is to be set: its time of day is that of the machine, and the seconds in a file. */

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static volatile const int64_t *shift;

__attribute__((constructor)) static void map_shift(void) {
    const char *path = getenv("CLOCK_SHIFT");
    int file = path ? open(path, O_RDONLY) : -1;
    if (file < 0) return;
    void *mapped = mmap(NULL, sizeof *shift, PROT_READ, MAP_SHARED, file, 0);
    if (mapped != MAP_FAILED) shift = mapped;
    close(file);
}

int gettimeofday(struct timeval *restrict moment, void *restrict zone) {
    struct timespec machine;
    (void)zone;
    if (clock_gettime(CLOCK_REALTIME, &machine)) return -1;
    moment->tv_sec = machine.tv_sec + (shift ? *shift : 0);
    moment->tv_usec = machine.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *out) {
    struct timeval moment;
    if (gettimeofday(&moment, NULL)) return (time_t)-1;
    if (out) *out = moment.tv_sec;
    return moment.tv_sec;
}
