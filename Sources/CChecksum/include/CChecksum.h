#ifndef WEIR_CCHECKSUM_H
#define WEIR_CCHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/// CRC-32C (Castagnoli) of `count` bytes, continued from `seed` (0 for a fresh one).
///
/// Uses the processor's instruction where there is one. `bytes` may be null when `count` is 0.
uint32_t weir_crc32c(uint32_t seed, const void *bytes, size_t count);

/// The same by tables alone: what `weir_crc32c` does on a processor without the instruction.
uint32_t weir_crc32c_portable(uint32_t seed, const void *bytes, size_t count);

/// Whether `weir_crc32c` uses the processor's instruction.
int weir_crc32c_is_accelerated(void);

#endif
