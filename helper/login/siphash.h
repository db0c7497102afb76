/*
 * siphash - SipHash-2-4 (Aumasson and Bernstein): a hash whose collisions nobody can make who does
 * not know the seed.
 */
#ifndef PAM_WECHAT_LOGIN_SIPHASH_H
#define PAM_WECHAT_LOGIN_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

uint64_t siphash(const uint64_t seed[static 2], const void *bytes, size_t length);

#endif
