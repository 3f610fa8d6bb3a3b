// CRC-32C, reflected polynomial 0x82f63b78 (RFC 3720, appendix B.4): three ways to the same number.
//
// All three keep the checksum in its inverted form while they work; `weir_crc32c` inverts at both ends.

#include "CChecksum.h"

#include <string.h>

#if defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#endif

#define POLYNOMIAL 0x82f63b78u

/// The bytes of one lane when three lanes run side by side.
#define LANE 256

typedef uint32_t (*crc_function)(uint32_t crc, const uint8_t *next, size_t count);

/// `slices[k][b]`: what byte `b` does to a checksum after `k` further zero bytes.
static uint32_t slices[8][256];

/// `shifts[k][b]`: what byte `b` at place `k` of a checksum becomes after `LANE` zero bytes.
static uint32_t shifts[4][256];

/// Reads eight bytes as a little-endian number, aligned or not.
static inline uint64_t load64(const uint8_t *next) {
    uint64_t word;
    memcpy(&word, next, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

static uint32_t update_portable(uint32_t crc, const uint8_t *next, size_t count) {
    while (count >= 8) {
        const uint64_t word = load64(next) ^ crc;
        crc = slices[7][word & 0xff] ^ slices[6][word >> 8 & 0xff] ^ slices[5][word >> 16 & 0xff] ^
              slices[4][word >> 24 & 0xff] ^ slices[3][word >> 32 & 0xff] ^ slices[2][word >> 40 & 0xff] ^
              slices[1][word >> 48 & 0xff] ^ slices[0][word >> 56];
        next += 8;
        count -= 8;
    }
    while (count--) crc = crc >> 8 ^ slices[0][(crc ^ *next++) & 0xff];
    return crc;
}

#if defined(__x86_64__) || defined(__aarch64__)

/// The checksum after `LANE` zero bytes.
static inline uint32_t shift_lane(uint32_t crc) {
    return shifts[0][crc & 0xff] ^ shifts[1][crc >> 8 & 0xff] ^ shifts[2][crc >> 16 & 0xff] ^
           shifts[3][crc >> 24];
}

#if defined(__x86_64__)
#define ACCELERATED __attribute__((target("sse4.2")))
#define STEP64(crc, word) __builtin_ia32_crc32di((crc), (word))
#define STEP8(crc, byte) __builtin_ia32_crc32qi((uint32_t)(crc), (byte))
#else
#define ACCELERATED __attribute__((target("crc")))
#define STEP64(crc, word) __builtin_arm_crc32cd((uint32_t)(crc), (word))
#define STEP8(crc, byte) __builtin_arm_crc32cb((uint32_t)(crc), (byte))
#endif

ACCELERATED static uint32_t update_accelerated(uint32_t crc, const uint8_t *next, size_t count) {
    uint64_t first = crc;
    // The instruction takes three cycles and one can start in each: three lanes hide the wait.
    while (count >= 3 * LANE) {
        uint64_t second = 0;
        uint64_t third = 0;
        for (size_t step = 0; step < LANE; step += 8) {
            first = STEP64(first, load64(next + step));
            second = STEP64(second, load64(next + LANE + step));
            third = STEP64(third, load64(next + 2 * LANE + step));
        }
        first = shift_lane((uint32_t)first) ^ second;
        first = shift_lane((uint32_t)first) ^ third;
        next += 3 * LANE;
        count -= 3 * LANE;
    }
    while (count >= 8) {
        first = STEP64(first, load64(next));
        next += 8;
        count -= 8;
    }
    uint32_t rest = (uint32_t)first;
    while (count--) rest = STEP8(rest, *next++);
    return rest;
}

#endif

/// Set before `main`, never after.
static crc_function update = update_portable;

__attribute__((constructor)) static void prepare(void) {
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t crc = byte;
        for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (POLYNOMIAL & (0u - (crc & 1u)));
        slices[0][byte] = crc;
    }
    for (uint32_t byte = 0; byte < 256; byte++)
        for (int slice = 1; slice < 8; slice++)
            slices[slice][byte] = slices[slice - 1][byte] >> 8 ^ slices[0][slices[slice - 1][byte] & 0xff];

    static const uint8_t zeros[LANE];
    for (uint32_t byte = 0; byte < 256; byte++)
        for (int place = 0; place < 4; place++)
            shifts[place][byte] = update_portable(byte << (8 * place), zeros, LANE);

#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("sse4.2")) update = update_accelerated;
#elif defined(__aarch64__) && defined(__linux__)
    if (getauxval(AT_HWCAP) & (1ul << 7)) update = update_accelerated;  // HWCAP_CRC32
#elif defined(__aarch64__) && defined(__APPLE__)
    update = update_accelerated;  // Every Apple processor of this architecture has it.
#endif
}

uint32_t weir_crc32c(uint32_t seed, const void *bytes, size_t count) {
    return ~update(~seed, bytes, count);
}

uint32_t weir_crc32c_portable(uint32_t seed, const void *bytes, size_t count) {
    return ~update_portable(~seed, bytes, count);
}

int weir_crc32c_is_accelerated(void) { return update != update_portable; }
