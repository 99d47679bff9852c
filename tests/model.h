/*
 * What tests against a model share: random numbers that are the same in every
 * run, and names of tasks made of numbers.
 */
#ifndef TD_TESTS_MODEL_H
#define TD_TESTS_MODEL_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "lib/name.h"

struct td_random {
	uint64_t state;		/* not 0 */
};

/* 0..n-1 */
static inline uint32_t
td_random_below(struct td_random *random, uint32_t n)
{
	uint64_t x = random->state;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	random->state = x;
	return (uint32_t)((x >> 32) % n);
}

/* A name that borrows CLASS_ENC and ID. */
static inline struct td_name
td_model_name(uint64_t due, const char *class_enc, uint64_t key,
    const char *id)
{
	return (struct td_name){
		.due = due,
		.key = key,
		.class_enc = class_enc,
		.class_len = (uint8_t)strlen(class_enc),
		.id = id,
		.id_len = (uint8_t)strlen(id),
	};
}

#endif
