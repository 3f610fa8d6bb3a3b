#ifndef WEIR_CLMDB_SHIM_H
#define WEIR_CLMDB_SHIM_H

#include <fcntl.h>
#include <lmdb.h>
#include <stddef.h>
#include <sys/statfs.h>

/// Sets the close-on-exec flag: `fcntl` is variadic, which Swift cannot call. Returns what `fcntl` returns.
static inline int weir_set_cloexec(int descriptor) {
    int flags = fcntl(descriptor, F_GETFD);
    return flags < 0 ? flags : fcntl(descriptor, F_SETFD, flags | FD_CLOEXEC);
}

/// The magic number of the file system that holds `path` (statfs(2)), or -1.
static inline long weir_file_system_type(const char *path) {
    struct statfs description;
    return statfs(path, &description) == 0 ? (long)description.f_type : -1;
}

#endif
