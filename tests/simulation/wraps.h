/* wraps.h - the calls that the linker turns over to the simulation (--wrap, see CMakeLists.txt). */
#ifndef RACEFACER_TESTS_SIMULATION_WRAPS_H
#define RACEFACER_TESTS_SIMULATION_WRAPS_H

#include <dirent.h>
#include <locale.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>

/* core.c */
int __wrap_clock_gettime(clockid_t id, struct timespec *out);
int __real_clock_gettime(clockid_t id, struct timespec *out);
ssize_t __wrap_getrandom(void *out, size_t len, unsigned flags);
pid_t __wrap_getpid(void);
int __wrap_isatty(int fd);
void __wrap__exit(int status);
_Noreturn void __real__exit(int status);

/* memory.c */
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_reallocarray(void *old, size_t count, size_t size);
void __wrap_free(void *memory);
locale_t __wrap_newlocale(int mask, const char *name, locale_t base);
void __wrap_freelocale(locale_t locale);
void *__real_malloc(size_t size);
void *__real_realloc(void *old, size_t size);
void __real_free(void *memory);
locale_t __real_newlocale(int mask, const char *name, locale_t base);

/* disk_calls.c */
int __wrap_open(const char *path, int flags, ...);
int __wrap_close(int fd);
ssize_t __wrap_read(int fd, void *out, size_t len);
ssize_t __wrap___read_chk(int fd, void *out, size_t len, size_t room);
ssize_t __wrap_write(int fd, const void *data, size_t len);
ssize_t __real_write(int fd, const void *data, size_t len);
int __wrap_fsync(int fd);
int __wrap_fdatasync(int fd);
int __wrap_ftruncate(int fd, off_t len);
int __wrap_flock(int fd, int operation);
int __wrap_fstat(int fd, struct stat *out);
int __wrap_stat(const char *path, struct stat *out);
int __wrap_access(const char *path, int mode);
int __wrap_rename(const char *from, const char *to);
int __wrap_unlink(const char *path);
int __wrap_unlinkat(int folder, const char *name, int flags);
int __wrap_mkdir(const char *path, mode_t mode);
DIR *__wrap_opendir(const char *path);
struct dirent *__wrap_readdir(DIR *folder);
int __wrap_closedir(DIR *folder);
int __wrap_dirfd(DIR *folder);
int __wrap_dprintf(int fd, const char *format, ...);
int __wrap___dprintf_chk(int fd, int flag, const char *format, ...);

#endif
